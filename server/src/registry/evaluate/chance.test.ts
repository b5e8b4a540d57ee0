import { expect, test } from 'vitest';
import { createBinomialTail, createChance, normalQuantile } from './chance.ts';

// scipy 1.17.1: binom.cdf(hits, of, share), norm.isf(p).
test('the chance of so few hits is exact, also of very many and very few rows', () => {
  const tail = createBinomialTail(200_000);
  expect(tail(3, 40, 0.3) / 0.000597928446682593).toBeCloseTo(1, 9);
  expect(tail(200, 240, 11 / 12) / 2.1051953028281687e-5).toBeCloseTo(1, 9);
  expect(tail(0, 30, 0.99) / 1e-60).toBeCloseTo(1, 9);
  expect(tail(140_000, 200_000, 0.75)).toBe(0);
});

test.each<[string, number, number, number]>([
  ['no row is there to take a share of', 0, 0, 0.5],
  ['it is as on all rows', 15, 30, 0.5],
  ['all are right everywhere', 30, 30, 1],
  ['none is right anywhere', 0, 30, 0],
])('nothing is worse where %s', (_, hits, of, share) => {
  expect(createBinomialTail(30)(hits, of, share)).toBe(1);
});

test('the distance that chance keeps with a given level is within 0.00045', () => {
  expect(Math.abs(normalQuantile(1e-3) - 3.090232306167813)).toBeLessThan(4.5e-4);
  expect(Math.abs(normalQuantile(1e-6) - 4.753424308822899)).toBeLessThan(4.5e-4);
});

// One error of a hundred is 10, all others are 0: of 30 rows three great ones (0.3 %) are chance's where 500 parts are looked at.
test.each<[string, number[], boolean]>([
  ['a few great errors, which all rows seldom have', [...Array<number>(3).fill(10), ...Array<number>(27).fill(0)], true],
  ['many great errors', [...Array<number>(16).fill(10), ...Array<number>(14).fill(0)], false],
  ['errors that are all alike, and hardly greater than those of all', Array<number>(30).fill(0.2), true],
  ['errors that are all alike, and great', Array<number>(30).fill(5), false],
])('%s: whether it may be chance', (_, errors, expected) => {
  const measured = (answers: number[]) => ({ truth: new Float64Array(answers.length), answers: Float64Array.from(answers) });
  const all = [...errors, ...Array.from({ length: 30_000 }, (_one, i) => (i % 100 === 0 ? 10 : 0))];
  const mae = (some: number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  const isChance = createChance({ rows: all.length, classified: null, measured: measured(all) }, new Map([['mae', mae(all)]]), 500);
  const own = { rows: errors.length, classified: null, measured: measured(errors) };
  expect(isChance({ metric: 'mae', value: mae(errors), own, at: Int32Array.from(errors.keys()) })).toBe(expected);
});
