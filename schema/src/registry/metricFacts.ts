/** What is known of each metric of an evaluation, apart from its schema: a browser that colours a difference needs no more. */
import { fromWire, type WireFloat } from '../wire/floats.ts';

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

/** Of a part of the rows: r2 compares with how far the true values lie apart within that part, and falls wherever they are alike. */
export const isOfParts = (metric: Metric): boolean => metric !== 'r2';

/** Rows from which on a part of them is called worse than all. */
export const LEAST_SUPPORT = 30;

/** Rows times columns: of 200,000 rows and four metrics ten columns take 3 to 5 s of one processor. */
const MOST_CELLS = 2_000_000;
const MOST_COLUMNS = 100;

/** Of so many columns, the first ones, the parts are looked at on which a version is worst. */
export const columnsLookedAt = (rows: number): number => Math.min(MOST_COLUMNS, Math.floor(MOST_CELLS / Math.max(1, rows)));

interface Result {
  slice: string | null;
  metric: Metric;
  value: WireFloat;
  rows: number;
  support?: number | undefined;
}

/** Of the slices that people named the one on which it is worst, if it is worse there than on all rows, and those are enough to say so. */
export function worstNamedSlice<T extends Result>(metric: Metric, results: readonly T[]): (T & { slice: string }) | null {
  const own = results.filter((one) => one.metric === metric);
  const all = own.find(({ slice }) => slice === null);
  if (!all || !isOfParts(metric)) return null;
  const distance = ({ value }: Result) => worseBy(metric, fromWire(value), fromWire(all.value));
  const isWorse = (one: T): one is T & { slice: string } =>
    one.slice !== null && (one.support ?? one.rows) >= LEAST_SUPPORT && distance(one) > 0;
  return own
    .filter(isWorse)
    .reduce<(T & { slice: string }) | null>((worst, one) => (worst && distance(worst) >= distance(one) ? worst : one), null);
}
