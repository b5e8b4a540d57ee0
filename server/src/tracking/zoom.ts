/**
 * A series seen from further away: each bucket stands for the points between two others, with their mean and their band. A chunk keeps
 * the buckets of each 1,024, each 256 and each 64 points beside it, so that a curve of a million points is drawn from a fiftieth of its bytes.
 *
 * A zoom is 32 bytes and its levels, the coarsest first, so that it can be read without the finer ones: the value of the chunk's first
 * point, and step, time and value of its last; then the six columns of each level, little-endian. The edges of a curve are shown as they
 * are, and nothing but these 32 bytes must be read for it. Older zooms have two levels behind 40 bytes, or one and no edges.
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
  /** The chunk's own first and last points; null where its zoom does not tell. */
  first: Columns | null;
  last: Columns | null;
}

/** Points in one bucket of each level. */
export const LEVELS = [1_024, 256, 64];
/** Below, reading the points themselves is as fast. */
const WORTH_IT = 1_024;
const BUCKET_BYTES = 6 * 8;

/** `edges`: where the four numbers of its edges begin in the head. */
interface Format {
  head: number;
  edges: number;
  levels: number[];
}

/** bytes before the coarsest level, of zooms as they are written now */
export const ZOOM_HEAD = 32;

/** Levels are multiples of 48 bytes: what is left over of a zoom's length tells its head, and so what is in it. */
const FORMATS: readonly Format[] = [
  { head: ZOOM_HEAD, edges: 0, levels: LEVELS },
  { head: 40, edges: 8, levels: [512, 64] },
  { head: 0, edges: -1, levels: [64] },
];

/** One level of a chunk's zoom, and where it stands: the `head` of the zoom and the bytes between are to be read. */
export interface Level extends Pick<Format, 'edges' | 'head'> {
  /** Points in one bucket. */
  bucket: number;
  buckets: number;
  /** bytes from the zoom's beginning */
  from: number;
  to: number;
}

/**
 * The coarsest level whose buckets are no larger; where all are, the finest.
 * @param bytes how long the zoom is
 * @param n points of the chunk
 */
export function levelOf(bytes: number, n: number, bucket: number): Level {
  const format = FORMATS.find(({ head }) => head === bytes % BUCKET_BYTES);
  if (!format) throw new Error(`a zoom of ${bytes} bytes is none of ours`);
  const found = format.levels.findIndex((one) => one <= bucket);
  const at = found < 0 ? format.levels.length - 1 : found;
  const counts = format.levels.map((one) => Math.ceil(n / one));
  const from = format.head + counts.slice(0, at).reduce((sum, count) => sum + count * BUCKET_BYTES, 0);
  const buckets = counts[at] as number;
  const { edges, head } = format;
  return { edges, head, bucket: format.levels[at] as number, buckets, from, to: from + buckets * BUCKET_BYTES };
}

/**
 * When the chunk begins and ends.
 * @param read the head, and behind it the first time of the coarsest level, which stands behind that level's steps
 */
export function timesIn(read: Buffer): [first: number, last: number] {
  return [read.readDoubleLE(ZOOM_HEAD), read.readDoubleLE(2 * 8)];
}

export function encodeZoom(points: Columns): Buffer | null {
  const n = points.steps.length;
  if (n < WORTH_IT) return null;
  const levels: Buckets[] = [];
  for (const bucket of [...LEVELS].reverse()) {
    const [finer] = levels;
    const most = Math.ceil(n / bucket);
    levels.unshift(finer ? bucketsOf(finer, most) : bucketsOfPoints(points, most));
  }
  const edges = Buffer.alloc(4 * 8);
  const numbers = [points.values[0], points.steps[n - 1], points.times[n - 1], points.values[n - 1]] as number[];
  for (const [i, edge] of numbers.entries()) edges.writeDoubleLE(edge, i * 8);
  const columns = levels.flatMap(columnsOf).map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return Buffer.concat([edges, ...columns]);
}

/** @param zoom its head, and the bytes of the level */
export function decodeZoom(zoom: Buffer, { edges, head, buckets: n }: Level): Zoomed {
  const buckets = bucketsAt(zoom, head, n);
  if (edges < 0) return { buckets, first: null, last: null };
  const [first, step, time, last] = [0, 1, 2, 3].map((i) => zoom.readDoubleLE(edges + i * 8)) as [number, number, number, number];
  return {
    buckets,
    first: point(buckets.steps[0] as number, buckets.times[0] as number, first),
    last: point(step, time, last),
  };
}

const point = (step: number, time: number, value: number): Columns => ({
  steps: Float64Array.of(step),
  times: Float64Array.of(time),
  values: Float64Array.of(value),
});

const columnsOf = ({ steps, times, mean, min, max, weight }: Buckets) => [steps, times, mean, min, max, weight];

function bucketsAt(zoom: Buffer, from: number, n: number): Buckets {
  const all = new Float64Array((n * BUCKET_BYTES) / 8);
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
