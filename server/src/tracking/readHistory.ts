/** Reads series: every point where they are few, else buckets with their mean and band, from the zoom that each chunk keeps. */
import type { History, HistoryInput } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import type { Sql } from 'postgres';
import type { Db } from '../core/context.ts';
import { type Columns, decodeChunk } from './chunks.ts';
import { inOrder, joinColumns, sliceColumns, withinSteps } from './columns.ts';
import { BUCKET, type Buckets, bucketsOf, decodeZoom, pointsAsBuckets } from './zoom.ts';

interface ChunkRow {
  runId: string;
  key: string;
  seriesId: string;
  seq: string;
  firstStep: number;
  lastStep: number;
  n: number;
  hasZoom: boolean;
}

/** Only series that are there; a run or key that is not is left out. */
export async function readHistory(sql: Sql, workspaceId: string, input: HistoryInput): Promise<History[]> {
  // Two queries must see the same chunks: in between, small ones may be joined.
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const from = input.fromStep ?? Number.MIN_SAFE_INTEGER;
    const to = input.toStep ?? Number.MAX_SAFE_INTEGER;
    const series = groupBySeries(await findChunks(tx, workspaceId, input, from, to));
    const wanted = series.flatMap((chunks) =>
      chunks.map((chunk) => ({ chunk, fromZoom: readsZoom(chunks, chunk, input.maxPoints, from, to) })),
    );
    const bytes = await readBytes(tx, wanted);
    return series.map((chunks) => historyOf(chunks, bytes, { ...input, from, to }));
  });
}

async function findChunks(db: Db, workspaceId: string, { runIds, keys }: HistoryInput, from: number, to: number): Promise<ChunkRow[]> {
  return db<ChunkRow[]>`
    select replace(s.run_id::text, '-', '') as "runId", s.key, s.id as "seriesId", c.seq, c.first_step::float8 as "firstStep",
      c.last_step::float8 as "lastStep", c.n, c.zoom is not null as "hasZoom"
    from unnest(${runIds}::uuid[]) with ordinality as w (run_id, place)
    join runs r on r.id = w.run_id and r.workspace_id = ${workspaceId}
    join series s on s.run_id = r.id and s.key = any(${keys}::text[])
    join chunks c on c.series_id = s.id and c.last_step >= ${from}::bigint and c.first_step <= ${to}::bigint
    order by w.place, s.key, s.id, c.first_step, c.seq`;
}

function groupBySeries(rows: readonly ChunkRow[]): ChunkRow[][] {
  const groups: ChunkRow[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0]?.seriesId === row.seriesId) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

const countOf = (chunks: readonly ChunkRow[]) => chunks.reduce((sum, { n }) => sum + n, 0);

/** The edges are read whole: the first and the last point are always shown as they are. */
function readsZoom(chunks: readonly ChunkRow[], chunk: ChunkRow, maxPoints: number, from: number, to: number): boolean {
  if (!chunk.hasZoom || countOf(chunks) / BUCKET < maxPoints) return false;
  if (chunk.firstStep < from || chunk.lastStep > to) return false;
  return chunk !== chunks[0] && chunk !== chunks.reduce((last, one) => (one.lastStep >= last.lastStep ? one : last));
}

type Wanted = { chunk: ChunkRow; fromZoom: boolean };
type Bytes = Map<string, { fromZoom: boolean; bytes: Buffer }>;

async function readBytes(db: Db, wanted: readonly Wanted[]): Promise<Bytes> {
  const rows = await db<{ seq: string; fromZoom: boolean; bytes: Buffer }[]>`
    select w.seq, w.from_zoom = 1 as "fromZoom", case when w.from_zoom = 1 then c.zoom else c.payload end as bytes
    from unnest(${wanted.map(({ chunk }) => chunk.seriesId)}::bigint[], ${wanted.map(({ chunk }) => chunk.seq)}::bigint[],
      ${wanted.map(({ fromZoom }) => Number(fromZoom))}::int[]) as w (series_id, seq, from_zoom)
    join chunks c on c.series_id = w.series_id and c.seq = w.seq`;
  return new Map(rows.map(({ seq, fromZoom, bytes }) => [seq, { fromZoom, bytes }]));
}

