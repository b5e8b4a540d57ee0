import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binsOf } from './histogram.ts';

const once = (...values: number[]) => values.map((value) => ({ value, count: 1 }));

test('equal parts, the upper end in the last one', () => {
  expect(binsOf(once(0, 1, 2, 3, 4), 2)).toEqual([
    { from: 0, to: 2, count: 2 },
    { from: 2, to: 4, count: 3 },
  ]);
});

test.each([
  ['nothing', once(), []],
  ['what is not finite', once(Number.NaN, Number.POSITIVE_INFINITY), []],
  ['a single value', [{ value: 3, count: 7 }], [{ from: 3, to: 3, count: 7 }]],
])('%s', (_, values, wanted) => {
  expect(binsOf(values)).toEqual(wanted);
});

test('every finite value is counted once', () => {
  const values = fc.array(
    fc.record({ value: fc.double({ noNaN: true, noDefaultInfinity: true }), count: fc.integer({ min: 1, max: 9 }) }),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(values, (all) => {
      const total = binsOf(all).reduce((sum, { count }) => sum + count, 0);
      expect(total).toBe(all.reduce((sum, { count }) => sum + count, 0));
    }),
  );
});
