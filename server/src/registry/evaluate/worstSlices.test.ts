import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Judged } from './judge.ts';
import type { Value } from './slices.ts';
import { findWorstSlices, partsOf } from './worstSlices.ts';

const ROWS = 2_000;
let state = 1;
/** From 0 to below 1, the same each time (Park and Miller 1988). */
function random(): number {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
}
/** Right but where the carrier is HA, the distance is in its last quarter, or the age is missing: there a half is wrong. */
const data = Array.from({ length: ROWS }, (_, i): Value[] => {
  const age = random() < 0.1 ? null : Math.floor(random() * 4);
  return [random() < 0.1 ? 'HA' : 'UA', Math.floor(random() * 2_000) + 0.5, age, `id-${i}`, 'same', Math.floor(random() * 2)];
});
const columns = ['carrier', 'distance', 'age', 'flight', 'year', 'late'];
const isHard = ([carrier, distance, age]: Value[]) => carrier === 'HA' || (distance as number) >= 1_550 || age === null;
const judged = (answers: (row: Value[], i: number) => unknown, metrics: Judged['set']['metrics'] = ['accuracy']): Judged => ({
  set: { label: 'late', metrics, slices: [] },
  rows: { columns, data },
  answers: data.map(answers),
  classes: [0, 1],
  scores: null,
});
const wrongWhereHard = judged((row, i) => (isHard(row) && i % 2 === 0 ? 1 - Number(row[5]) : row[5]));

test('values, quartiles and what is missing are found where the model is worse than on all rows, with how much', async () => {
  const found = await findWorstSlices(wrongWhereHard);
  expect(found.map(({ slice }) => slice).sort()).toEqual([
    'age is missing',
    'carrier = HA',
    expect.stringMatching(/^distance from 1\d{3}(\.\d)?$/),
  ]);
  const whole = wrongWhereHard.answers.filter((answer, i) => answer === data[i]?.[5]).length / ROWS;
  for (const { slice, value, whole: all, worse, rows } of found) {
    const own = data.flatMap((row, i) => (slice.startsWith('carrier') && row[0] === 'HA' ? [wrongWhereHard.answers[i] === row[5]] : []));
    expect(all).toBe(whole);
    expect(worse).toBeCloseTo(whole - Number(value), 12);
    if (own.length > 0) expect([rows, value]).toEqual([own.length, own.filter(Boolean).length / own.length]);
  }
  expect(found.map(({ worse }) => worse)).toEqual(found.map(({ worse }) => worse).sort((a, b) => b - a));
});

test('a model that is as good everywhere has no worst slice: what chance makes of a part is not told', async () => {
  expect(await findWorstSlices(judged((row, i) => (i % 10 === 0 ? 1 - Number(row[5]) : row[5])))).toEqual([]);
});

test('of each metric at most five are told, and of a metric that is better when smaller the greatest', async () => {
  const numbers = judged((row, i) => Number(row[5]) + (row[0] === 'HA' ? 2 : (i % 5) / 10), ['rmse', 'mae']);
  const found = await findWorstSlices(numbers);
  for (const metric of ['rmse', 'mae']) {
    const own = found.filter((one) => one.metric === metric);
    expect(own[0]?.slice).toBe('carrier = HA');
    expect(own.length).toBeLessThanOrEqual(5);
  }
});

test('parts of a column have enough rows, do not meet, and are few, whatever stands in it', () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true }),
    fc.integer({ min: 0, max: 5 }),
    fc.string(),
    fc.string({ minLength: 300 }),
  );
  const of = fc.oneof(
    fc.array(value, { maxLength: 400 }),
    fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 100, maxLength: 400 }),
  );
  fc.assert(
    fc.property(of, (values) => {
      const parts = partsOf({ columns: ['x'], data: values.map((one) => [one]) }, 'x');
      const seen = parts.flatMap(({ at }) => [...at]);
      expect(new Set(seen).size).toBe(seen.length);
      expect(parts.length).toBeLessThanOrEqual(21);
      for (const { at, name } of parts) {
        expect(at.length).toBeGreaterThanOrEqual(30);
        expect(at.length).toBeLessThan(values.length);
        expect(name.length).toBeLessThan(220);
      }
    }),
    { numRuns: 100 },
  );
});