function historyOf(
  chunks: readonly ChunkRow[],
  bytes: Bytes,
  { maxPoints, from, to }: HistoryInput & { from: number; to: number },
): History {
  const { runId, key } = chunks[0] as ChunkRow;
  const whole: Columns[] = [];
  const zoomed: Buckets[] = [];
  let total = 0;
  for (const chunk of chunks) {
    const read = bytes.get(chunk.seq);
    if (!read) continue;
    if (read.fromZoom) {
      zoomed.push(decodeZoom(read.bytes));
      total += chunk.n;
    } else {
      const points = withinSteps(decodeChunk(read.bytes), from, to);
      whole.push(points);
      total += points.steps.length;
    }
  }
  const points = inOrder(joinColumns(whole));
  if (zoomed.length === 0 && total <= maxPoints)
    return { runId, key, ...asWire(points.steps, points.times, points.values), total, sampled: false };
  return { runId, key, ...sampledOf(points, zoomed, maxPoints), total, sampled: true };
}

function sampledOf(points: Columns, zoomed: readonly Buckets[], maxPoints: number) {
  const end = points.steps.length - 1;
  if (end < 1) {
    // The bounds lie between the points of the edges.
    const { steps, times, mean, min, max } = bucketsOf(joinBuckets(amid(pointsAsBuckets(points), zoomed)), maxPoints);
    return { ...asWire(steps, times, mean), min: Array.from(min, toWire), max: Array.from(max, toWire) };
  }
  const [first, last] = [edge(points, 0), edge(points, end)];
  const inner = joinBuckets(amid(pointsAsBuckets(sliceColumns(points, 1, end)), zoomed));
  const { steps, times, mean, min, max } = joinBuckets([first, bucketsOf(inner, Math.max(0, maxPoints - 2)), last]);
  // A bucket hides a value that is not finite; at the edges it is the point itself.
  mean[0] = points.values[0] as number;
  mean[mean.length - 1] = points.values[end] as number;
  return { ...asWire(steps, times, mean), min: Array.from(min, toWire), max: Array.from(max, toWire) };
}

const edge = (points: Columns, at: number): Buckets => pointsAsBuckets(sliceColumns(points, at, at + 1));

/** Cuts the points where a zoomed chunk begins, so that parts which do not overlap, the rule, are in order as they stand. */
function amid(points: Buckets, zoomed: readonly Buckets[]): Buckets[] {
  const parts: Buckets[] = [];
  let from = 0;
  for (const chunk of [...zoomed].sort((a, b) => compareBuckets(a, 0, b, 0))) {
    let to = from;
    while (to < points.steps.length && compareBuckets(points, to, chunk, 0) <= 0) to++;
    parts.push(sliceBuckets(points, from, to), chunk);
    from = to;
  }
  return [...parts, sliceBuckets(points, from, points.steps.length)];
}

const compareBuckets = (a: Buckets, i: number, b: Buckets, j: number) =>
  (a.steps[i] as number) - (b.steps[j] as number) || (a.times[i] as number) - (b.times[j] as number);

function sliceBuckets({ steps, times, mean, min, max, weight }: Buckets, from: number, to: number): Buckets {
  const cut = (column: Float64Array) => column.subarray(from, to);
  return { steps: cut(steps), times: cut(times), mean: cut(mean), min: cut(min), max: cut(max), weight: cut(weight) };
}

/** In step order; those of chunks that overlap are put between each other. */
function joinBuckets(parts: readonly Buckets[]): Buckets {
  const length = parts.reduce((sum, { steps }) => sum + steps.length, 0);
  const column = (name: keyof Buckets) => {
    const joined = new Float64Array(length);
    let at = 0;
    for (const part of parts) {
      joined.set(part[name], at);
      at += part[name].length;
    }
    return joined;
  };
  const joined: Buckets = {
    steps: column('steps'),
    times: column('times'),
    mean: column('mean'),
    min: column('min'),
    max: column('max'),
    weight: column('weight'),
  };
  const rows = rowsInOrder(joined);
  if (!rows) return joined;
  const ordered = (name: keyof Buckets) => {
    const from = joined[name];
    const sorted = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) sorted[i] = from[rows[i] as number] as number;
    return sorted;
  };
  return {
    steps: ordered('steps'),
    times: ordered('times'),
    mean: ordered('mean'),
    min: ordered('min'),
    max: ordered('max'),
    weight: ordered('weight'),
  };
}

/** Null where they are in order. */
function rowsInOrder(buckets: Buckets): Uint32Array | null {
  const { length } = buckets.steps;
  for (let i = 1; i < length; i++) {
    if (compareBuckets(buckets, i - 1, buckets, i) > 0)
      return new Uint32Array(length).map((_, row) => row).sort((a, b) => compareBuckets(buckets, a, buckets, b));
  }
  return null;
}

function asWire(steps: Float64Array, times: Float64Array, values: Float64Array) {
  return { steps: Array.from(steps), times: Array.from(times), values: Array.from(values, toWire) };
}
