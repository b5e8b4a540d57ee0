/** Runs for a chart that stands alone, as in a report: by id, or those that a search finds. */
import type { Run } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useShared, useWatch } from '../live/shared.ts';
import { fetchRuns } from './fetchRuns.ts';

export type RunsSource =
  | { runs: readonly Run[] }
  | { runIds: readonly string[] }
  | { experimentIds?: readonly string[]; filter?: string; orderBy?: { by: string; direction: 'asc' | 'desc' }[]; limit?: number };

/** Beyond this neither colours nor places tell runs apart. */
export const MOST_CHART_RUNS = 1_000;

export interface ChartRuns {
  runs: readonly Run[];
  /** Runs that match; more than are here where the search found too many. */
  total: number;
  isLoading: boolean;
  error: unknown;
  refetch: () => void;
}

/** What a chart draws from. */
export type Runs = Pick<ChartRuns, 'runs' | 'total'>;

const NONE: readonly Run[] = [];

export function useChartRuns(source: RunsSource): ChartRuns {
  const { connection } = useShared();
  const given = 'runs' in source ? source.runs : null;
  const query = useQuery({
    queryKey: ['chart-runs', given ? null : source],
    enabled: given === null,
    queryFn: async ({ signal }) => {
      if ('runIds' in source) {
        const { runs } = await fetchRuns(connection, source.runIds.slice(0, MOST_CHART_RUNS), signal);
        return { runs, total: source.runIds.length };
      }
      if ('runs' in source) return { runs: [], total: 0 };
      const { experimentIds, filter, orderBy, limit = 200 } = source;
      return await connection.client.tracking.runs.search(
        { experimentIds: experimentIds && [...experimentIds], filter, orderBy, limit: Math.min(limit, MOST_CHART_RUNS) },
        { signal },
      );
    },
  });
  const runs = given ?? query.data?.runs ?? NONE;
  const ids = useMemo(() => (given ? [] : runs.map(({ id }) => id).sort()), [given, runs]);
  useWatch(ids.length > 0 ? { runIds: ids, points: true } : null, (event) => {
    // A summary that changed moves a dot; what the search finds now is asked again with it.
    if (event.type === 'run' && event.run.status !== 'running') void query.refetch();
  });
  return {
    runs,
    total: given?.length ?? query.data?.total ?? 0,
    isLoading: given === null && query.isLoading,
    error: given ? null : query.error,
    refetch: () => void query.refetch(),
  };
}
