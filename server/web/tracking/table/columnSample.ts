/** The newest runs of an experiment: they say which columns its table has, and are its first rows. Without React: asked before it is there. */
import type { Client } from '../../connection.ts';

const SAMPLE = 12; // runs; with all their metrics, so that the first page need not carry them

/** Newest first, without tags. Not below ['runs']: what it decides stays decided, whatever happens to the runs. */
export function columnSample(client: Client, experimentId: string) {
  const input = { experimentIds: [experimentId], limit: SAMPLE, details: false, count: 'none' as const, tags: [] };
  return {
    input,
    queryKey: ['columns', experimentId],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 600_000,
    queryFn: async ({ signal }: { signal: AbortSignal }) => ({
      at: Date.now(),
      runs: (await client.tracking.runs.search(input, { signal })).runs,
    }),
  };
}
