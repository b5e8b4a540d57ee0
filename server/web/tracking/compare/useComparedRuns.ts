import type { Run } from '@cellkeep/schema/tracking';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchRuns } from '../../charts/fetchRuns.ts';
import { keys } from '../../live/cache.ts';
import { useClient } from '../../live/shared.ts';

export interface ComparedRuns {
  runs: Run[];
  isLoading: boolean;
  missing: string[];
  error: unknown;
  refetch: () => void;
}

/**
 * The runs of a comparison, asked for together: one request each took longer than their curves. Each then lives in the cache under its own
 * name, where live events renew it.
 */
export function useComparedRuns(ids: readonly string[]): ComparedRuns {
  const client = useClient();
  const cache = useQueryClient();
  const all = useQuery({
    queryKey: ['compared', ...ids],
    enabled: ids.length > 0,
    queryFn: async ({ signal }) => {
      const { runs, missing } = await fetchRuns(client, ids, signal);
      for (const run of runs) cache.setQueryData(keys.run(run.id), run);
      return { runs, missing };
    },
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
