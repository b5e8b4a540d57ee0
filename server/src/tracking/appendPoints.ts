/**
 * Adds points to series, in the caller's transaction. What a series holds already is left out, so a batch that comes again changes nothing.
 *
 * A series knows its greatest point. A batch that lies wholly after it, which is the rule, can repeat nothing and becomes one chunk; any
 * other is compared with the chunks whose steps it overlaps.
 */
import type { Db } from '../core/context.ts';
import { type Columns, decodeChunk, encodeChunk, LARGEST_CHUNK, SMALL_CHUNK } from './chunks.ts';
import { compareValues, inOrder, joinColumns, sliceColumns, without } from './columns.ts';
import { encodeZoom } from './zoom.ts';

export interface NewPoints {
  /** 32 hex digits; the caller has seen that it is there */
  runId: string;
  experimentId: string;
  key: string;
  points: Columns;
}

/** What was new of one series. */
export interface Appended {
  runId: string;
  key: string;
  points: Columns;
}

/** A series as its row says; `last` is of its greatest point. */
export interface SeriesRow {
  id: string;
  runId: string;
  key: string;
  last: number;
  lastStep: number;
  lastTime: number;
  min: number;
  max: number;
  count: number;
  small: number;
}

export interface AppendResult {
  appended: Appended[];
  /** Series with many small chunks. */
  crowded: string[];
  /** The rows of all series that were named, as they are now. */
  rows: SeriesRow[];
}

/**
 * What a series bears before its small chunks are joined: 256 of them, or 32,768 points in fewer. A joining writes the points anew that
 * the ones before it have joined: at 64 chunks that is 320 bytes a point of a series that grows point by point, at 256 it is 80 (reckoned).
 */
export const MOST_SMALL = 256;

/** What a chunk of n points adds to that. */
export const smallness = (n: number) => (n < SMALL_CHUNK ? 1 + (n >> 7) : 0);

export const nameOf = ({ runId, key }: { runId: string; key: string }) => `${runId} ${key}`;

export function groupByName(batch: readonly NewPoints[]): Map<string, NewPoints[]> {
  const bySeries = new Map<string, NewPoints[]>();
  for (const one of batch) {
    if (one.points.steps.length === 0) continue;
    const name = nameOf(one);
    const those = bySeries.get(name);
    if (those) those.push(one);
    else bySeries.set(name, [one]);
  }
  return bySeries;
}

export async function appendPoints(db: Db, batch: readonly NewPoints[]): Promise<AppendResult> {
  const bySeries = groupByName(batch);
  if (bySeries.size === 0) return { appended: [], crowded: [], rows: [] };
  const found = await lockSeries(
    db,
    [...bySeries.values()].map(([first]) => first as NewPoints),
  );
  const rows: SeriesRow[] = [];
  const appended: Appended[] = [];
  const changed: SeriesRow[] = [];
  const newChunks: NewChunk[] = [];
  for (const row of found) {
    const given = bySeries.get(nameOf(row)) ?? [];
    const points = await onlyNew(db, row, inOrder(joinColumns(given.map((one) => one.points))));
    if (points.steps.length === 0) {
      rows.push(row);
      continue;
    }
    appended.push({ runId: row.runId, key: row.key, points });
    const pieces = chunksOf(row.id, points);
    newChunks.push(...pieces);
    const grown = grownBy(row, points, pieces);
    changed.push(grown);
    rows.push(grown);
  }
  if (changed.length > 0) await Promise.all([insertChunks(db, newChunks), updateSeries(db, changed)]);
  return { appended, crowded: changed.filter(({ small }) => small >= MOST_SMALL).map(({ id }) => id), rows };
}

/** The series' rows, made where they are not there, locked in one order for everybody. */
async function lockSeries(db: Db, wanted: NewPoints[]): Promise<SeriesRow[]> {
  const found = await lockThere(db, wanted);
  if (found.length === wanted.length) return found;
  const there = new Set(found.map(({ runId, key }) => `${runId} ${key}`));
  const missing = wanted.filter(({ runId, key }) => !there.has(`${runId} ${key}`));
  // Numbers in the order given, for a run's metrics are shown in the order in which they were first logged; rows in one order for
  // everybody, so that two writers of the same new keys do not wait for each other in a circle.
  await db`
    insert into series (id, run_id, key, experiment_id, last, last_step, last_time, min, max, count, small)
      overriding system value
    select n.id, n.run_id, n.key, n.experiment_id, 'NaN', 0, 0, 'NaN', 'NaN', 0, 0
    from (
      select nextval(pg_get_serial_sequence('series', 'id')) as id, w.run_id, w.key, w.experiment_id
      from unnest(${missing.map(({ runId }) => runId)}::uuid[], ${missing.map(({ key }) => key)}::text[],
        ${missing.map(({ experimentId }) => experimentId)}::bigint[]) as w (run_id, key, experiment_id)
    ) n
    order by n.run_id, n.key
    on conflict (run_id, key) do nothing`;
  return [...found, ...(await lockThere(db, missing))];
}

function lockThere(db: Db, wanted: NewPoints[]): Promise<SeriesRow[]> {
  return db<SeriesRow[]>`
    select s.id, replace(s.run_id::text, '-', '') as "runId", s.key, s.last, s.last_step::float8 as "lastStep",
      s.last_time::float8 as "lastTime", s.min, s.max, s.count::float8 as count, s.small
    from unnest(${wanted.map(({ runId }) => runId)}::uuid[], ${wanted.map(({ key }) => key)}::text[]) as w (run_id, key)
    join series s on s.run_id = w.run_id and s.key = w.key
    order by s.id for update of s`.then((rows) => [...rows]);
}

