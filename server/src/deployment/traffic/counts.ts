/** What the hosts counted of a release. */
import type { Db } from '../../core/context.ts';

export interface ReleaseCounts {
  requests: number;
  rows: number;
  serverErrors: number;
  /** By bins, see predictionLog/latencies.ts. */
  latencies: number[];
  compared: number;
  differing: number;
  failed: number;
}

export const noCounts = (): ReleaseCounts => ({
  requests: 0,
  rows: 0,
  serverErrors: 0,
  latencies: [],
  compared: 0,
  differing: 0,
  failed: 0,
});

/** From `since` on, in ms; of several releases together. */
export async function countsOf(db: Db, endpointId: string, releaseIds: readonly string[], since = 0): Promise<ReleaseCounts> {
  if (releaseIds.length === 0) return noCounts();
  const chosen = db`
    select * from traffic_counts where endpoint_id = ${endpointId} and release_id = any(${[...releaseIds]}::uuid[]) and at >= ${since}::float8`;
  const [sums] = await db<Omit<ReleaseCounts, 'latencies'>[]>`
    select coalesce(sum(requests), 0)::float8 as requests, coalesce(sum(rows), 0)::float8 as rows,
      coalesce(sum(server_errors), 0)::float8 as "serverErrors", coalesce(sum(compared), 0)::float8 as compared,
      coalesce(sum(differing), 0)::float8 as differing, coalesce(sum(failed), 0)::float8 as failed
    from (${chosen}) c`;
  const bins = await db<{ bin: number; count: number }[]>`
    select l.place::int - 1 as bin, sum(l.count)::float8 as count
    from (${chosen}) c, unnest(c.latencies) with ordinality as l (count, place) group by 1 order by 1`;
  return { ...noCounts(), ...sums, latencies: bins.map(({ count }) => count) };
}

/** Counts by bins of each column, added up over hours. */
export async function spreadOf(
  db: Db,
  releaseIds: readonly string[],
  { since = 0, until = Number.MAX_SAFE_INTEGER, kind }: { since?: number; until?: number; kind?: 'feature' | 'prediction' },
): Promise<{ kind: 'feature' | 'prediction'; name: string; missing: number; counts: number[] }[]> {
  if (releaseIds.length === 0) return [];
  const chosen = db`
    select * from spread_counts where release_id = any(${[...releaseIds]}::uuid[]) and at >= ${since}::float8 and at < ${until}::float8
      ${kind === undefined ? db`` : db`and kind = ${kind}`}`;
  const missing = await db<{ kind: 'feature' | 'prediction'; name: string; missing: number }[]>`
    select kind, name, sum(missing)::float8 as missing from (${chosen}) c group by kind, name order by kind, name`;
  const bins = await db<{ kind: string; name: string; bin: number; count: number }[]>`
    select kind, name, l.place::int - 1 as bin, sum(l.count)::float8 as count
    from (${chosen}) c, unnest(c.counts) with ordinality as l (count, place) group by 1, 2, 3 order by 3`;
  const byColumn = new Map<string, number[]>();
  for (const { kind: of, name, count } of bins) {
    const key = `${of} ${name}`;
    const counts = byColumn.get(key) ?? [];
    byColumn.set(key, counts);
    counts.push(count);
  }
  return missing.map((column) => ({ ...column, counts: byColumn.get(`${column.kind} ${column.name}`) ?? [] }));
}
