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

/** The curve of each run's metric by run: the list's, else its own, as on its row. Running ones grow with the summaries that come with their rows. */
export function useRunSparks(runs: readonly Run[], listMetric: string | null): ReadonlyMap<string, readonly number[]> {
  const client = useClient();
  const tails = useRef(new Map<string, Tail>());
  const byMetric = useMemo(() => {
    const groups = new Map<string, string[]>();
    for (const run of runs) {
      const metric = mainMetric(run, listMetric ?? '');
      if (metric) groups.set(metric, [...(groups.get(metric) ?? []), run.id]);
    }
    return [...groups].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST_METRICS);
  }, [runs, listMetric]);
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
      histories.flatMap((series) =>
        (series ?? []).map((one) => [curveOf(one.runId, one.key), { steps: one.steps, values: one.values.map(fromWire) }]),
      ),
    );
    const sparks = new Map<string, readonly number[]>();
    for (const run of runs) {
      const metric = mainMetric(run, listMetric ?? '');
      const summary = metric ? run.metrics[metric] : undefined;
      if (!metric || !summary) continue;
      const curve = curveOf(run.id, metric);
      const tail = growTail(tails.current.get(curve), summary);
      tails.current.set(curve, tail);
      sparks.set(run.id, joinTail(found.get(curve), tail));
    }
    return sparks;
  }, [histories, runs, listMetric]);
}

/** The list's metric changes with its runs: what is known of one metric must not be drawn as another's. */
const curveOf = (runId: string, metric: string) => `${runId} ${metric}`;
