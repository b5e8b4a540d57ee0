/** Reads series: every point where they are few, else buckets with their mean and band, from the zoom that each chunk keeps. */
import type { Curve, History, HistoryInput } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import type { Sql } from 'postgres';
import type { Db } from '../core/context.ts';
import { array } from './appendPoints.ts';
import { decodeChunk } from './chunks.ts';
import { withinSteps } from './columns.ts';
import { type CurvePart, curveOf, ofPoints, ofZoom } from './curves.ts';
import { LEVELS, type Level, levelOf } from './zoom.ts';

interface ChunkRow {
  runId: string;
  key: string;
  seriesId: string;
  seq: string;
  firstStep: number;
  lastStep: number;
  n: number;
  /** bytes; 0 where it has none */
  zoomBytes: number;
}

/** What of a chunk is read: a level of its zoom, null: its points. */
interface Wanted {
  chunk: ChunkRow;
  level: Level | null;
}

/** Only series that are there; a run or key that is not is left out. */
export async function readHistory(sql: Sql, workspaceId: string, input: HistoryInput): Promise<History[]> {
  return (await readCurves(sql, workspaceId, input)).map(({ steps, times, values, min, max, ...rest }) => ({
    ...rest,
    steps: Array.from(steps),
    times: Array.from(times),
    values: Array.from(values, toWire),
    ...(min && max ? { min: Array.from(min, toWire), max: Array.from(max, toWire) } : {}),
  }));
}

/** The same in columns of floats. */
export async function readCurves(sql: Sql, workspaceId: string, input: HistoryInput): Promise<Curve[]> {
  const from = input.fromStep ?? Number.MIN_SAFE_INTEGER;
  const to = input.toStep ?? Number.MAX_SAFE_INTEGER;
  const read = (db: Db) => readOnce(db, workspaceId, input, from, to);
  // Between the two queries small chunks may be joined, and are missing then: only within a transaction both see the same ones. It costs
  // two more round trips, and is rarely needed.
  return (await read(sql)) ?? ((await sql.begin('isolation level repeatable read read only', read)) as Curve[]);
}

/** Null where a chunk went before it was read; chunks never change otherwise. */
async function readOnce(db: Db, workspaceId: string, input: HistoryInput, from: number, to: number): Promise<Curve[] | null> {
  const chunks = groupBySeries(await findChunks(db, workspaceId, input, from, to));
  const series = chunks.map((one) => wantedOf(one, input.maxPoints, from, to));
  const wanted = series.flat();
  const bytes = await readBytes(db, wanted);
  if (!bytes) return null;
  let at = 0;
  return series.map((wanted) => {
    const { runId, key } = (wanted[0] as Wanted).chunk;
    const parts = wanted.flatMap((one) => partOf(one, bytes[at++] as Buffer, from, to) ?? []);
    return curveOf(runId, key, parts, input.maxPoints);
  });
}

async function findChunks(db: Db, workspaceId: string, { runIds, keys }: HistoryInput, from: number, to: number): Promise<ChunkRow[]> {
  return db<ChunkRow[]>`
    select replace(s.run_id::text, '-', '') as "runId", s.key, s.id as "seriesId", c.seq, c.first_step::float8 as "firstStep",
      c.last_step::float8 as "lastStep", c.n, coalesce(octet_length(c.zoom), 0) as "zoomBytes"
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

/** The largest buckets of which there are enough; chunks that a bound cuts are read whole. */
function wantedOf(chunks: readonly ChunkRow[], maxPoints: number, from: number, to: number): Wanted[] {
  const total = chunks.reduce((sum, { n }) => sum + n, 0);
  const bucket = LEVELS.find((one) => total / one >= maxPoints) ?? 1;
  const greatest = chunks.reduce((last, one) => (one.lastStep >= last.lastStep ? one : last));
  return chunks.map((chunk) => {
    const isCut = chunk.firstStep < from || chunk.lastStep > to;
    if (bucket === 1 || isCut || chunk.zoomBytes === 0) return { chunk, level: null };
    const level = levelOf(chunk.zoomBytes, chunk.n, bucket);
    // An old zoom says nothing of its edges.
    const isEdge = chunk === chunks[0] || chunk === greatest;
    return { chunk, level: level.edges < 0 && isEdge ? null : level };
  });
}

/** In their order; null where one of them is not there any more. */
async function readBytes(db: Db, wanted: readonly Wanted[]): Promise<Buffer[] | null> {
  if (wanted.length === 0) return [];
  const column = (of: (one: Wanted) => number | string) => array(wanted.map(of));
  const rows = await db`
    select w.place::int4, case when w.size > 0 then substring(c.zoom from 1 for w.head) || substring(c.zoom from w.first for w.size)
      else c.payload end as bytes
    from unnest(${column(({ chunk }) => chunk.seriesId)}::text::bigint[], ${column(({ chunk }) => chunk.seq)}::text::bigint[],
      ${column(({ level }) => level?.head ?? 0)}::text::int[], ${column(({ level }) => (level?.from ?? 0) + 1)}::text::int[],
      ${column(({ level }) => (level ? level.to - level.from : 0))}::text::int[]) with ordinality as w (series_id, seq, head, first, size, place)
    join chunks c on c.series_id = w.series_id and c.seq = w.seq`.raw();
  const bytes: Buffer[] = new Array(wanted.length);
  for (const [place, read] of rows as unknown as [Buffer, Buffer][]) bytes[place.readInt32BE() - 1] = read;
  return rows.length === wanted.length ? bytes : null;
}

function partOf({ chunk, level }: Wanted, read: Buffer, from: number, to: number): CurvePart | null {
  return level ? ofZoom(read, chunk.n, level) : ofPoints(withinSteps(decodeChunk(read), from, to));
}
