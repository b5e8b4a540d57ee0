import type { Curve } from '@cellkeep/schema/tracking';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appendPoints, emptySeries, fromCurve, halve, MOST_POINTS, type Series } from './series.ts';

const points = (steps: number[], values: (number | 'NaN' | 'Infinity')[] = steps, times = steps) => ({ key: 'loss', steps, times, values });
const stepsOf = (series: Series) => [...series.steps.subarray(0, series.length)];
const valuesOf = (series: Series) => [...series.values.subarray(0, series.length)];

const floats = (...values: number[]) => Float64Array.from(values);
const sampled: Curve = {
  runId: '0'.repeat(32),
  key: 'loss',
  steps: floats(0, 10),
  times: floats(0, 10),
  values: floats(1, 2),
  min: floats(0.5, 1.5),
  max: floats(1.5, 2.5),
  total: 20,
  sampled: true,
};

describe('appendPoints', () => {
  test('points that come in order stand in order', () => {
    const series = emptySeries();
    expect(appendPoints(series, points([0, 1, 2], [3, 2, 1]))).toBe(3);
    expect(valuesOf(series)).toEqual([3, 2, 1]);
    expect(series.total).toBe(3);
  });

  test('a late point is put where its step is', () => {
    const series = emptySeries();
    appendPoints(series, points([0, 5]));
    expect(appendPoints(series, points([3]))).toBe(1);
    expect(stepsOf(series)).toEqual([0, 3, 5]);
  });

  test('the same point twice changes nothing, another value at its step is another point', () => {
    const series = emptySeries();
    appendPoints(series, points([0, 1]));
    expect(appendPoints(series, points([0, 1]))).toBe(0);
    expect(appendPoints(series, points([1], [9], [1]))).toBe(1);
    expect(series.length).toBe(3);
  });

  test('NaN equals itself, and what JSON cannot carry arrives as the number that it was', () => {
    const series = emptySeries();
    appendPoints(series, points([0, 1], ['NaN', 'Infinity']));
    expect(appendPoints(series, points([0], ['NaN']))).toBe(0);
    expect(valuesOf(series)).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
  });

  test('a sampled series takes only what lies after its end: a bucket may hold the rest already', () => {
    const series = fromCurve(sampled);
    expect(appendPoints(series, points([5]))).toBe(0);
    expect(appendPoints(series, points([11]))).toBe(1);
    expect(series.total).toBe(21);
  });

  test('any order of any points, some of them repeated, gives each once and in order', () => {
    const point = fc.record({ step: fc.integer({ min: -50, max: 50 }), time: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(fc.array(point, { maxLength: 20 }), { maxLength: 10 }), (batches) => {
        const series = emptySeries(4);
        for (const batch of batches) {
          const steps = batch.map(({ step }) => step);
          const times = batch.map(({ time }) => time);
          appendPoints(series, { key: 'k', steps, times, values: steps });
        }
        const wanted = [...new Set(batches.flat().map(({ step, time }) => `${step} ${time}`))];
        const found = Array.from({ length: series.length }, (_, i) => `${series.steps[i]} ${series.times[i]}`);
        expect([...found].sort()).toEqual(wanted.sort());
        const isSorted = found.every((_, i) => {
          if (i === 0) return true;
          const [a, b] = [series.steps[i - 1]!, series.steps[i]!];
          return a < b || (a === b && series.times[i - 1]! <= series.times[i]!);
        });
        expect(isSorted).toBe(true);
      }),
    );
  });

  test('a series that grows past the bound stays below it and keeps first and last point', () => {
    const series = emptySeries();
    const steps = Array.from({ length: MOST_POINTS * 3 }, (_, i) => i);
    appendPoints(series, points(steps));
    expect(series.length).toBeLessThan(MOST_POINTS);
    expect(series.sampled).toBe(true);
    expect(series.total).toBe(steps.length);
    expect(stepsOf(series)[0]).toBe(0);
    expect(stepsOf(series).at(-1)).toBe(steps.at(-1));
  });
});

describe('halve', () => {
  test('two neighbours become their mean with the band of both; the ends stay', () => {
    const series = emptySeries();
    appendPoints(series, points([0, 1, 2, 3, 4, 5], [10, 1, 3, 5, 7, 20]));
    halve(series);
    expect(valuesOf(series)).toEqual([10, 2, 6, 20]);
    expect([...series.low.subarray(0, 4)]).toEqual([10, 1, 5, 20]);
    expect([...series.high.subarray(0, 4)]).toEqual([10, 3, 7, 20]);
  });

  test('a NaN does not spoil its neighbour', () => {
    const series = emptySeries();
    appendPoints(series, points([0, 1, 2, 3], [0, 'NaN', 4, 0]));
    halve(series);
    expect(valuesOf(series)).toEqual([0, 4, 0]);
  });
});

test('a sampled history brings its band, a whole one is its own', () => {
  const series = fromCurve(sampled);
  expect([...series.low.subarray(0, 2)]).toEqual([0.5, 1.5]);
  const { min: _, max: __, ...whole } = sampled;
  expect([...fromCurve({ ...whole, sampled: false }).high.subarray(0, 2)]).toEqual([1, 2]);
});
