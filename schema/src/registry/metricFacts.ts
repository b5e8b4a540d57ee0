/** What is known of each metric of an evaluation, apart from its schema: a browser that colours a difference needs no more. */
export const EVALUATION_METRICS = ['accuracy', 'f1', 'precision', 'recall', 'roc_auc', 'log_loss', 'brier', 'rmse', 'mae', 'r2'] as const;

type Metric = (typeof EVALUATION_METRICS)[number];

const SMALLER: readonly Metric[] = ['log_loss', 'brier', 'rmse', 'mae'];
export const isSmallerBetter = (metric: Metric): boolean => SMALLER.includes(metric);

/** What a model must give: a label, probabilities of classes, or a number. */
export const METRICS_OF_TASK: Readonly<Record<'classification' | 'regression', readonly Metric[]>> = {
  classification: ['accuracy', 'f1', 'precision', 'recall', 'roc_auc', 'log_loss', 'brier'],
  regression: ['rmse', 'mae', 'r2'],
};

/** By how much `a` is worse than `b` in the metric's own unit; negative: better. */
export const worseBy = (metric: Metric, a: number, b: number): number => (isSmallerBetter(metric) ? a - b : b - a);
