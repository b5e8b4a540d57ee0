import type { Evaluation, EvaluationMetric } from '@cellkeep/schema/registry';
import { formatDuration } from '../look/format.ts';

/** µs: `85 µs`, `1.2 ms`, `3.4 s` */
export function formatMicros(us: number): string {
  if (us < 1_000) return `${Math.round(us)}\u2009µs`;
  if (us < 10_000) return `${(us / 1_000).toFixed(1)}\u2009ms`;
  return formatDuration(us / 1_000);
}

const NAMES: Record<EvaluationMetric, string> = {
  ...{ accuracy: 'accuracy', f1: 'F1', precision: 'precision', recall: 'recall', roc_auc: 'ROC AUC', log_loss: 'log loss' },
  ...{ brier: 'Brier', rmse: 'RMSE', mae: 'MAE', r2: 'R²' },
};

/** As people write it. */
export const metricName = (metric: EvaluationMetric): string => NAMES[metric];

/** Of the evaluations of one set, the newest of each version, and the newest that is done. @param evaluations newest first */
export function newestByVersion(
  evaluations: readonly Evaluation[],
  setId: string,
): Map<number, { last: Evaluation; done: Evaluation | null }> {
  const byVersion = new Map<number, { last: Evaluation; done: Evaluation | null }>();
  for (const evaluation of evaluations) {
    if (evaluation.setId !== setId) continue;
    const known = byVersion.get(evaluation.version);
    const done = evaluation.status === 'done' ? evaluation : null;
    if (!known) byVersion.set(evaluation.version, { last: evaluation, done });
    else if (!known.done && done) byVersion.set(evaluation.version, { ...known, done });
  }
  return byVersion;
}
