/** Reads series: every point where they are few, else buckets with their mean and band, from the zoom that each chunk keeps. */
import type { History, HistoryInput } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import type { Sql } from 'postgres';
import type { Db } from '../core/context.ts';
import { array } from './appendPoints.ts';
import { decodeChunk } from './chunks.ts';
import { withinSteps } from './columns.ts';
import { type Curve, type CurvePart, curveOf, ofPoints, ofZoom } from './curves.ts';
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
  if (bytes.size < wanted.length) return null;
  return series.map((parts) => {
    const { runId, key } = (parts[0] as Wanted).chunk;
    return curveOf(
      runId,
      key,
      parts.flatMap((one) => partOf(one, bytes, from, to) ?? []),
      input.maxPoints,
    );
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

async function readBytes(db: Db, wanted: readonly Wanted[]): Promise<Map<string, Buffer>> {
  if (wanted.length === 0) return new Map();
  const rows = await db<{ seq: string; bytes: Buffer }[]>`
    select w.seq, case when w.zoom_bytes > 0 then substring(c.zoom from 1 for w.zoom_bytes) else c.payload end as bytes
    from unnest(${array(wanted.map(({ chunk }) => chunk.seriesId))}::text::bigint[], ${array(wanted.map(({ chunk }) => chunk.seq))}::text::bigint[],
      ${array(wanted.map(({ level }) => level?.to ?? 0))}::text::int[]) as w (series_id, seq, zoom_bytes)
    join chunks c on c.series_id = w.series_id and c.seq = w.seq`;
  return new Map(rows.map(({ seq, bytes }) => [seq, bytes]));
}

function partOf({ chunk, level }: Wanted, bytes: ReadonlyMap<string, Buffer>, from: number, to: number): CurvePart | null {
  const read = bytes.get(chunk.seq) as Buffer;
  return level ? ofZoom(read, chunk.n, level) : ofPoints(withinSteps(decodeChunk(read), from, to));
}
