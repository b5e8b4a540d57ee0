import type { Sql } from 'postgres';

/** The steps between which the points of a page lie, and what else lies there. */
export interface Stretch {
  fromStep: number;
  toStep: number;
  /** Points before the stretch, in it, and of the whole series. */
  before: number;
  points: number;
  total: number;
}

interface Page {
  runId: string;
  key: string;
  /** Points in (step, time) order that are before the page, and before its end. */
  from: number;
  to: number;
}

/**
 * Finds where a page of a series lies without reading its points.
 * @returns null where there is no such page, or where chunks overlap, so that only their points say what comes first
 */
export async function findStretch(sql: Sql, workspaceId: string, { runId, key, from, to }: Page): Promise<Stretch | null> {
  const chunks = await sql<{ first: number; last: number; n: number }[]>`
    select c.first_step::float8 as first, c.last_step::float8 as last, c.n
    from series s join runs r on r.id = s.run_id and r.workspace_id = ${workspaceId} join chunks c on c.series_id = s.id
    where s.run_id = ${runId} and s.key = ${key} order by c.first_step, c.seq`;
  let total = 0;
  let found: Omit<Stretch, 'total'> | null = null;
  let end = Number.NEGATIVE_INFINITY;
  for (const { first, last, n } of chunks) {
    if (first <= end) return null;
    end = last;
    if (total < to && total + n > from) {
      found ??= { fromStep: first, toStep: last, before: total, points: 0 };
      found.toStep = last;
      found.points += n;
    }
    total += n;
  }
  return found && { ...found, total };
}
