import type { History } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { keys } from '../live/cache.ts';
import { useClient } from '../live/shared.ts';
import type { CurveRun } from './drawCurves.ts';

/** The zoomed part, as fine as the server can give it; null while nothing is zoomed or it has not come yet. */
export function useZoomed(
  metric: string,
  runs: readonly CurveRun[],
  zoom: [number, number] | null,
  maxPoints: number,
): ReadonlyMap<string, History> | null {
  const client = useClient();
  const runIds = runs.map(({ id }) => id);
  const [from, to] = zoom ? [Math.floor(zoom[0]), Math.ceil(zoom[1])] : [0, 0];
  const { data } = useQuery({
    queryKey: keys.zoom(runIds, metric, from, to),
    enabled: zoom !== null && runIds.length > 0,
    queryFn: ({ signal }) => client.tracking.metrics.history({ runIds, keys: [metric], fromStep: from, toStep: to, maxPoints }, { signal }),
  });
  return useMemo(() => (zoom && data ? new Map(data.series.map((series) => [series.runId, series])) : null), [zoom, data]);
}
