import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Buckets, bucketsOf, decodeZoom, encodeZoom, pointsAsBuckets } from './zoom.ts';

const points = (values: readonly number[]) => ({
  steps: Float64Array.from(values, (_, i) => i),
  times: Float64Array.from(values, (_, i) => i * 10),
  values: Float64Array.from(values),
});

test('a bucket has the mean, the least and the greatest of its finite values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      (values, most) => {
        const all = bucketsOf(pointsAsBuckets(points(values)), most);
        expect(all.steps.length).toBe(Math.min(most, values.length));
        const finite = values.filter(Number.isFinite);
        expect(all.weight.reduce((a, b) => a + b, 0)).toBe(finite.length);
        const mean = all.mean.reduce((sum, m, i) => sum + (all.weight[i] === 0 ? 0 : m * all.weight[i]!), 0);
        if (finite.length === 0) return;
        expect(mean).toBeCloseTo(
          finite.reduce((a, b) => a + b, 0),
          3,
        );
        expect(Math.min(...all.min.filter(Number.isFinite))).toBe(Math.min(...finite));
        expect(Math.max(...all.max.filter(Number.isFinite))).toBe(Math.max(...finite));
      },
    ),
  );
});

test('a bucket of values that are not finite has no mean', () => {
  const { mean, min, weight } = bucketsOf(pointsAsBuckets(points([Number.NaN, Number.POSITIVE_INFINITY])), 1);
  expect([mean[0], min[0], weight[0]]).toEqual([Number.NaN, Number.NaN, 0]);
});

test('joining twice says the same as joining once', () => {
  const from = pointsAsBuckets(points(Array.from({ length: 6_400 }, (_, i) => Math.sin(i))));
  const twice = bucketsOf(bucketsOf(from, 100), 10);
  const once = bucketsOf(from, 10);
  for (const column of ['steps', 'times', 'min', 'max', 'weight'] as (keyof Buckets)[]) expect(twice[column]).toEqual(once[column]);
  for (const [i, mean] of twice.mean.entries()) expect(mean).toBeCloseTo(once.mean[i]!, 12);
});

test('a short chunk keeps no zoom, a long one is read back from it', () => {
  expect(encodeZoom(points([1, 2, 3]))).toBeNull();
  const long = points(Array.from({ length: 2_048 }, (_, i) => i));
  const zoom = decodeZoom(encodeZoom(long)!);
  expect(zoom.steps.length).toBe(32);
  expect([zoom.steps[1], zoom.times[1], zoom.min[1], zoom.max[1], zoom.mean[1], zoom.weight[1]]).toEqual([64, 640, 64, 127, 95.5, 64]);
});
