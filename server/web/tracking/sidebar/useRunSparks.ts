import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { keys } from '../../live/cache.ts';
import { useClient } from '../../live/shared.ts';
import { mainMetric } from '../mainMetric.ts';
import { growTail, joinTail, type Tail } from './sparks.ts';

const POINTS = 32;
const MOST_METRICS = 4; // different main metrics in one list; more than that and rows cannot be compared by eye anyway

/** The curve of each run's main metric, by run. Running ones grow with the summaries that come with their rows. */
export function useRunSparks(runs: readonly Run[], pinned: string): ReadonlyMap<string, readonly number[]> {
  const client = useClient();
  const tails = useRef(new Map<string, Tail>());
  const byMetric = useMemo(() => {
    const groups = new Map<string, string[]>();
    for (const run of runs) {
      const metric = mainMetric(run, pinned);
      if (metric) groups.set(metric, [...(groups.get(metric) ?? []), run.id]);
    }
    return [...groups].slice(0, MOST_METRICS);
  }, [runs, pinned]);
  const histories = useQueries({
    queries: byMetric.map(([metric, ids]) => ({
      queryKey: keys.sparks(ids, metric),
      staleTime: 60_000,
      placeholderData: keepPreviousData,
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        (await client.tracking.metrics.history({ runIds: ids, keys: [metric], maxPoints: POINTS }, { signal })).series,
    })),
    combine: (answers) => answers.map(({ data }) => data),
  });
  return useMemo(() => {
    const found = new Map(
      histories.flatMap((series) => (series ?? []).map((one) => [one.runId, { steps: one.steps, values: one.values.map(fromWire) }])),
    );
    const sparks = new Map<string, readonly number[]>();
    for (const run of runs) {
      const metric = mainMetric(run, pinned);
      const summary = metric ? run.metrics[metric] : undefined;
      if (!summary) continue;
      const tail = growTail(tails.current.get(run.id), summary);
      tails.current.set(run.id, tail);
      sparks.set(run.id, joinTail(found.get(run.id), tail));
    }
    return sparks;
  }, [histories, runs, pinned]);
}
