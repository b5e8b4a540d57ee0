import type { Translate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { shortKey } from './GroupRow.tsx';
import { countText } from './Toolbar.tsx';
import type { TableState } from './tableState.ts';
import type { TableRuns } from './useTableRuns.ts';

/** What is on screen, of how many, in which order. */
export function shownText(runs: TableRuns, { sorts, groups }: TableState, t: Translate): string {
  const n = countText(runs.total ?? 0, runs.isAtLeast);
  if (groups.length > 0) return `${runs.groupsText ?? ''}`;
  const [first] = sorts;
  const order = first ? t('sorted by {key}', { key: shortKey(first.by) }) : t('newest first');
  const { from, to } = runs.seen;
  const span = t('{from}–{to} of {n}', { from: groupThousands(from + 1), to: groupThousands(Math.min(runs.total ?? 0, to)), n });
  return `${order} · ${span}`;
}
