import type { ReactElement } from 'react';

/** ✓ or ✕, with its word for who cannot see the shape. */
export function Tick({ passes, word }: { passes: boolean; word: string }): ReactElement {
  return (
    <span className="ck-tick" data-passes={passes}>
      <span aria-hidden="true">{passes ? '✓' : '✕'}</span>
      <span className="ck-spoken">{word}: </span>
    </span>
  );
}
