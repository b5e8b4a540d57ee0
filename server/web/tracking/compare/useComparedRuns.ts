import type { Run, WatchInput } from '@cellkeep/schema/tracking';
import { useQueries, useQuery } from '@tanstack/react-query';
import { fetchRuns } from '../../charts/fetchRuns.ts';
import { keys } from '../../live/cache.ts';
import { type Shared, useShared } from '../../live/shared.ts';

export interface ComparedRuns {
  runs: Run[];
  isLoading: boolean;
  missing: string[];
  error: unknown;
  refetch: () => void;
}

const FRESH = 5_000; // ms; what was read before the view was there is not read again

export function comparedQuery({ connection, cache }: Shared, ids: readonly string[]) {
  return {
    queryKey: ['compared', ...ids],
    staleTime: FRESH,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const { runs, missing } = await fetchRuns(connection, ids, signal);
      for (const run of runs) cache.setQueryData(keys.run(run.id), run);
      return { runs, missing };
    },
  };
}

/** What a comparison is told of. */
export const watchedRuns = (ids: readonly string[]): Partial<WatchInput> => ({ runIds: [...ids].sort(), points: true });

/**
 * The runs of a comparison, asked for together: one request each took longer than their curves. Each then lives in the cache under its own
 * name, where live events renew it.
 */
export function useComparedRuns(ids: readonly string[]): ComparedRuns {
  const shared = useShared();
  const { client } = shared.connection;
  const all = useQuery({
    ...comparedQuery(shared, ids),
    enabled: ids.length > 0,
    // One more or less of the runs must not empty the page.
    placeholderData: (before) => before,
  });
  const byId = new Map(all.data?.runs.map((run) => [run.id, run]));
  const runs = useQueries({
    queries: ids.map((id) => ({ queryKey: keys.run(id), enabled: false, queryFn: () => client.tracking.runs.get({ id }) })),
    combine: (answers) => answers.map(({ data }) => data),
  });
  return {
    runs: ids.flatMap((id, i) => runs[i] ?? byId.get(id) ?? []),
    isLoading: all.isLoading,
    missing: all.isPlaceholderData ? [] : (all.data?.missing ?? []),
    error: all.error,
    refetch: () => void all.refetch(),
  };
}
