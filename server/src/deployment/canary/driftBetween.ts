/**
 * How far the predictions of a canary have moved from the live ones', without what chance alone moves them.
 *
 * The population stability index of two samples of n and m rows from the same distribution over B bins is not 0: it is distributed as
 * (1/n + 1/m) · χ² with B - 1 degrees of freedom (Yurdakul and Naranjo, Statistical properties of the population stability index, Journal
 * of Risk Model Validation 14 (4), 2020). So its mean (B - 1)(1/n + 1/m) is taken off, and its deviation √(2(B - 1))(1/n + 1/m) says
 * whether a limit can be judged yet. Half a row more in each bin keeps empty ones finite without making them far.
 */

export interface Drift {
  /** The index less its mean under equality; not below 0. */
  index: number;
  /** Its standard deviation under equality. */
  noise: number;
}

const HALF = 0.5;
/** Of the smaller side; below that the distribution above does not hold. */
const ROWS_A_BIN = 20;
const LEAST_ROWS = 200;

/** In the same bins; null where there are too few rows of either. */
export function driftBetween(live: readonly number[], canary: readonly number[]): Drift | null {
  const pairs = Array.from({ length: Math.max(live.length, canary.length) }, (_, bin) => [live[bin] ?? 0, canary[bin] ?? 0] as const);
  const used = pairs.filter(([l, c]) => l + c > 0);
  const [m, n] = [sum(used.map(([l]) => l)), sum(used.map(([, c]) => c))];
  const bins = used.length;
  if (Math.min(m, n) < Math.max(LEAST_ROWS, ROWS_A_BIN * bins)) return null;
  const share = (count: number, rows: number) => (count + HALF) / (rows + HALF * bins);
  const raw = sum(used.map(([l, c]) => (share(c, n) - share(l, m)) * Math.log(share(c, n) / share(l, m))));
  const scale = 1 / n + 1 / m;
  return { index: Math.max(0, raw - (bins - 1) * scale), noise: Math.sqrt(2 * (bins - 1)) * scale };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
