import type { Sql } from 'postgres';
import { decodeChunk, timesRise } from './chunks.ts';
import { LEVELS, timesIn, ZOOM_HEAD } from './zoom.ts';

/** The steps between which the points of a page lie, and what else lies there. */
export interface Stretch {
  fromStep: number;
  toStep: number;
  /** Points before the stretch, in it, and of the whole series. */
  before: number;
  points: number;
  total: number;
  /** No point of the series is earlier than one of a smaller step; false where that is not known without reading all of them. */
  rises: boolean;
}

interface Page {
  runId: string;
  key: string;
  /** Points in (step, time) order that are before the page, and before its end. */
  from: number;
  to: number;
}

interface ChunkRow {
  first: number;
  last: number;
  n: number;
  flags: Buffer;
  /** What of its zoom says when it begins and ends; of a chunk without one its points; null where its zoom does not say. */
  times: Buffer | null;
  isZoom: boolean;
}

/**
 * Finds where a page of a series lies without reading its points.
 * @returns null where there is no such page, or where chunks overlap, so that only their points say what comes first
 */
export async function findStretch(sql: Sql, workspaceId: string, { runId, key, from, to }: Page): Promise<Stretch | null> {
  const chunks = await sql<ChunkRow[]>`
    select c.first_step::float8 as first, c.last_step::float8 as last, c.n, substring(c.payload from 1 for 1) as flags,
      c.zoom is not null as "isZoom",
      case when c.zoom is null then c.payload when octet_length(c.zoom) % 48 = ${ZOOM_HEAD}::int then
        substring(c.zoom from 1 for ${ZOOM_HEAD}::int)
          || substring(c.zoom from ${ZOOM_HEAD + 1}::int + 8 * ((c.n + ${(LEVELS[0] as number) - 1}::int) / ${LEVELS[0] as number}::int) for 8)
      end as times
    from series s join runs r on r.id = s.run_id and r.workspace_id = ${workspaceId} join chunks c on c.series_id = s.id
    where s.run_id = ${runId} and s.key = ${key} order by c.first_step, c.seq`;
  let total = 0;
  let found: Omit<Stretch, 'total' | 'rises'> | null = null;
  let end = Number.NEGATIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  let rises = true;
  for (const { first, last, n, ...chunk } of chunks) {
    if (first <= end) return null;
    end = last;
    if (total < to && total + n > from) {
      found ??= { fromStep: first, toStep: last, before: total, points: 0 };
      found.toStep = last;
      found.points += n;
    }
    total += n;
    const times: [first: number, last: number] | null = rises ? timesOf(chunk) : null;
    rises = times !== null && times[0] >= latest;
    latest = times?.[1] ?? latest;
  }
  return found && { ...found, total, rises };
}

/** When a chunk begins and ends, in whose points the times rise; null for any other. */
function timesOf({ flags, times, isZoom }: Pick<ChunkRow, 'flags' | 'times' | 'isZoom'>): [first: number, last: number] | null {
  if (!timesRise(flags[0] ?? 0) || times === null) return null;
  if (isZoom) return timesIn(times);
  const points = decodeChunk(times);
  return [points.times[0] as number, points.times.at(-1) as number];
}
