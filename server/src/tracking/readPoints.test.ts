/** The quick reading against the contract itself: what it takes the contract takes, with the same numbers; the rest it leaves to it. */
import { seriesPoints } from '@cellkeep/schema/tracking';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toColumns } from './columns.ts';
import { readSeries } from './readPoints.ts';

const column = (one: fc.Arbitrary<unknown>) => fc.array(one, { maxLength: 4 });
const odd = fc.constantFrom<unknown>(
  null,
  undefined,
  true,
  '1',
  'x',
  [],
  {},
  0.5,
  Number.NaN,
  Infinity,
  2 ** 53,
  -(2 ** 60),
  8.64e15,
  9e15,
);
const step = fc.oneof({ weight: 6, arbitrary: fc.integer() }, odd);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.constantFrom('NaN', 'Infinity', '-Infinity', '+Infinity') },
  odd,
);
const key = fc.constantFrom<unknown>(
  'loss',
  'a/b',
  '../a',
  '',
  '/a',
  'a\0',
  'é',
  '\ud800',
  'x'.repeat(250),
  'x'.repeat(251),
  5,
  null,
  undefined,
);

const anySeries = fc.oneof(
  fc.record({ key, steps: column(step), times: column(step), values: column(value), more: fc.constant(1) }, { requiredKeys: [] }),
  fc.integer({ min: 0, max: 4 }).chain((n) => {
    const of = (one: fc.Arbitrary<unknown>) => fc.array(one, { minLength: n, maxLength: n });
    return fc.record({ key, steps: of(step), times: of(step), values: of(value) });
  }),
  odd,
);

test('it takes exactly what the contract takes', () => {
  let taken = 0;
  fc.assert(
    fc.property(anySeries, (given) => {
      const quick = readSeries([given]);
      const slow = seriesPoints.safeParse(given);
      expect(quick !== null).toBe(slow.success);
      if (!quick || !slow.success) return;
      taken += 1;
      const { key: name, ...columns } = slow.data;
      expect(quick).toEqual([{ key: name, points: toColumns(columns) }]);
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(100); // else nothing was shown
});

test('what is no list of series is left to the contract', () => {
  for (const given of [undefined, null, {}, 'series', [[]], Array.from({ length: 10_001 }, () => ({}))])
    expect(readSeries(given)).toBeNull();
  expect(readSeries([])).toEqual([]);
});
