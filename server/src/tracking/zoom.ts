/**
 * A series seen from further away: each bucket stands for the points between two others, with their mean and their band. A chunk keeps
 * the buckets of each 512 and of each 64 points beside it, so that a curve of a million points is drawn from 1/480 or 1/60 of its bytes.
 *
 * A zoom is 40 bytes and two levels, the coarse one first, so that it can be read without the other: `coarse u32, fine u32` (how many
 * buckets), the value of the chunk's first point, and step, time and value of its last; then the six columns of each level, little-endian.
 * The edges of a curve are shown as they are, and nothing but these 40 bytes must be read for it. Older zooms are the fine level alone.
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

export interface Zoomed {
  buckets: Buckets;
  /** The chunk's own first and last points. */
  first: Columns;
  last: Columns;
}

export const BUCKET = 64;
export const COARSE_BUCKET = 512;
/** Below, reading the points themselves is as fast. */
const WORTH_IT = 1_024;
const FIELDS = 6;
const HEAD = 40;

/** What of a zoom must be read for its coarse level: bytes from its beginning. */
export const coarseBytes = (n: number) => HEAD + Math.ceil(n / COARSE_BUCKET) * FIELDS * 8;

/** Whether the zoom of so many bytes has a head and two levels. */
export const hasLevels = (bytes: number) => bytes % (FIELDS * 8) === HEAD;

export function encodeZoom(points: Columns): Buffer | null {
  const n = points.steps.length;
  if (n < WORTH_IT) return null;
  const fine = bucketsOfPoints(points, Math.ceil(n / BUCKET));
  const coarse = bucketsOf(fine, Math.ceil(n / COARSE_BUCKET));
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(coarse.steps.length, 0);
  head.writeUInt32LE(fine.steps.length, 4);
  const edges = [points.values[0], points.steps[n - 1], points.times[n - 1], points.values[n - 1]] as number[];
  for (const [i, edge] of edges.entries()) head.writeDoubleLE(edge, 8 + i * 8);
  return Buffer.concat([
    head,
    ...[...columnsOf(coarse), ...columnsOf(fine)].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  ]);
}

/** @param zoom with its head; its coarse level alone, or both: then the fine one is read */
export function decodeZoom(zoom: Buffer): Zoomed {
  const [coarse, fine] = [zoom.readUInt32LE(0), zoom.readUInt32LE(4)];
  const hasFine = zoom.length >= HEAD + (coarse + fine) * FIELDS * 8;
  const buckets = hasFine ? bucketsAt(zoom, HEAD + coarse * FIELDS * 8, fine) : bucketsAt(zoom, HEAD, coarse);
  const [first, step, time, last] = [0, 1, 2, 3].map((i) => zoom.readDoubleLE(8 + i * 8)) as [number, number, number, number];
  return {
    buckets,
    first: point(buckets.steps[0] as number, buckets.times[0] as number, first),
    last: point(step, time, last),
  };
}

/** One that was written before there were levels. */
export function decodeOldZoom(zoom: Buffer): Buckets {
  return bucketsAt(zoom, 0, zoom.length / 8 / FIELDS);
}

const point = (step: number, time: number, value: number): Columns => ({
  steps: Float64Array.of(step),
  times: Float64Array.of(time),
  values: Float64Array.of(value),
});

const columnsOf = ({ steps, times, mean, min, max, weight }: Buckets) => [steps, times, mean, min, max, weight];

function bucketsAt(zoom: Buffer, from: number, n: number): Buckets {
  const all = new Float64Array(n * FIELDS);
  zoom.copy(Buffer.from(all.buffer), 0, from, from + all.byteLength);
  const column = (i: number) => all.subarray(i * n, (i + 1) * n);
  return { steps: column(0), times: column(1), mean: column(2), min: column(3), max: column(4), weight: column(5) };
}

/** Each point as a bucket of its own. */
export function pointsAsBuckets(points: Columns): Buckets {
  return bucketsOfPoints(points, points.steps.length);
}

export function emptyBuckets(n: number): Buckets {
  const column = () => new Float64Array(n);
  return { steps: column(), times: column(), mean: column(), min: column(), max: column(), weight: column() };
}

/** Points in at most so many buckets; each has the step and time of its first point. */
export function bucketsOfPoints({ steps, times, values }: Columns, most: number): Buckets {
  const { length } = steps;
  const n = Math.min(most, length);
  const made = emptyBuckets(n);
  for (let b = 0; b < n; b++) {
    const start = Math.floor((b * length) / n);
    const end = Math.floor(((b + 1) * length) / n);
    let sum = 0;
    let heavy = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) {
      const value = values[i] as number;
      if (value - value !== 0) continue; // neither NaN nor infinite
      heavy += 1;
      sum += value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    keep(made, b, steps[start] as number, times[start] as number, sum, low, high, heavy);
  }
  return made;
}

/** Joins neighbours so that at most `most` are left; each keeps the step and time of its first. */
export function bucketsOf(from: Buckets, most: number): Buckets {
  const { length } = from.steps;
  const n = Math.min(most, length);
  const made = emptyBuckets(n);
  const { steps, times, mean, min, max, weight } = from;
  for (let b = 0; b < n; b++) {
    const start = Math.floor((b * length) / n);
    const end = Math.floor(((b + 1) * length) / n);
    let sum = 0;
    let heavy = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) {
      const w = weight[i] as number;
      if (w === 0) continue;
      heavy += w;
      sum += (mean[i] as number) * w;
      if ((min[i] as number) < low) low = min[i] as number;
      if ((max[i] as number) > high) high = max[i] as number;
    }
    keep(made, b, steps[start] as number, times[start] as number, sum, low, high, heavy);
  }
  return made;
}

function keep(made: Buckets, b: number, step: number, time: number, sum: number, low: number, high: number, heavy: number): void {
  made.steps[b] = step;
  made.times[b] = time;
  made.mean[b] = heavy === 0 ? Number.NaN : sum / heavy;
  made.min[b] = heavy === 0 ? Number.NaN : low;
  made.max[b] = heavy === 0 ? Number.NaN : high;
  made.weight[b] = heavy;
}
