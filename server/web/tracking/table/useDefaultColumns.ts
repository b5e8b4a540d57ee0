/**
 * The columns of a table before anybody chose. A few of its newest runs say which keys are in use, decided once an experiment: columns that
 * change places are lost from sight. Keys that are known only from other runs stand behind.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useClient } from '../../live/shared.ts';
import { ownMetrics } from '../mainMetric.ts';
import type { RunKeys } from '../queries.ts';
import { appendNewKeys, defaultColumns, rankKeys } from './columns.ts';

const SAMPLE = 12; // runs; with all their metrics, so that the first page need not carry them

/** Null while it is not decided. */
export function useDefaultColumns(experimentId: string, keys: RunKeys | undefined, isNarrow: boolean): string[] | null {
  const client = useClient();
  const decided = useRef<{ experimentId: string; ranked: RunKeys } | null>(null);
  if (decided.current?.experimentId !== experimentId) decided.current = null;
  const input = { experimentIds: [experimentId], limit: SAMPLE, details: false, count: 'none' as const, tags: [] };
  // Not below ['runs']: what it decides stays decided, whatever happens to the runs.
  const { data, error } = useQuery({
    queryKey: ['columns', experimentId],
    enabled: decided.current === null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 600_000,
    queryFn: async ({ signal }) => (await client.tracking.runs.search(input, { signal })).runs,
  });
  if (decided.current === null && data && data.length > 0) decided.current = { experimentId, ranked: rankKeys(keysOf(data), data) };
  const known = decided.current?.ranked;
  if (!known && !keys && !error && data === undefined) return null;
  return defaultColumns(known && keys ? appendNewKeys(known, keys) : (known ?? keys), isNarrow);
}

function keysOf(runs: readonly Run[]): RunKeys {
  const all = (of: (run: Run) => string[]) => [...new Set(runs.flatMap(of))];
  return { metrics: all(ownMetrics), params: all(({ params }) => Object.keys(params)), tags: [] };
}
