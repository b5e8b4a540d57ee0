/** The columns of a table before anybody chose, decided once an experiment: columns that change places are lost from sight. */
import { useRef } from 'react';
import type { RunKeys } from '../queries.ts';
import { appendNewKeys, defaultColumns, rankKeys } from './columns.ts';
import { PAGE, type RunPages } from './useRunPages.ts';

export function useDefaultColumns(experimentId: string, keys: RunKeys | undefined, pages: Pick<RunPages, 'loaded' | 'isOld'>): string[] {
  const decided = useRef<{ experimentId: string; ranked: RunKeys } | null>(null);
  if (decided.current?.experimentId !== experimentId) decided.current = null;
  if (decided.current === null && keys && pages.loaded.length > 0 && !pages.isOld)
    decided.current = { experimentId, ranked: rankKeys(keys, pages.loaded.slice(0, PAGE)) };
  return defaultColumns(keys && decided.current ? appendNewKeys(decided.current.ranked, keys) : keys);
}
