/** What the views of this room ask the server, each under one key, so that two views that ask the same share one answer. */
import type { Artifact, Experiment, Run, SearchInput } from '@cellkeep/schema/tracking';
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';
import { readExecutions } from '../design/queries.ts';
import { keys } from '../live/cache.ts';
import { useClient } from '../live/shared.ts';

export function useRun(id: string) {
  const client = useClient();
  return useQuery({ queryKey: keys.run(id), queryFn: ({ signal }) => client.tracking.runs.get({ id }, { signal }) });
}

/** The server answered that there is no such thing, or that nothing can have such an id. */
export function isMissing(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return code === 'NOT_FOUND' || code === 'BAD_REQUEST';
}

/** Several runs by id, in that order; one that is gone is left out and counted. */
export function useRuns(ids: readonly string[]): {
  runs: Run[];
  isLoading: boolean;
  missing: string[];
  error: unknown;
  refetch: () => void;
} {
  const client = useClient();
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: keys.run(id),
      queryFn: ({ signal }: { signal: AbortSignal }) => client.tracking.runs.get({ id }, { signal }),
    })),
    combine: (answers) => ({
      runs: answers.flatMap(({ data }) => (data ? [data] : [])),
      isLoading: answers.some(({ isLoading }) => isLoading),
      missing: ids.filter((_, i) => isMissing(answers[i]?.error)),
      error: answers.find(({ error }) => error && !isMissing(error))?.error ?? null,
      refetch: () => {
        for (const answer of answers) if (answer.isError) void answer.refetch();
      },
    }),
  });
}

export type RunSearch = Partial<Omit<SearchInput, 'cursor'>>;

/** The first page of a search: for lists that are short by nature (children of a run, the sidebar's groups). */
export function useRunSearch(search: RunSearch, enabled = true) {
  const client = useClient();
  return useQuery({
    queryKey: keys.runsPage(search, undefined),
    enabled,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => client.tracking.runs.search(search, { signal }),
  });
}

export function useExperiments(input: { lifecycle: 'active' | 'deleted'; name?: string }) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: keys.experiments(input),
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => client.tracking.experiments.list({ ...input, limit: 200, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useExperiment(id: string) {
  const client = useClient();
  return useQuery({ queryKey: keys.experiment(id), queryFn: ({ signal }) => client.tracking.experiments.get({ id }, { signal }) });
}

export interface RunKeys {
  metrics: string[];
  params: string[];
  tags: string[];
}

export function useRunKeys(experimentIds: readonly string[] | undefined, enabled = true) {
  const client = useClient();
  return useQuery({
    queryKey: keys.runKeys(experimentIds),
    enabled,
    staleTime: 10_000,
    queryFn: ({ signal }) => client.tracking.runs.keys({ experimentIds: experimentIds && [...experimentIds] }, { signal }),
  });
}

export function useExecutions(runId: string) {
  const client = useClient();
  return useQuery({
    queryKey: keys.executions(runId),
    queryFn: ({ signal }) => readExecutions(client, { runId }, signal),
  });
}

export function useArtifacts(runId: string) {
  const client = useClient();
  return useQuery({
    queryKey: keys.artifacts(runId),
    queryFn: async ({ signal }) => {
      const artifacts: Artifact[] = [];
      let cursor: string | undefined;
      do {
        const page = await client.tracking.artifacts.list({ runId, limit: 1_000, cursor }, { signal });
        artifacts.push(...page.artifacts);
        cursor = page.nextCursor ?? undefined;
      } while (cursor && artifacts.length < 20_000);
      return artifacts;
    },
  });
}

export type { Experiment, Run };
