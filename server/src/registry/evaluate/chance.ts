/**
 * May chance alone have made a part of the rows as much worse as it is? Among many parts some always are. So the level of 5 % is that of
 * all of them together (Šidák 1967: 1 - 0.95^(1/n) for each of n), and what the distance is measured by follows the metric:
 *
 * - accuracy, precision, recall, f1 are shares: the exact tail of the binomial distribution. Where a part has no row to take the share of
 *   there is nothing to compare, which a tail of 1 says. Of several classes one alone must be worse.
 * - log_loss, brier, mae, rmse are means of the rows' own losses: the standard error of such a mean.
 * - roc_auc: the standard error of Hanley and McNeil 1982.
 * - r2 compares with how far the true values lie apart within the part itself: it falls wherever they are alike, and is never looked at.
 *
 * Standard errors are the greater one of the part's and of all rows': few rows that are all alike have none of their own, and of rare great
 * losses all rows' is too small for the parts that got some.
 */
import type { EvaluationMetric } from '@cellkeep/schema/registry';
import { brierLosses, type Classified, isShare, logLosses, sharesOf, sidesOf } from './classification.ts';
import type { Answers } from './judge.ts';
import { absoluteErrors, squaredErrors } from './regression.ts';

const LEVEL = 0.05;

/** A part of the rows, of which a metric was measured. */
interface Found {
  metric: EvaluationMetric;
  value: number;
  own: Answers;
  at: Int32Array;
}

/**
 * @param whole each metric of all rows
 * @param tests how many parts are looked at, times metrics
 * @returns whether chance explains that the metric is worse there than on all rows
 */
export function createChance(all: Answers, whole: ReadonlyMap<EvaluationMetric, number>, tests: number): (found: Found) => boolean {
  const level = 1 - (1 - LEVEL) ** (1 / Math.max(1, tests));
  const z = normalQuantile(level);
  const tail = createBinomialTail(all.rows);
  const metrics = [...whole.keys()];
  const shares = new Map(metrics.map((metric) => [metric, all.classified && isShare(metric) ? sharesOf(metric, all.classified) : null]));
  const losses = new Map(metrics.map((metric) => [metric, lossesOf(metric, all)]));

  return ({ metric, value, own, at }) => {
    const classes = shares.get(metric);
    if (isShare(metric) && classes && own.classified) {
      const each = 1 - (1 - level) ** (1 / classes.length);
      return !sharesOf(metric, own.classified).some((share, i) => share && tail(share.hits, share.of, ratio(classes[i])) <= each);
    }
    const area = whole.get(metric) ?? Number.NaN;
    if (metric === 'roc_auc' && own.classified) return !(area - value > z * errorOfArea(Math.min(area, value), own.classified));
    const rows = losses.get(metric);
    if (!rows) return true;
    const part = spreadOf(at.length, (i) => rows.values[at[i] as number] as number);
    return !(part.mean - rows.mean > z * Math.sqrt(Math.max(part.variance, rows.variance) / at.length));
  };
}

const ratio = (share: { hits: number; of: number } | null | undefined) => (share && share.of > 0 ? share.hits / share.of : 0);

interface Spread {
  mean: number;
  variance: number;
}

type Losses = Spread & { values: Float64Array };

function lossesOf(metric: EvaluationMetric, { classified, measured }: Answers): Losses | null {
  let values: Float64Array | null = null;
  if (metric === 'log_loss' && classified) values = logLosses(classified);
  if (metric === 'brier' && classified) values = brierLosses(classified);
  if (metric === 'mae' && measured) values = absoluteErrors(measured);
  if (metric === 'rmse' && measured) values = squaredErrors(measured);
  return values && { values, ...spreadOf(values.length, (i) => values[i] as number) };
}

function spreadOf(n: number, of: (i: number) => number): Spread {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) sum += of(i);
  const mean = sum / n;
  for (let i = 0; i < n; i++) squares += (of(i) - mean) ** 2;
  return { mean, variance: squares / Math.max(1, n - 1) };
}

/** Of several classes the mean of theirs: that of a mean is at most as great. */
function errorOfArea(area: number, own: Classified): number {
  const [first, second] = [area / (2 - area), (2 * area * area) / (1 + area)];
  const errors = sidesOf(own).map(({ positives, negatives }) => {
    const sum = area * (1 - area) + (positives - 1) * (first - area * area) + (negatives - 1) * (second - area * area);
    return Math.sqrt(Math.max(0, sum) / (positives * negatives));
  });
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/** P(X ≤ hits) of a binomial X of at most `most` draws; 1 where so many were to be expected. */
export function createBinomialTail(most: number): (hits: number, of: number, share: number) => number {
  const logFactorial = new Float64Array(most + 1);
  for (let i = 1; i <= most; i++) logFactorial[i] = (logFactorial[i - 1] as number) + Math.log(i);
  const at = (n: number) => logFactorial[n] as number;
  return (hits, of, share) => {
    if (hits >= of * share) return 1;
    const log = at(of) - at(hits) - at(of - hits) + hits * Math.log(share) + (of - hits) * Math.log1p(-share);
    let term = Math.exp(log);
    let sum = term;
    for (let k = hits; k > 0 && term > sum * Number.EPSILON; k--) {
      term *= (k * (1 - share)) / ((of - k + 1) * share);
      sum += term;
    }
    return Math.min(1, sum);
  };
}

/** z of which a standard normal variable is greater with the probability p ≤ 0.5, within 0.00045 (Abramowitz and Stegun 1964, 26.2.23). */
export function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}
