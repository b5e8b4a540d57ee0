/**
 * A p-value that may be looked at after every observation: the mixture sequential probability ratio test of Robbins (Annals of
 * Mathematical Statistics 41, 1970), for two means as Johari, Pekelis and Walsh use it ("Always Valid Inference", arXiv:1512.04922,
 * section 5): with V the estimated variance of the difference d of the means and a normal mixture of variance τ² over true differences,
 *
 *   Λ = sqrt(V / (V + τ²)) · exp(τ² d² / (2 V (V + τ²))),   p = min over time of min(1, 1 / Λ).
 *
 * That is exact for known variances; estimated ones need some values first, and until both groups have them p is 1.
 */
import { type Moments, meanOf, varianceOf } from './welch.ts';

/** Values of each group before the estimate of its variance is trusted. */
export const ENOUGH = 20;
/** τ in standard deviations: differences of about this size are found soonest (a little more than what Cohen calls a small effect, 0.2). */
const EXPECTED_EFFECT = 0.25;

export interface Sequential {
  p: number;
}

/** The state before the first look. */
export const unseen: Sequential = { p: 1 };

/** After one more look: a and b hold everything that was observed until now. */
export function lookAgain({ p }: Sequential, a: Moments, b: Moments): Sequential {
  if (a.n < ENOUGH || b.n < ENOUGH) return { p };
  const [varianceA, varianceB] = [varianceOf(a), varianceOf(b)];
  const variance = varianceA / a.n + varianceB / b.n;
  const difference = meanOf(b) - meanOf(a);
  if (variance === 0) return { p: difference === 0 ? p : 0 };
  const pooled = ((a.n - 1) * varianceA + (b.n - 1) * varianceB) / (a.n + b.n - 2);
  return { p: Math.min(p, 1 / likelihoodRatio(difference, variance, EXPECTED_EFFECT ** 2 * pooled)) };
}

/** Λ of the mixture against no difference. */
export function likelihoodRatio(difference: number, variance: number, tau2: number): number {
  const total = variance + tau2;
  return Math.sqrt(variance / total) * Math.exp((tau2 * difference ** 2) / (2 * variance * total));
}