/** Points in order that begin after all that the series holds can repeat nothing. */
export function isAfter({ count, last, lastStep, lastTime }: SeriesRow, points: Columns, at: number): boolean {
  if (count === 0) return true;
  const step = points.steps[at] as number;
  if (step !== lastStep) return step > lastStep;
  const time = points.times[at] as number;
  if (time !== lastTime) return time > lastTime;
  return compareValues(last, points.values[at] as number) < 0;
}

async function onlyNew(db: Db, row: SeriesRow, points: Columns): Promise<Columns> {
  if (isAfter(row, points, 0)) return points;
  const chunks = await db<{ payload: Buffer }[]>`
    select payload from chunks where series_id = ${row.id}
      and last_step >= ${points.steps[0] as number}::bigint and first_step <= ${points.steps.at(-1) as number}::bigint`;
  return chunks.length === 0 ? points : without(points, inOrder(joinColumns(chunks.map(({ payload }) => decodeChunk(payload)))));
}

/** The row with these points, which are all new to it and lie in these chunks. */
export function grownBy(row: SeriesRow, points: Columns, chunks: readonly NewChunk[]): SeriesRow {
  const end = points.steps.length - 1;
  let { min, max, small } = row;
  for (const value of points.values) {
    if (!Number.isFinite(value)) continue;
    if (!(value >= min)) min = value; // also where it was NaN
    if (!(value <= max)) max = value;
  }
  for (const { n } of chunks) small += smallness(n);
  const grown = { ...row, min, max, small, count: row.count + points.steps.length };
  if (!isAfter(row, points, end)) return grown;
  grown.last = points.values[end] as number;
  grown.lastStep = points.steps[end] as number;
  grown.lastTime = points.times[end] as number;
  return grown;
}

export interface NewChunk {
  seriesId: string;
  firstStep: number;
  lastStep: number;
  n: number;
  payload: Buffer;
  zoom: Buffer | null;
}

/** Points in order, as chunks of at most LARGEST_CHUNK. */
export function chunksOf(seriesId: string, points: Columns): NewChunk[] {
  const chunks: NewChunk[] = [];
  for (let from = 0; from < points.steps.length; from += LARGEST_CHUNK) {
    const piece = sliceColumns(points, from, from + LARGEST_CHUNK);
    const { steps } = piece;
    chunks.push({
      seriesId,
      firstStep: steps[0] as number,
      lastStep: steps.at(-1) as number,
      n: steps.length,
      payload: encodeChunk(piece),
      zoom: encodeZoom(piece),
    });
  }
  return chunks;
}

/** All bytes travel as one parameter and are cut apart there: in an array each would be escaped and searched for quotes first. */
export async function insertChunks(db: Db, chunks: readonly NewChunk[]): Promise<void> {
  await db`
    with ${given(db, chunks)}
    insert into chunks (series_id, first_step, last_step, n, payload, zoom)
    select c.series_id, c.first_step, c.last_step, c.n, c.payload, c.zoom from c`;
}

/** The chunks as a table `c` for a statement's WITH. */
export function given(db: Db, chunks: readonly NewChunk[]) {
  const pieces: Buffer[] = [];
  const offsets: number[] = [];
  let at = 1; // SQL counts from one
  for (const { payload, zoom } of chunks) {
    offsets.push(at);
    pieces.push(payload);
    if (zoom) pieces.push(zoom);
    at += payload.length + (zoom?.length ?? 0);
  }
  return db`
    bytes as materialized (select ${Buffer.concat(pieces)}::bytea as b),
    c as (
      select c.series_id, c.first_step, c.last_step, c.n, substring(b from c.at for c.size) as payload,
        case when c.zoom_size > 0 then substring(b from c.at + c.size for c.zoom_size) end as zoom
      from bytes, unnest(${array(chunks.map(({ seriesId }) => seriesId))}::text::bigint[],
        ${array(chunks.map(({ firstStep }) => firstStep))}::text::bigint[], ${array(chunks.map(({ lastStep }) => lastStep))}::text::bigint[],
        ${array(chunks.map(({ n }) => n))}::text::int[], ${array(offsets)}::text::int[],
        ${array(chunks.map(({ payload }) => payload.length))}::text::int[],
        ${array(chunks.map(({ zoom }) => zoom?.length ?? 0))}::text::int[])
        as c (series_id, first_step, last_step, n, at, size, zoom_size)
    )`;
}

/** Numbers as Postgres writes an array of them: what the driver does for each element took longer than the statement. */
export const array = (numbers: readonly (number | string)[]) => `{${numbers.join(',')}}`;

async function updateSeries(db: Db, rows: readonly SeriesRow[]): Promise<void> {
  await db`
    update series s set last = n.last, last_step = n.last_step, last_time = n.last_time, min = n.min, max = n.max, count = n.count,
      small = n.small
    from unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ last }) => last)}::float8[],
      ${rows.map(({ lastStep }) => lastStep)}::bigint[], ${rows.map(({ lastTime }) => lastTime)}::bigint[],
      ${rows.map(({ min }) => min)}::float8[], ${rows.map(({ max }) => max)}::float8[], ${rows.map(({ count }) => count)}::bigint[],
      ${rows.map(({ small }) => small)}::int[]) as n (id, last, last_step, last_time, min, max, count, small)
    where s.id = n.id`;
}
