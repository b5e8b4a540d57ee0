/**
 * The columns of a table before anybody chose. A few of its newest runs say which keys are in use, decided once an experiment: columns that
 * change places are lost from sight. Keys that are known only from other runs stand behind.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Connection } from '../../connection.ts';
import { useShared } from '../../live/shared.ts';
import { ownMetrics } from '../mainMetric.ts';
import type { RunKeys } from '../queries.ts';
import { columnSample } from './columnSample.ts';
import { appendNewKeys, defaultColumns, rankKeys } from './columns.ts';

/** Not below ['runs']: what it decides stays decided, whatever happens to the runs. */
export function sampleQuery(connection: Connection, experimentId: string) {
  return {
    queryKey: ['columns', experimentId],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 600_000,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const answer = await connection.post('api/v1/runs/search', columnSample(experimentId), { signal });
      return { at: Date.now(), runs: ((await answer.json()) as { runs: Run[] }).runs };
    },
  };
}

const FRESH = 5_000; // ms; an older sample is no picture of the newest runs

/** Columns: null while they are not decided. Sample: the newest runs, where they were read just now. */
export function useDefaultColumns(
  experimentId: string,
  keys: RunKeys | undefined,
  isNarrow: boolean,
): { columns: string[] | null; sample: Run[] | undefined } {
  const { connection } = useShared();
  const decided = useRef<{ experimentId: string; ranked: RunKeys } | null>(null);
  if (decided.current?.experimentId !== experimentId) decided.current = null;
  const { data, error } = useQuery({ ...sampleQuery(connection, experimentId), enabled: decided.current === null });
  const runs = data?.runs;
  const [mountedAt] = useState(Date.now);
  const sample = data && data.at >= mountedAt - FRESH ? runs : undefined;
  if (decided.current === null && runs && runs.length > 0) decided.current = { experimentId, ranked: rankKeys(keysOf(runs), runs) };
  const known = decided.current?.ranked;
  if (!known && !keys && !error && data === undefined) return { columns: null, sample };
  return { columns: defaultColumns(known && keys ? appendNewKeys(known, keys) : (known ?? keys), isNarrow), sample };
}

function keysOf(runs: readonly Run[]): RunKeys {
  const all = (of: (run: Run) => string[]) => [...new Set(runs.flatMap(of))];
  return { metrics: all(ownMetrics), params: all(({ params }) => Object.keys(params)), tags: [] };
}
