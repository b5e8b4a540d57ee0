import type { VerdictStatus } from '@cellkeep/schema/design';
import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { type Translate, useTranslate } from '../../host.ts';
import { exactTime } from '../../look/format.ts';

export type VerdictWord = 'reproduced' | 'drifted' | 'failed' | 'none';
const MARKS: Record<VerdictWord, string> = { reproduced: '✓', drifted: '≈', failed: '✕', none: '–' };

export function verdictWord(status: VerdictWord, t: Translate): string {
  return { reproduced: t('reproduced'), drifted: t('drifted'), failed: t('failed to run again'), none: t('not checked') }[status];
}

/** How a verification ended, or how far it is. */
export function statusWord(status: VerdictStatus, t: Translate): string {
  if (status === 'reproduced' || status === 'drifted' || status === 'failed') return verdictWord(status, t);
  return { queued: t('waiting'), running: t('running'), cancelled: t('stopped'), lost: t('lost') }[status];
}

export const verdictMark = (status: VerdictStatus): string => MARKS[status as VerdictWord] ?? MARKS.none;

/** Whether the run could be made again. Small on rows, where one that was not checked has none. */
export function VerdictBadge({ verdict, isSmall = false }: { verdict: Run['verdict']; isSmall?: boolean }): ReactElement | null {
  const t = useTranslate();
  if (isSmall && !verdict) return null;
  const status: VerdictWord = verdict?.status ?? 'none';
  const word = verdictWord(status, t);
  const title = verdict
    ? t('{word}, checked {when}', { word, when: exactTime(verdict.at) })
    : t('Nobody has checked whether it can be made again.');
  return (
    <span className="ck-verdict" data-verdict={status} data-small={isSmall ? '' : undefined} title={title}>
      <span aria-hidden="true">{MARKS[status]}</span>
      {isSmall ? <span className="ck-spoken">{word}</span> : <span>{word}</span>}
    </span>
  );
}
