import { expect, test } from 'vitest';
import { rangeOf, tintOf } from './tint.ts';

const scale = { low: 10, high: 20 };

test.each([
  ['the good end of a score', 20, 'higher', 1],
  ['the bad end of a score', 10, 'higher', 0],
  ['the good end of a loss', 10, 'lower', 1],
  ['between', 12.5, 'higher', 0.25],
  ['beyond the ends', Number.POSITIVE_INFINITY, 'lower', 0],
  ['below them', -5, 'lower', 1],
] as const)('%s', (_, value, better, wanted) => {
  expect(tintOf(value, { ...scale, better })).toBe(wanted);
});

test('NaN has no colour, and makes no range', () => {
  expect(tintOf(Number.NaN, { ...scale, better: 'higher' })).toBeNull();
  expect(rangeOf([Number.NaN, Number.POSITIVE_INFINITY, 3, 1])).toEqual({ low: 1, high: 3 });
  expect(rangeOf([2, 2])).toBeNull();
  expect(rangeOf([])).toBeNull();
});
