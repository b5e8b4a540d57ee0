import type { Run } from '@cellkeep/schema/tracking';
import { pointsEach } from '../../charts/pointsEach.ts';
import type { Shared } from '../../live/shared.ts';
import { curveMetrics } from './curveMetrics.ts';

const PANELS = 2; // those that a screen shows beside each other below the tables of many runs
const HELD = 15_000; // ms; a panel that was not there until then asks for itself

/** Has the points of the first panels on their way while the page of a comparison is laid out: they take the server as long as that does. */
export function readAhead({ points }: Pick<Shared, 'points'>, runs: readonly Run[]): void {
  for (const metric of curveMetrics(runs, false).drawable.slice(0, PANELS)) {
    const ids = runs.filter(({ metrics }) => metrics[metric]).map(({ id }) => id);
    const stop = points.read(ids, metric, pointsEach(ids.length), () => undefined);
    setTimeout(stop, HELD);
  }
}
