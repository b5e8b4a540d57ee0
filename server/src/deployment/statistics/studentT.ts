/**
 * Student's t distribution, by the regularised incomplete beta function: P(|T| > t) = I_x(ν/2, 1/2) with x = ν / (ν + t²)
 * (Abramowitz & Stegun 26.7.1 and 26.5.27). The beta function's continued fraction (DLMF 8.17.22) is evaluated by Lentz's method.
 */

const SMALL = 1e-300;
const ENOUGH = 1e-15;

/** Two-sided: the chance of a |t| at least as large. @param degrees of freedom, need not be whole */
export function twoSidedP(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The t that |T| exceeds with the chance `p`, by halving: a page that shows one needs no faster way. */
export function criticalT(p: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (twoSidedP(high, degrees) > p && high < 1e12) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (twoSidedP(middle, degrees) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean; above it the other tail is computed.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - Math.log(a) - logBeta(a, b));
  return front / continuedFraction(x, a, b);
}

/** 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22. */
function continuedFraction(x: number, a: number, b: number): number {
  let [value, c, d] = [1, 1, 0];
  for (let i = 1; i < 10_000; i++) {
    const m = Math.floor(i / 2);
    const term =
      i % 2 === 0 ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)) : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + term * d);
    c = nonZero(1 + term / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < ENOUGH) break;
  }
  return value;
}

const nonZero = (value: number) => (Math.abs(value) < SMALL ? SMALL : value);

const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Stirling's series (DLMF 5.11.1) from 10 on, to which the recurrence leads: relative error below 1e-14 there. */
function logGamma(z: number): number {
  let [at, shift] = [z, 0];
  while (at < 10) {
    shift -= Math.log(at);
    at += 1;
  }
  const q = 1 / (at * at);
  const series = (1 / 12 - q * (1 / 360 - q * (1 / 1_260 - q * (1 / 1_680 - q / 1_188)))) / at;
  return shift + (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series;
}
