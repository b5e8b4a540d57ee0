import { expect, test } from 'vitest';
import { createBinomialTail, normalQuantile } from './chance.ts';

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
