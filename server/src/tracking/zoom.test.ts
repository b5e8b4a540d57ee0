import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Buckets, bucketsOf, bucketsOfPoints, decodeZoom, encodeZoom, levelOf, pointsAsBuckets } from './zoom.ts';

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

test('points in buckets are what points as buckets are, joined', () => {
  const some = points([1, Number.NaN, 3, Number.NEGATIVE_INFINITY, 5, 6, -0, 8, 9, Number.NaN]);
  expect(bucketsOfPoints(some, 4)).toEqual(bucketsOf(pointsAsBuckets(some), 4));
});

describe('a zoom', () => {
  const long = points(Array.from({ length: 2_050 }, (_, i) => (i === 2_049 ? Number.NaN : i + 0.5)));
  const zoom = encodeZoom(long) as Buffer;
  const fine = bucketsOfPoints(long, 33);
  const bytesOf = (buckets: Buckets) => Object.values(buckets).map((column: Float64Array) => Buffer.from(column.buffer));
  const edges = [0.5, 2_049, 20_490, Number.NaN];
  const read = (from: Buffer, bucket: number) => {
    const level = levelOf(from.length, 2_050, bucket);
    return decodeZoom(Buffer.concat([from.subarray(0, level.head), from.subarray(level.from, level.to)]), level);
  };

  test('is kept for long chunks alone', () => {
    expect(encodeZoom(points([1, 2, 3]))).toBeNull();
    expect(zoom.length).toBe(32 + 48 * (33 + 9 + 3));
  });

  test.each([
    [64, fine],
    [256, bucketsOf(fine, 9)],
    [1_024, bucketsOf(bucketsOf(fine, 9), 3)],
    [5_000, bucketsOf(bucketsOf(fine, 9), 3)],
  ])('is read from its beginning as buckets of at most %i points', (bucket, buckets) => {
    expect(read(zoom, bucket).buckets).toEqual(buckets);
  });

  test('says the first and the last point as they are, on each level', () => {
    for (const bucket of [64, 256, 1_024]) {
      const { first, last } = read(zoom, bucket);
      expect([first?.steps[0], first?.times[0], first?.values[0]]).toEqual([0, 0, 0.5]);
      expect([last?.steps[0], last?.times[0], last?.values[0]]).toEqual(edges.slice(1));
    }
  });

  test('of an earlier release, with two levels, is still read', () => {
    const coarse = bucketsOf(fine, 5);
    const old = Buffer.concat([
      Buffer.from(Uint32Array.of(5, 33).buffer),
      Buffer.from(Float64Array.from(edges).buffer),
      ...bytesOf(coarse),
      ...bytesOf(fine),
    ]);
    expect(read(old, 1_024).buckets).toEqual(coarse);
    expect(read(old, 256)).toMatchObject({ buckets: fine, first: { values: Float64Array.of(0.5) } });
  });

  test('of an earlier release, without levels, is still read', () => {
    expect(read(Buffer.concat(bytesOf(fine)), 1_024)).toEqual({ buckets: fine, first: null, last: null });
  });
});
