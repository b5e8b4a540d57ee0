import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useClient } from '../../live/shared.ts';
import type { Column } from './columns.ts';

const POINTS = 32; // a spark is 56 pixels wide
const CALM = 150; // ms without scrolling before shapes are asked for

export interface Spark {
  values: number[];
  /** Step of the last of them. */
  lastStep: number;
}
export type Sparks = ReadonlyMap<string, ReadonlyMap<string, Spark>>;

const NONE: Sparks = new Map();

/** The curves of the spark columns for the rows on screen, by metric and run: the same object until there are others. */
export function useColumnSparks(runs: readonly Run[], columns: readonly Column[]): Sparks {
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
  return useMemo(() => {
    if (!data || data.length === 0) return NONE;
    const sparks = new Map<string, Map<string, Spark>>();
    for (const { runId, key, values, steps } of data) {
      const byRun = sparks.get(key) ?? new Map<string, Spark>();
      byRun.set(runId, { values: values.map(fromWire), lastStep: steps.at(-1) ?? Number.NEGATIVE_INFINITY });
      sparks.set(key, byRun);
    }
    return sparks;
  }, [data]);
}

/** A running run grows by the summaries that come with its row. */
export function grownBy({ values, lastStep }: Spark, run: Run, key: string): number[] {
  const summary = Object.hasOwn(run.metrics, key) ? run.metrics[key] : undefined;
  return summary && summary.lastStep > lastStep ? [...values, fromWire(summary.last)] : values;
}
