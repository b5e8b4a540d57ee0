/**
 * Every point of series, in pieces: several short series at once, a long one stretch by stretch. What is held does not grow with how many
 * points there are.
 */
import type { Sql } from 'postgres';
import type { Columns } from './chunks.ts';
import { readCurves } from './readHistory.ts';

/** Points that are read and held at once. */
export const HELD = 262_144;

export interface Pieces {
  runId: string;
  /** More than are held at once: nothing is read before it is asked for. */
  isLong: boolean;
  /** In (step, time) order, each point once; may be asked for again, and is then read again. */
  read: () => AsyncIterable<Columns>;
}

export interface PiecesInput {
  runIds: readonly string[];
  key: string;
  fromStep?: number | undefined;
  toStep?: number | undefined;
}

/** One after the other in the order of the ids, which are each there once; runs that have no such series are left out. */
export async function* readPieces(sql: Sql, workspaceId: string, { runIds, key, ...bounds }: PiecesInput): AsyncGenerator<Pieces> {
  const { fromStep = Number.MIN_SAFE_INTEGER, toStep = Number.MAX_SAFE_INTEGER } = bounds;
  const series = await sql<{ id: string; runId: string; points: number }[]>`
    select s.id, replace(s.run_id::text, '-', '') as "runId", (
      select coalesce(sum(c.n), 0)::float8 from chunks c
      where c.series_id = s.id and c.last_step >= ${fromStep}::bigint and c.first_step <= ${toStep}::bigint) as points
    from unnest(${[...runIds]}::uuid[]) with ordinality as w (run_id, place)
    join runs r on r.id = w.run_id and r.workspace_id = ${workspaceId}
    join series s on s.run_id = r.id and s.key = ${key}
    order by w.place`;
  const read = (ids: string[], from: number, to: number) =>
    readCurves(sql, workspaceId, { runIds: ids, keys: [key], fromStep: from, toStep: to, maxPoints: Number.MAX_SAFE_INTEGER });

  async function* stretched(seriesId: string, runId: string): AsyncGenerator<Columns> {
    for await (const [from, to] of stretches(sql, seriesId, fromStep, toStep)) yield* await read([runId], from, to);
  }

  for (let at = 0; at < series.length; ) {
    const { id, runId, points } = series[at] as (typeof series)[number];
    if (points > HELD) {
      yield { runId, isLong: true, read: () => stretched(id, runId) };
      at += 1;
      continue;
    }
    const together: string[] = [];
    for (let held = 0; at < series.length; at++) {
      const next = series[at] as (typeof series)[number];
      held += next.points;
      if (held > HELD) break;
      together.push(next.runId);
    }
    for (const curve of await read(together, fromStep, toStep)) yield { runId: curve.runId, isLong: false, read: () => once(curve) };
  }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** Bounds in steps, both included, between which a series has some `HELD` points. */
export async function* stretches(
  sql: Sql,
  seriesId: string,
  fromStep = Number.MIN_SAFE_INTEGER,
  toStep = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<[from: number, to: number]> {
  const chunks = await sql<{ first: number; n: number }[]>`
    select first_step::float8 as first, n from chunks
    where series_id = ${seriesId} and last_step >= ${fromStep}::bigint and first_step <= ${toStep}::bigint
    order by first_step, seq`;
  let from = fromStep;
  let held = 0;
  for (const { first, n } of chunks) {
    if (held >= HELD && first > from) {
      yield [from, first - 1];
      from = first;
      held = 0;
    }
    held += n;
  }
  yield [from, toStep];
}
