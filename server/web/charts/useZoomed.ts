import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { keys } from '../live/cache.ts';
import type { PointStore } from '../live/pointStore.ts';
import { fromCurve, type Series } from '../live/series.ts';
import { useShared } from '../live/shared.ts';
import type { CurveRun } from './drawCurves.ts';
import { type XAxis, xValues } from './shape.ts';

/** Part of the zoomed width that is asked for before it, so that smoothing has begun where the picture does. */
const BEFORE = 0.1;
const AFTER = 0.02;

/** The zoomed part, as fine as the server can give it; null while nothing is zoomed or it has not come yet. */
export function useZoomed(
  metric: string,
  runs: readonly CurveRun[],
  zoom: [number, number] | null,
  xAxis: XAxis,
  maxPoints: number,
): ReadonlyMap<string, Series> | null {
  const { loadHistory, points } = useShared();
  const runIds = runs.map(({ id }) => id);
  // biome-ignore lint/correctness/useExhaustiveDependencies: points that stream in do not move the zoomed part
  const steps = useMemo(() => zoom && stepsWithin(zoom, xAxis, runs, metric, points), [zoom, xAxis, runs, metric]);
  const [from, to] = steps ?? [0, 0];
  const { data } = useQuery({
    queryKey: keys.zoom(runIds, metric, from, to),
    enabled: steps !== null && runIds.length > 0,
    queryFn: async () => {
      const curves = await loadHistory({ runIds, key: metric, fromStep: from, toStep: to, maxPoints });
      return new Map(curves.map((curve) => [curve.runId, fromCurve(curve)]));
    },
  });
  return (zoom && data) || null;
}

/** Bounds in steps. On an axis of time each run was elsewhere: the steps of all of them within that time. */
function stepsWithin(
  [from, to]: [number, number],
  xAxis: XAxis,
  runs: readonly CurveRun[],
  metric: string,
  points: PointStore,
): [number, number] | null {
  const width = to - from;
  const [start, end] = [from - width * BEFORE, to + width * AFTER];
  if (xAxis === 'step') return [Math.floor(start), Math.ceil(end)];
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { id, startedAt } of runs) {
    const series = points.get(id, metric)?.series;
    if (!series) continue;
    const x = xValues(series, { xAxis, startedAt });
    for (let i = 0; i < x.length; i++) {
      // A neighbour of what is inside may stand for points inside.
      if ((x[i + 1] ?? x[i] ?? 0) < start || (x[i - 1] ?? x[i] ?? 0) > end) continue;
      least = Math.min(least, series.steps[i] ?? least);
      greatest = Math.max(greatest, series.steps[i] ?? greatest);
    }
  }
  return least <= greatest ? [least, greatest] : null;
}
