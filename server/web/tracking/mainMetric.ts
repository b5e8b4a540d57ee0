/** Which of a run's metrics stand for it: the same on rows, on badges and in lists. */
import type { Run } from '@cellkeep/schema/tracking';

/** Metrics that the person logged; those of the machine begin with `system/`. */
export const ownMetrics = (run: Pick<Run, 'metrics'>): string[] => Object.keys(run.metrics).filter((key) => !isSystem(key));
export const isSystem = (key: string): boolean => key.startsWith('system/');

/** The metric that stands for a run: the pinned one, else the first that the person logged. */
export function mainMetric(run: Pick<Run, 'metrics'>, pinned: string): string | null {
  if (pinned && run.metrics[pinned]) return pinned;
  return ownMetrics(run)[0] ?? null;
}
