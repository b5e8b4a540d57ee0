/**
 * A curve for the screen from the parts of a series: chunks of points, and zooms of chunks. Where every point has room it is all points in
 * order, each once; else buckets, of which the first shows the curve's first point and the last one its last, as they are.
 */
import type { Curve } from '@cellkeep/schema/tracking';
import type { Columns } from './chunks.ts';
import { comparePoints, inOrder, joinColumns } from './columns.ts';
import { type Buckets, bucketsOf, bucketsOfPoints, decodeZoom, emptyBuckets, type Level } from './zoom.ts';

/** What was read of one chunk. */
export interface CurvePart {
  /** Points that it stands for. */
  n: number;
  points: Columns | null;
  buckets: Buckets | null;
  /** Points in one bucket. */
  bucket: number;
  /** One point each; null where it is not known. */
  first: Columns | null;
  last: Columns | null;
}

/** @returns null for none */
export function ofPoints(points: Columns): CurvePart | null {
  const n = points.steps.length;
  if (n === 0) return null;
  return { n, points, buckets: null, bucket: 1, first: pointAt(points, 0), last: pointAt(points, n - 1) };
}

export function ofZoom(zoom: Buffer, n: number, level: Level): CurvePart {
  return { n, points: null, bucket: level.bucket, ...decodeZoom(zoom, level) };
}

function pointAt({ steps, times, values }: Columns, at: number): Columns {
  return { steps: steps.subarray(at, at + 1), times: times.subarray(at, at + 1), values: values.subarray(at, at + 1) };
}

export function curveOf(runId: string, key: string, parts: readonly CurvePart[], maxPoints: number): Curve {
  const total = parts.reduce((sum, { n }) => sum + n, 0);
  const isWhole = parts.every(({ points }) => points !== null);
  const points = isWhole ? inOrder(joinColumns(parts.map((part) => part.points as Columns))) : null;
  if (points && total <= maxPoints) return { runId, key, ...points, total, sampled: false };
  const buckets = points ? bucketsOfPoints(points, maxPoints) : bucketsOf(joinBuckets(parts), maxPoints);
  const [first, last] = edgesOf(parts);
  const end = buckets.steps.length - 1;
  if (first) buckets.mean[0] = first.values[0] as number;
  if (last) {
    buckets.steps[end] = last.steps[0] as number;
    buckets.times[end] = last.times[0] as number;
    buckets.mean[end] = last.values[0] as number;
  }
  const { steps, times, mean: values, min, max } = buckets;
  return { runId, key, steps, times, values, min, max, total, sampled: true };
}

function edgesOf(parts: readonly CurvePart[]): [first: Columns | null, last: Columns | null] {
  let [first, last]: (Columns | null)[] = [null, null];
  for (const part of parts) {
    if (part.first && (!first || comparePoints(part.first, 0, first, 0) < 0)) first = part.first;
    if (part.last && (!last || comparePoints(part.last, 0, last, 0) > 0)) last = part.last;
  }
  return [first ?? null, last ?? null];
}

/** In step order. Points come in buckets as large as those of the zooms beside them, so that each row of the curve stands for as many. */
function joinBuckets(parts: readonly CurvePart[]): Buckets {
  const size = parts.reduce((most, { bucket }) => Math.max(most, bucket), 1);
  const each = parts.map(
    ({ points, buckets }) => buckets ?? bucketsOfPoints(points as Columns, Math.ceil((points as Columns).steps.length / size)),
  );
  const joined = emptyBuckets(each.reduce((sum, { steps }) => sum + steps.length, 0));
  const names = Object.keys(joined) as (keyof Buckets)[];
  let at = 0;
  for (const part of each) {
    for (const name of names) joined[name].set(part[name], at);
    at += part.steps.length;
  }
  const rows = rowsInOrder(joined);
  if (!rows) return joined;
  const ordered = emptyBuckets(rows.length);
  for (const name of names) for (let i = 0; i < rows.length; i++) ordered[name][i] = joined[name][rows[i] as number] as number;
  return ordered;
}

const compareBuckets = (buckets: Buckets, i: number, j: number) =>
  (buckets.steps[i] as number) - (buckets.steps[j] as number) || (buckets.times[i] as number) - (buckets.times[j] as number);

/** Null where they are in order. */
function rowsInOrder(buckets: Buckets): Uint32Array | null {
  const { length } = buckets.steps;
  for (let i = 1; i < length; i++) {
    if (compareBuckets(buckets, i - 1, i) > 0)
      return new Uint32Array(length).map((_, row) => row).sort((a, b) => compareBuckets(buckets, a, b));
  }
  return null;
}
