import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useClient } from '../../live/shared.ts';
import type { Column } from './columns.ts';

const POINTS = 32; // a spark is 56 pixels wide
const CALM = 150; // ms without scrolling before shapes are asked for

/** The curves of the spark columns for the rows on screen, by metric and run. */
export function useColumnSparks(runs: readonly Run[], columns: readonly Column[]): ReadonlyMap<string, ReadonlyMap<string, number[]>> {
  const client = useClient();
  const metrics = columns.filter(({ kind }) => kind === 'spark').map(({ key }) => key);
  const wanted = runs.map(({ id }) => id).join(' ');
  const [calm, setCalm] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setCalm(wanted), calm === '' ? 0 : CALM);
    return () => clearTimeout(timer);
  }, [wanted, calm]);
  const ids = calm ? calm.split(' ') : [];
  const { data } = useQuery({
    queryKey: ['sparks', metrics, ids],
    enabled: metrics.length > 0 && ids.length > 0,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await client.tracking.metrics.history({ runIds: ids, keys: metrics, maxPoints: POINTS }, { signal })).series,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: metrics is a list made on each render; its words are what counts
  return useMemo(() => {
    const sparks = new Map<string, Map<string, number[]>>(metrics.map((metric) => [metric, new Map()]));
    const byId = new Map(runs.map((run) => [run.id, run]));
    for (const { runId, key, values, steps } of data ?? []) {
      const shape = values.map(fromWire);
      // A running run grows by the summaries that come with its row.
      const summary = byId.get(runId)?.metrics[key];
      if (summary && summary.lastStep > (steps.at(-1) ?? Number.NEGATIVE_INFINITY)) shape.push(fromWire(summary.last));
      sparks.get(key)?.set(runId, shape);
    }
    return sparks;
  }, [data, runs, metrics.join(' ')]);
}
