import { describe, expect, test } from 'vitest';
import { appendPoints, emptySeries } from '../live/series.ts';
import { decimate, nearest, shapeLine, smooth } from './shape.ts';

const numbers = (length: number, of: (i: number) => number) => Float64Array.from({ length }, (_, i) => of(i));

describe('smooth', () => {
  test('the start is not pulled to zero: a constant stays what it is', () => {
    expect([...smooth(Float64Array.of(5, 5, 5), 0.9)].map((value) => Number(value.toFixed(12)))).toEqual([5, 5, 5]);
  });

  test('each value is the weighted mean of those before it', () => {
    // weight 0.5: (1·0.5·0.5 + 3·0.5) / (0.25 + 0.5)
    const [first, second] = smooth(Float64Array.of(1, 3), 0.5);
    expect(first).toBe(1);
    expect(second).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75, 12);
  });

  test('what is not finite stays and does not spread', () => {
    const out = smooth(Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 1), 0.5);
    expect([...out]).toEqual([1, Number.NaN, Number.POSITIVE_INFINITY, 1]);
  });
});

describe('decimate', () => {
  test('few points are drawn as they are', () => {
    expect(decimate(Float64Array.of(0, 1, 2), Float64Array.of(3, 4, 5), { buckets: 10, log: false })).toEqual({
      x: [0, 1, 2],
      y: [3, 4, 5],
    });
  });

  test('of a million points at most four a bucket are left, first, last and every peak among them', () => {
    const n = 1_000_000;
    const ys = numbers(n, (i) => (i === 123_456 ? 99 : i === 654_321 ? -99 : Math.sin(i / 1000)));
    const line = decimate(
      numbers(n, (i) => i),
      ys,
      { buckets: 500, log: false },
    );
    expect(line.x.length).toBeLessThanOrEqual(2_000);
    expect(line.x[0]).toBe(0);
    expect(line.x.at(-1)).toBe(n - 1);
    expect(Math.max(...line.y.map(Number))).toBe(99);
    expect(Math.min(...line.y.map(Number))).toBe(-99);
  });

  test('x is ascending also where the clock ran backwards', () => {
    const line = decimate(Float64Array.of(3, 1, 2), Float64Array.of(30, 10, 20), { buckets: 10, log: false });
    expect(line).toEqual({ x: [1, 2, 3], y: [10, 20, 30] });
  });

  test('of several points at one x the last counts', () => {
    expect(decimate(Float64Array.of(1, 1, 2), Float64Array.of(7, 8, 9), { buckets: 10, log: false })).toEqual({ x: [1, 2], y: [8, 9] });
  });

  test('gaps: what is not finite, and on a log axis what is not positive', () => {
    const ys = Float64Array.of(1, Number.NaN, 0, -1);
    expect(decimate(Float64Array.of(0, 1, 2, 3), ys, { buckets: 10, log: false }).y).toEqual([1, null, 0, -1]);
    expect(decimate(Float64Array.of(0, 1, 2, 3), ys, { buckets: 10, log: true }).y).toEqual([1, null, null, null]);
  });
});

test('the x axis is the step, the time of day or the time since the start, in seconds', () => {
  const series = emptySeries();
  appendPoints(series, { key: 'k', steps: [7], times: [61_000], values: [1] });
  const shape = { smoothing: 0, log: false, buckets: 10, startedAt: 1_000 };
  expect(shapeLine(series, { ...shape, xAxis: 'step' }, false).x).toEqual([7]);
  expect(shapeLine(series, { ...shape, xAxis: 'time' }, false).x).toEqual([61]);
  expect(shapeLine(series, { ...shape, xAxis: 'relative' }, false).x).toEqual([60]);
});

test.each([
  ['nothing', [], 1, null],
  ['before the first', [10, 20], 0, 0],
  ['after the last', [10, 20], 99, 1],
  ['nearer to the left', [10, 20], 14, 0],
  ['nearer to the right', [10, 20], 16, 1],
  ['in the middle: the left one', [10, 20], 15, 0],
])('nearest: %s', (_, xs, wanted, index) => {
  expect(nearest(xs, wanted)).toBe(index);
});
