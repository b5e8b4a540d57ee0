/**
 * Joins the small chunks of a series in the background, so that a curve that was logged point by point is read as fast as one that came
 * at once. It changes no point; where it is cut off, the next write to the series asks for it again.
 */
import type { Logger } from 'pino';
import type { Sql } from 'postgres';
import { chunksOf, insertChunks, smallness } from './appendPoints.ts';
import { decodeChunk, SMALL_CHUNK } from './chunks.ts';
import { inOrder, joinColumns } from './columns.ts';

/** @returns how many chunks became fewer; 0 where another one is at it */
export async function joinChunks(sql: Sql, seriesId: string): Promise<number> {
  return sql.begin(async (tx) => {
    const [free] = await tx`select id from series where id = ${seriesId} for update skip locked`;
    if (!free) return 0;
    const rows = await tx<{ seq: string; payload: Buffer }[]>`
      select seq, payload from chunks where series_id = ${seriesId} and n < ${SMALL_CHUNK} order by seq`;
    if (rows.length < 2) return 0;
    const joined = chunksOf(seriesId, inOrder(joinColumns(rows.map(({ payload }) => decodeChunk(payload)))));
    await tx`delete from chunks where series_id = ${seriesId} and seq = any(${rows.map(({ seq }) => seq)}::bigint[])`;
    await insertChunks(tx, joined);
    await tx`update series set small = ${joined.reduce((sum, { n }) => sum + smallness(n), 0)} where id = ${seriesId}`;
    return rows.length - joined.length;
  });
}

export interface Joiner {
  /** Soon, one after the other. */
  add: (seriesIds: readonly string[]) => void;
  /** Finishes the one at hand and forgets the rest. */
  stop: () => Promise<void>;
}

export function createJoiner(sql: Sql, log: Logger): Joiner {
  const waiting = new Set<string>();
  let working: Promise<void> | null = null;
  let stopped = false;
  const work = async () => {
    for (const id of waiting) {
      waiting.delete(id);
      if (stopped) return;
      await joinChunks(sql, id).catch((error: unknown) => log.warn({ err: error, series: id }, 'chunks could not be joined'));
    }
  };
  return {
    add(seriesIds) {
      if (stopped) return;
      for (const id of seriesIds) waiting.add(id);
      if (waiting.size === 0) return;
      working ??= work().finally(() => {
        working = null;
      });
    },
    async stop() {
      stopped = true;
      await working;
    },
  };
}
