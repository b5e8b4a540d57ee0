/** Answers of a model beside the true ones: each metric, of all rows and of each slice. */
import { type Evaluation, type EvaluationMetric, type EvaluationSet, METRICS_OF_TASK } from '@cellkeep/schema/registry';
import { toWire } from '@cellkeep/schema/wire';
import { accuracy, brier, type Classified, f1, isShare, logLoss, precision, recall, rocAuc, sharesOf, sidesOf } from './classification.ts';
import { type Measured, mae, r2, rmse } from './regression.ts';
import { rowsOfSlice, type TrueRows, type Value } from './slices.ts';

export interface Judged {
  set: Pick<EvaluationSet, 'label' | 'metrics' | 'slices'>;
  rows: TrueRows;
  /** One for each row. */
  answers: readonly unknown[];
  /** Null where it is no classifier. */
  classes: readonly Value[] | null;
  /** [rows × classes]; null where the model gives none. */
  scores: Float64Array | null;
}

const OF_CLASSES = { accuracy, f1, precision, recall, roc_auc: rocAuc, log_loss: logLoss, brier };
const OF_NUMBERS = { rmse, mae, r2 };

export function judge(judged: Judged): Evaluation['results'] {
  const { set, rows } = judged;
  const of = answersOf(judged);
  const all = Int32Array.from(rows.data.keys());
  const groups = [{ slice: null, at: all }, ...set.slices.map((slice) => ({ slice: slice.name, at: rowsOfSlice(rows, slice) }))];
  return groups.flatMap(({ slice, at }) => {
    const own = of(at);
    return set.metrics.map((metric) => {
      const support = supportOf(metric, own);
      const result = { slice, metric, value: toWire(measure(metric, own)), rows: at.length };
      return support === at.length ? result : { ...result, support };
    });
  });
}

/** Answers beside the true ones, as the metrics of the set need them; null what none of them needs. */
export interface Answers {
  rows: number;
  classified: Classified | null;
  measured: Measured | null;
}

/** Those of the rows at some places. */
export function answersOf({ set, rows, answers, classes, scores }: Judged): (at: Int32Array) => Answers {
  const label = rows.columns.indexOf(set.label);
  const truth = rows.data.map((row) => row[label] ?? null);
  const known = classes ?? distinct([...truth, ...answers]);
  const placed = needs(set.metrics, 'classification') ? { truth: placesOf(truth, known), answers: placesOf(answers, known) } : null;
  const measured = needs(set.metrics, 'regression') ? { truth: numbersOf(truth), answers: numbersOf(answers) } : null;
  return (at) => ({
    rows: at.length,
    classified: placed && {
      truth: pick(placed.truth, at),
      answers: pick(placed.answers, at),
      scores: classes && scores ? pickRows(scores, classes.length, at) : null,
      classes: known.length,
    },
    measured: measured && { truth: pick(measured.truth, at), answers: pick(measured.answers, at) },
  });
}

/** NaN of no rows. */
export function measure(metric: EvaluationMetric, { rows, classified, measured }: Answers): number {
  if (rows === 0) return Number.NaN;
  if (metric in OF_CLASSES) return classified ? OF_CLASSES[metric as keyof typeof OF_CLASSES](classified) : Number.NaN;
  return measured ? OF_NUMBERS[metric as keyof typeof OF_NUMBERS](measured) : Number.NaN;
}

/** Rows that the metric stands on: a recall on the positive ones; of several classes those of the class that has the fewest. */
function supportOf(metric: EvaluationMetric, { rows, classified }: Answers): number {
  if (classified && isShare(metric))
    return sharesOf(metric, classified).reduce((least, share) => Math.min(least, share?.of ?? least), rows);
  if (classified && metric === 'roc_auc')
    return sidesOf(classified).reduce((least, { positives, negatives }) => Math.min(least, positives, negatives), rows);
  return rows;
}

const needs = (metrics: readonly EvaluationMetric[], task: keyof typeof METRICS_OF_TASK) =>
  metrics.some((metric) => METRICS_OF_TASK[task].includes(metric));

/** Python, ONNX and JSON write one class in several ways: `True` and 1, 3 and "3". */
function keyOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  const text = String(value);
  return /^(true|false)$/i.test(text) ? (text.toLowerCase() === 'true' ? '1' : '0') : text;
}

function placesOf(values: readonly unknown[], classes: readonly unknown[]): Int32Array {
  const places = new Map(classes.map((one, i) => [keyOf(one), i]));
  return Int32Array.from(values, (value) => places.get(keyOf(value)) ?? -1);
}

/** In the order in which scikit-learn has them: numbers by size, texts by their characters. */
function distinct(values: readonly unknown[]): unknown[] {
  const byKey = new Map(values.map((value) => [keyOf(value), value]));
  return [...byKey.entries()]
    .sort(([a], [b]) =>
      a === '' || b === '' || Number.isNaN(Number(a)) || Number.isNaN(Number(b)) ? (a < b ? -1 : 1) : Number(a) - Number(b),
    )
    .map(([, value]) => value);
}

const numbersOf = (values: readonly unknown[]): Float64Array =>
  Float64Array.from(values, (value) => (value === null || value === '' ? Number.NaN : Number(value)));

function pick<T extends Int32Array | Float64Array>(values: T, at: Int32Array): T {
  const picked = (values instanceof Int32Array ? new Int32Array(at.length) : new Float64Array(at.length)) as T;
  for (let i = 0; i < at.length; i++) picked[i] = values[at[i] as number] as number;
  return picked;
}

function pickRows(scores: Float64Array, width: number, at: Int32Array): Float64Array {
  const picked = new Float64Array(at.length * width);
  for (let i = 0; i < at.length; i++) picked.set(scores.subarray((at[i] as number) * width, ((at[i] as number) + 1) * width), i * width);
  return picked;
}
