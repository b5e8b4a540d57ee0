/** What a live event changes in the cache of answers: rows are replaced where they stand, order and paging stay as they were. */
import type { Experiment, LiveEvent, Run } from '@cellkeep/schema/tracking';
import type { QueryClient } from '@tanstack/react-query';

export interface RunsPage {
  runs: Run[];
  nextCursor: string | null;
  total: number;
  totalIs?: 'exact' | 'atLeast' | 'unknown';
}

/** First part of each query's key, so that everything about runs can be asked again at once. */
export const keys = {
  run: (id: string) => ['run', id] as const,
  runsPage: (search: object, cursor: string | undefined) => ['runs', 'page', search, cursor ?? null] as const,
  runPages: ['runs', 'page'] as const,
  experiments: (input: object) => ['experiments', input] as const,
  experiment: (id: string) => ['experiment', id] as const,
  runKeys: (experimentIds: readonly string[] | undefined) => ['keys', experimentIds ?? 'all'] as const,
  artifacts: (runId: string) => ['artifacts', runId] as const,
  runModels: (runId: string) => ['models of run', runId] as const,
  executions: (runId: string) => ['executions', runId] as const,
  zoom: (runIds: readonly string[], key: string, from: number, to: number) => ['zoom', key, from, to, ...runIds] as const,
  sparks: (runIds: readonly string[], key: string) => ['sparks', key, ...runIds] as const,
};

export function applyEvent(cache: QueryClient, event: LiveEvent): void {
  if (event.type === 'run') {
    putRun(cache, event.run);
    void cache.invalidateQueries({ queryKey: keys.runModels(event.run.id) });
  } else if (event.type === 'experiment') putExperiment(cache, event.experiment);
  else if (event.type === 'snapshot') {
    void cache.invalidateQueries({ queryKey: ['design', 'snapshots'] });
    void cache.invalidateQueries({ queryKey: ['design', 'snapshot', event.snapshotId] });
  } else if (event.type === 'artifact') void cache.invalidateQueries({ queryKey: keys.artifacts(event.artifact.runId) });
}

export function putRun(cache: QueryClient, run: Run): void {
  cache.setQueryData(keys.run(run.id), run);
  cache.setQueriesData<RunsPage>({ queryKey: keys.runPages }, (page) => {
    const at = page?.runs.findIndex(({ id }) => id === run.id) ?? -1;
    if (!page || at < 0) return page;
    return { ...page, runs: page.runs.with(at, run) };
  });
}

function putExperiment(cache: QueryClient, experiment: Experiment): void {
  cache.setQueryData(keys.experiment(experiment.id), experiment);
  cache.setQueriesData<{ pages: { experiments: Experiment[] }[] }>({ queryKey: ['experiments'] }, (data) => {
    if (!data?.pages.some((page) => page.experiments.some(({ id }) => id === experiment.id))) return data;
    const replace = (one: Experiment) => (one.id === experiment.id ? experiment : one);
    return { ...data, pages: data.pages.map((page) => ({ ...page, experiments: page.experiments.map(replace) })) };
  });
}
