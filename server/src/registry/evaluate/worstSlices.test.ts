import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Judged } from './judge.ts';
import { partsOf } from './parts.ts';
import type { Value } from './slices.ts';
import { findWorstSlices } from './worstSlices.ts';

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

test('where no row is positive and none is called so there is nothing to compare, and that no recall falls for it', async () => {
  // The model is right on all rows of A, which has no positive one; of the others' positive rows it misses every fourth, of D's every second.
  const rows = Array.from({ length: 1_000 }, (_, i): Value[] => ['ABCD'[i % 4] as string, Number(i % 4 !== 0 && i % 8 < 4)]);
  const answers = rows.map(([carrier, late], i) => (late === 1 && (carrier === 'D' ? i % 16 < 8 : i % 32 < 8) ? 0 : late));
  const set = { label: 'late', metrics: ['f1', 'recall', 'precision', 'accuracy'] as const, slices: [] };
  const given = { set: { ...set, metrics: [...set.metrics] }, rows: { columns: ['carrier', 'late'], data: rows }, answers };
  const found = await findWorstSlices({ ...given, classes: [0, 1], scores: null });
  expect(found.map(({ metric, slice }) => `${metric} ${slice}`)).toEqual(['f1 carrier = D', 'recall carrier = D', 'accuracy carrier = D']);
});

test('of several classes one that was answered once, where no row is of it, makes no part the worst', async () => {
  const rows = Array.from({ length: 1_200 }, (_, i): Value[] => [
    'ABC'[i % 3] as string,
    i % 3 === 0 ? 'x' : ('xyz'[(i % 7) % 3] as string),
  ]);
  const answers = rows.map(([, truth], i) => (i === 0 ? 'y' : truth));
  const set = { label: 'kind', metrics: ['f1', 'recall', 'precision'] satisfies Judged['set']['metrics'], slices: [] };
  const judgedRows = { set, rows: { columns: ['carrier', 'kind'], data: rows }, answers, classes: ['x', 'y', 'z'], scores: null };
  expect(await findWorstSlices(judgedRows)).toEqual([]);
});

describe('among a hundred columns that have nothing to do with the errors', () => {
  const noise = Array.from({ length: 100 }, (_, k) => `noise ${k}`);
  const withNoise = Array.from({ length: 1_500 }, (): Value[] => [
    ...noise.map((_, k) => (k % 2 === 0 ? random() : `v${Math.floor(random() * 20)}`)),
    random() < 0.5 ? 1 : 0,
  ]);
  const at = { label: 'y', columns: [...noise, 'y'] };
  const truth = withNoise.map((row) => Number(row[100]));

  test('no part is told of a classifier', async () => {
    const scores = new Float64Array(2 * truth.length);
    for (const [i, y] of truth.entries()) {
      const p = Math.min(0.999, Math.max(0.001, (y === 1 ? 0.7 : 0.3) + (random() - 0.5) * 0.9));
      scores.set([1 - p, p], 2 * i);
    }
    const answers = truth.map((_, i) => Number((scores[2 * i + 1] as number) > 0.5));
    const metrics: Judged['set']['metrics'] = ['accuracy', 'f1', 'precision', 'recall', 'roc_auc', 'log_loss', 'brier'];
    const set = { label: at.label, metrics, slices: [] };
    expect(await findWorstSlices({ set, rows: { columns: at.columns, data: withNoise }, answers, classes: [0, 1], scores })).toEqual([]);
  });

  test('no part is told of a regressor, whose errors are sometimes great', async () => {
    const answers = truth.map((y) => y + (random() + random() + random() - 1.5) / (random() + 0.05));
    const set = { label: at.label, metrics: ['rmse', 'mae', 'r2'] satisfies Judged['set']['metrics'], slices: [] };
    const given = { set, rows: { columns: at.columns, data: withNoise }, answers, classes: null, scores: null };
    expect(await findWorstSlices(given)).toEqual([]);
    // What is true is found among them.
    const worse = answers.map((answer, i) => answer + (withNoise[i]?.[1] === 'v3' ? 4 : 0));
    const found = await findWorstSlices({ ...given, answers: worse });
    expect(found.map(({ metric, slice }) => [metric, slice])).toContainEqual(['mae', 'noise 1 = v3']);
    expect(found.filter(({ slice }) => slice !== 'noise 1 = v3')).toEqual([]);
  });
});

test('numbers whose first digits are all the same, as those of times, are cut with as many as tell them apart', () => {
  const parts = (values: number[]) =>
    partsOf({ columns: ['at'], data: values.map((one) => [one]) }, 'at').map(({ name, at }) => [name, at.length]);
  const all = Array.from({ length: 2_000 }, (_, i) => i);
  expect(parts(all.map((i) => 1_700_000_007 + 60 * i))).toEqual([
    ['at below 1700030000', 500],
    ['at from 1700030000 to below 1700060000', 500],
    ['at from 1700060000 to below 1700090000', 500],
    ['at from 1700090000', 500],
  ]);
  expect(parts(all.map((i) => (i + 0.123_456) / 3)).map(([name]) => name)[0]).toBe('at below 166.7');
});

test('a value that is too long is cut between characters', () => {
  const values = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? `${'x'.repeat(199)}😀😀` : `${'x'.repeat(199)}😀`));
  const names = partsOf({ columns: ['c'], data: values.map((one) => [one]) }, 'c').map(({ name }) => name);
  expect(names).toEqual([`c = ${'x'.repeat(199)}😀…`, `c = ${'x'.repeat(199)}😀`]);
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
        expect(Array.from(name).length).toBeLessThan(220);
      }
    }),
    { numRuns: 100 },
  );
});
