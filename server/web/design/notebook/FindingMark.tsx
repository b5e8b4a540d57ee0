import type { Finding } from '@cellkeep/schema/design';
import { type ReactElement, useId, useState } from 'react';
import { type Translate, useTranslate } from '../../host.ts';

export function findingWord(kind: Finding['kind'], t: Translate): string {
  const words: Record<Finding['kind'], string> = {
    stale: t('stale'),
    edited: t('edited since it ran'),
    gone: t('deleted, still alive'),
    order: t('ran out of order'),
    undefined: t('reads what no cell makes'),
  };
  return words[kind];
}

/** A line and a dot in the gutter; why, on hover, on focus, and for who listens. A press keeps it open, for fingers. */
export function FindingMark({ findings }: { findings: readonly Finding[] }): ReactElement | null {
  const t = useTranslate();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  if (findings.length === 0) return null;
  const text = findings.map(({ kind, reason }) => `${findingWord(kind, t)}: ${reason}`);
  return (
    <>
      <button
        type="button"
        className="ck-nb-mark"
        data-kind={findings[0]?.kind}
        aria-label={text.join('. ')}
        aria-describedby={id}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={({ key }) => key === 'Escape' && setOpen(false)}
      />
      <span id={id} role="tooltip" className="ck-nb-reason" data-open={isOpen ? '' : undefined}>
        {findings.map(({ kind, reason }) => (
          <span key={`${kind} ${reason}`}>
            <b>{findingWord(kind, t)}</b> {reason}
          </span>
        ))}
      </span>
    </>
  );
}
