import type { Run } from '@cellkeep/schema/tracking';
import { isSystem } from '../mainMetric.ts';
import { byName } from '../run/groups.ts';

/** Names of all metrics; of those that are wanted, those of which some run has a curve, and those of single points. */
export function curveMetrics(runs: readonly Run[], withSystem: boolean): { known: string[]; drawable: string[]; lone: string[] } {
  const most = new Map<string, number>();
  for (const { metrics } of runs)
    for (const [key, { count }] of Object.entries(metrics)) most.set(key, Math.max(most.get(key) ?? 0, count));
  const known = [...most.keys()].sort(byName);
  const wanted = known.filter((key) => withSystem || !isSystem(key));
  return {
    known,
    drawable: wanted.filter((key) => (most.get(key) ?? 0) > 1),
    lone: wanted.filter((key) => (most.get(key) ?? 0) <= 1),
  };
}
