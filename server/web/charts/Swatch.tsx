import type { ReactElement } from 'react';
import type { RunStyle } from '../look/runColour.ts';

/** The line of a run as its curve has it: colour, then dashes where colours are used up. */
export function Swatch({ style }: { style: RunStyle | undefined }): ReactElement {
  return (
    <svg className="ck-compare-swatch" width={16} height={10} viewBox="0 0 16 10" aria-hidden="true" focusable="false">
      <path
        d="M0 5h16"
        style={{ stroke: style?.colour ?? 'var(--jp-border-color1)', strokeDasharray: style?.dash?.map((n) => n * 0.8).join(' ') }}
      />
    </svg>
  );
}
