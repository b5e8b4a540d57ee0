/**
 * Two means with unequal variances: Welch's t test (B. L. Welch, Biometrika 34, 1947), degrees of freedom by Welch and Satterthwaite.
 * It is right at a size that was chosen before; whoever looks again and again is told by sequentialTest.ts.
 */
import { criticalT, twoSidedP } from './studentT.ts';

/** What is known of a group: enough to add up over machines and hours. */
export interface Moments {
  n: number;
  sum: number;
  sumOfSquares: number;
}

export interface Comparison {
  /** Mean of b minus mean of a. */
  difference: number;
  /** Of the interval that covers the true difference 95 times of 100; infinite below two values in a group. */
  low: number;
  high: number;
  /** Two-sided; null below two values in a group. */
  pValue: number | null;
}

export const meanOf = ({ n, sum }: Moments): number => sum / n;

/** Unbiased; NaN below two values. */
export function varianceOf({ n, sum, sumOfSquares }: Moments): number {
  if (n < 2) return Number.NaN;
  return Math.max(0, (sumOfSquares - (sum * sum) / n) / (n - 1));
}

export function compareMeans(a: Moments, b: Moments): Comparison {
  const difference = meanOf(b) - meanOf(a);
  if (a.n < 2 || b.n < 2) return { difference, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, pValue: null };
  const [ofA, ofB] = [varianceOf(a) / a.n, varianceOf(b) / b.n];
  const variance = ofA + ofB;
  if (variance === 0) return { difference, low: difference, high: difference, pValue: difference === 0 ? 1 : 0 };
  const degrees = variance ** 2 / (ofA ** 2 / (a.n - 1) + ofB ** 2 / (b.n - 1));
  const error = Math.sqrt(variance);
  const margin = criticalT(0.05, degrees) * error;
  return { difference, low: difference - margin, high: difference + margin, pValue: twoSidedP(difference / error, degrees) };
}
