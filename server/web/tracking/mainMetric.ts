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

/**
 * The metric that stands for a list, so that its rows can be compared by eye: the pinned one where a run has it, else the one that most
 * runs have. Of equally frequent ones it is the one that comes first in the first run.
 */
export function commonMetric(runs: readonly Pick<Run, 'metrics'>[], pinned: string): string | null {
  if (pinned && runs.some((run) => run.metrics[pinned])) return pinned;
  const counts = new Map<string, number>();
  for (const key of runs.flatMap(ownMetrics)) counts.set(key, (counts.get(key) ?? 0) + 1);
  let common: string | null = null;
  for (const [key, count] of counts) if (common === null || count > (counts.get(common) ?? 0)) common = key;
  return common;
}
