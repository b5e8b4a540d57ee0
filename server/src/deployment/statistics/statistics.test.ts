import { describe, expect, test } from 'vitest';
import { likelihoodRatio, lookAgain, unseen } from './sequentialTest.ts';
import { criticalT, incompleteBeta, twoSidedP } from './studentT.ts';
import { compareMeans, type Moments } from './welch.ts';

const moments = (values: readonly number[]): Moments => ({
  n: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  sumOfSquares: values.reduce((sum, value) => sum + value * value, 0),
});

/** All expected numbers of this block: scipy 1.16. */
describe('as scipy says', () => {
  test.each([
    [0.3, 2, 3, 0.3483],
    [0.5, 0.5, 0.5, 0.5],
    [0.9, 10, 0.5, 0.15164090963470994],
    [1e-4, 5, 0.5, 2.461040045654778e-21],
    [0.99, 200, 0.5, 0.04509410713707966],
  ])('the incomplete beta function at %f, %f, %f', (x, a, b, expected) => {
    expect(incompleteBeta(x, a, b) / expected).toBeCloseTo(1, 11);
  });

  test.each([
    [0, 5, 1],
    [1, 1, 0.5],
    [2.5, 7.3, 0.03965023466560043],
    [12, 30, 5.580185415199261e-13],
    [1.96, 1e6, 0.04999606758526985],
    [0.3, 2.2, 0.7901811784578707],
  ])('the chance of |t| above %f with %f degrees', (t, degrees, expected) => {
    expect(twoSidedP(t, degrees) / expected).toBeCloseTo(1, 9);
  });

  test.each([
    [1, 12.706204736174705],
    [2.5, 3.5746548420036834],
    [10, 2.2281388519862753],
    [58.4, 2.0014256133666084],
    [1e5, 1.95998770753461],
  ])('the critical t of 5 % with %f degrees', (degrees, expected) => {
    expect(criticalT(0.05, degrees)).toBeCloseTo(expected, 8);
  });

  test('Welch’s interval and p of two small groups', () => {
    const { difference, low, high, pValue } = compareMeans(moments([1.2, 0.4, 2.2, 3.1, 0.9, 1.7]), moments([2.9, 3.3, 1.1, 4.2]));
    expect(difference).toBeCloseTo(1.2916666666666667, 12);
    expect([low, high]).toEqual([expect.closeTo(-0.6446413208607034, 8), expect.closeTo(3.227974654194037, 8)]);
    expect(pValue).toBeCloseTo(0.14859571473823763, 9);
  });

  test('Welch’s interval and p of right and wrong answers', () => {
    const [a, b] = [
      { n: 100, sum: 40, sumOfSquares: 40 },
      { n: 120, sum: 75, sumOfSquares: 75 },
    ];
    const { low, high, pValue } = compareMeans(a, b);
    expect([low, high]).toEqual([expect.closeTo(0.09432931047893398, 8), expect.closeTo(0.35567068952106595, 8)]);
    expect(pValue).toBeCloseTo(0.0008222483217283332, 10);
  });

  /** The mixture integrated numerically: quad of N(d; θ, V) / N(d; 0, V) · N(θ; 0, τ²). */
  test.each([
    [0.5, 0.04, 0.01, 1.6710099838030519],
    [1, 0.25, 1, 2.2150634391416126],
    [0, 0.1, 0.1, Math.SQRT1_2],
    [-0.8, 0.02, 0.05, 49128.27159578609],
  ])('the likelihood ratio of a difference of %f with variance %f under a mixture of %f', (difference, variance, tau2, expected) => {
    expect(likelihoodRatio(difference, variance, tau2) / expected).toBeCloseTo(1, 8);
  });
});

describe('with hardly any values', () => {
  test('Welch says nothing below two, and a difference without variance is certain', () => {
    expect(compareMeans(moments([1]), moments([1, 2]))).toMatchObject({ pValue: null, low: Number.NEGATIVE_INFINITY });
    expect(compareMeans(moments([1, 1]), moments([2, 2]))).toEqual({ difference: 1, low: 1, high: 1, pValue: 0 });
    expect(compareMeans(moments([1, 1]), moments([1, 1])).pValue).toBe(1);
  });
  test('the sequential test waits', () => {
    expect(lookAgain(unseen, moments([0, 0]), moments([1, 1]))).toEqual({ p: 1 });
  });
});

describe('the sequential test, looked at after every value', () => {
  /** Marsaglia's xorshift and Box and Muller's normals: the same in every run. */
  const normals = (seed: number) => {
    let state = seed;
    const uniform = () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return ((state >>> 0) + 0.5) / 2 ** 32;
    };
    for (let i = 0; i < 20; i++) uniform();
    return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  };
  /** Share of 400 experiments that ever claimed a difference, by the test and by Welch's p looked at as often. */
  const claims = (effect: number) => {
    let [sequential, peeking] = [0, 0];
    for (let seed = 1; seed <= 400; seed++) {
      const next = normals(seed * 7_919);
      const [a, b] = [moments([]), moments([])];
      let [state, peeked] = [unseen, false];
      for (let i = 0; i < 500; i++) {
        for (const [group, shift] of [
          [a, 0],
          [b, effect],
        ] as const) {
          const value = next() + shift;
          group.n += 1;
          group.sum += value;
          group.sumOfSquares += value * value;
        }
        state = lookAgain(state, a, b);
        if (i >= 20 && i % 10 === 0) peeked ||= (compareMeans(a, b).pValue ?? 1) < 0.05;
      }
      if (state.p < 0.05) sequential += 1;
      if (peeked) peeking += 1;
    }
    return { sequential: sequential / 400, peeking: peeking / 400 };
  };

  test('claims a difference that is none in at most 5 of 100 experiments, where Welch’s test does in many more', () => {
    const { sequential, peeking } = claims(0);
    expect(sequential).toBeLessThanOrEqual(0.05);
    expect(peeking).toBeGreaterThan(0.15);
  });
  test('finds half a standard deviation nearly always', () => {
    expect(claims(0.5).sequential).toBeGreaterThan(0.95);
  });
});
