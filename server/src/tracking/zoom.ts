/**
 * A series seen from further away: each bucket stands for the points between two others, with their mean and their band. A chunk keeps
 * the buckets of each 64 points beside it, so that a curve of a million points is drawn from 1/60 of its bytes.
 */
import type { Columns } from './chunks.ts';

/** Equally long. `mean`, `min` and `max` are of the finite values, NaN where there is none; `weight` is how many those are. */
export interface Buckets {
  steps: Float64Array;
  times: Float64Array;
  mean: Float64Array;
  min: Float64Array;
  max: Float64Array;
  weight: Float64Array;
}

export const BUCKET = 64;
/** Below, reading the points themselves is as fast. */
const WORTH_IT = 1_024;
const FIELDS = 6;

export function encodeZoom(points: Columns): Buffer | null {
  if (points.steps.length < WORTH_IT) return null;
  const { steps, times, mean, min, max, weight } = bucketsOf(pointsAsBuckets(points), Math.ceil(points.steps.length / BUCKET));
  return Buffer.concat([steps, times, mean, min, max, weight].map((column) => Buffer.from(column.buffer)));
}

export function decodeZoom(zoom: Buffer): Buckets {
  const all = new Float64Array(zoom.length / 8);
  zoom.copy(Buffer.from(all.buffer));
  const n = all.length / FIELDS;
  const [steps, times, mean, min, max, weight] = Array.from({ length: FIELDS }, (_, i) => all.subarray(i * n, (i + 1) * n));
  return { steps, times, mean, min, max, weight } as Buckets;
}

/** Each point as a bucket of its own. */
export function pointsAsBuckets({ steps, times, values }: Columns): Buckets {
  const finite = values.map((value) => (Number.isFinite(value) ? value : Number.NaN));
  const weight = finite.map((value) => (Number.isNaN(value) ? 0 : 1));
  return { steps, times, mean: finite, min: finite, max: finite, weight };
}

/** Joins neighbours so that at most `most` are left; each keeps the step and time of its first. */
export function bucketsOf(from: Buckets, most: number): Buckets {
  const length = from.steps.length;
  const n = Math.min(most, length);
  const [steps, times, mean, min, max, weight] = Array.from({ length: FIELDS }, () => new Float64Array(n)) as [
    ...Float64Array<ArrayBuffer>[],
  ] as unknown as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  for (let b = 0; b < n; b++) {
    const start = Math.floor((b * length) / n);
    const end = Math.floor(((b + 1) * length) / n);
    let sum = 0;
    let heavy = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) {
      const w = from.weight[i] as number;
      if (w === 0) continue;
      heavy += w;
      sum += (from.mean[i] as number) * w;
      low = Math.min(low, from.min[i] as number);
      high = Math.max(high, from.max[i] as number);
    }
    steps[b] = from.steps[start] as number;
    times[b] = from.times[start] as number;
    mean[b] = heavy === 0 ? Number.NaN : sum / heavy;
    min[b] = heavy === 0 ? Number.NaN : low;
    max[b] = heavy === 0 ? Number.NaN : high;
    weight[b] = heavy;
  }
  return { steps, times, mean, min, max, weight };
}
