/**
 * Adds counters to the database: traffic by ten seconds, spread by the hour, and from the step of a canary on apart: what it answers is
 * compared with what the live ones answer in the same time. What could not be added is added with the next.
 */
import type { Sql } from 'postgres';
import { addTraffic, type ReleaseCounters, type SpreadColumn, type Traffic } from './counters.ts';

/** ms */
const TRAFFIC_STEP = 10_000;
const SPREAD_STEP = 3_600_000;
/** Buckets that are kept while the database is away: then the newest holds more than its time. */
const MOST_WAITING = 2_000;

type Spread = Omit<SpreadColumn, 'bins'>;

export interface CountRecorder {
  /** Takes what the counters have. @param step when the endpoint's canary began its step; 0: it has none */
  take: (releaseId: string, counters: ReleaseCounters, now: number, step: number) => void;
  /** @throws where the database is away */
  flush: () => Promise<void>;
}

interface TrafficBucket {
  releaseId: string;
  at: number;
  traffic: Traffic;
}

interface SpreadBucket {
  releaseId: string;
  at: number;
  spread: Spread;
}

export function createCountRecorder(sql: Sql, endpointId: string): CountRecorder {
  let traffic = new Map<string, TrafficBucket>();
  let spread = new Map<string, SpreadBucket>();
  let flushing: Promise<void> | null = null;

  const addOne = (bucket: TrafficBucket) => {
    const key = `${bucket.releaseId} ${traffic.size >= MOST_WAITING ? '' : bucket.at}`;
    const there = traffic.get(key);
    if (there) addTraffic(there.traffic, bucket.traffic);
    else traffic.set(key, bucket);
  };
  const addSpread = (bucket: SpreadBucket) => {
    const { kind, name } = bucket.spread;
    const key = `${bucket.releaseId} ${spread.size >= MOST_WAITING * 10 ? '' : bucket.at} ${kind} ${name}`;
    const there = spread.get(key);
    if (!there) {
      spread.set(key, bucket);
      return;
    }
    there.spread.missing += bucket.spread.missing;
    bucket.spread.counts.forEach((count, i) => {
      there.spread.counts[i] = (there.spread.counts[i] ?? 0) + count;
    });
  };

  async function write(): Promise<void> {
    const [rows, columns] = [[...traffic.values()], [...spread.values()]];
    if (rows.length === 0 && columns.length === 0) return;
    traffic = new Map();
    spread = new Map();
    try {
      await sql.begin(async (tx) => {
        // In one order for every host: two that add up the same rows would wait for each other.
        for (const bucket of rows.sort((a, b) => order(a, b))) await addToTraffic(tx as unknown as Sql, endpointId, bucket);
        if (columns.length > 0) await addToSpread(tx as unknown as Sql, columns.sort(orderOfSpread));
      });
    } catch (error) {
      for (const bucket of rows) addOne(bucket);
      for (const bucket of columns) addSpread(bucket);
      throw error;
    }
  }

  return {
    take(releaseId, counters, now, step) {
      const taken = counters.takeTraffic();
      if (taken) addOne({ releaseId, at: Math.floor(now / TRAFFIC_STEP) * TRAFFIC_STEP, traffic: taken });
      const at = Math.max(Math.floor(now / SPREAD_STEP) * SPREAD_STEP, step);
      for (const one of counters.takeSpread()) addSpread({ releaseId, at, spread: one });
    },
    async flush() {
      flushing ??= write().finally(() => {
        flushing = null;
      });
      await flushing;
    },
  };
}

const order = (a: { releaseId: string; at: number }, b: { releaseId: string; at: number }) =>
  a.at - b.at || (a.releaseId < b.releaseId ? -1 : a.releaseId > b.releaseId ? 1 : 0);
const orderOfSpread = (a: SpreadBucket, b: SpreadBucket) => {
  const [one, other] = [`${a.spread.kind} ${a.spread.name}`, `${b.spread.kind} ${b.spread.name}`];
  return order(a, b) || (one < other ? -1 : 1);
};

async function addToTraffic(sql: Sql, endpointId: string, { releaseId, at, traffic: t }: TrafficBucket): Promise<void> {
  await sql`
    insert into traffic_counts as t (endpoint_id, release_id, at, requests, rows, client_errors, server_errors, rejected, latencies,
      compared, differing, failed)
    values (${endpointId}, ${releaseId}, ${at}, ${t.requests}, ${t.rows}, ${t.clientErrors}, ${t.serverErrors}, ${t.rejected},
      ${Array.from(t.latencies)}::bigint[], ${t.compared}, ${t.differing}, ${t.failed})
    on conflict (endpoint_id, release_id, at) do update set
      requests = t.requests + excluded.requests, rows = t.rows + excluded.rows, client_errors = t.client_errors + excluded.client_errors,
      server_errors = t.server_errors + excluded.server_errors, rejected = t.rejected + excluded.rejected,
      latencies = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by i)
        from unnest(t.latencies, excluded.latencies) with ordinality as u (a, b, i)),
      compared = t.compared + excluded.compared, differing = t.differing + excluded.differing, failed = t.failed + excluded.failed`;
}

/** Counts of all columns in one statement; lists of different lengths travel as JSON. */
async function addToSpread(sql: Sql, buckets: readonly SpreadBucket[]): Promise<void> {
  const rows = buckets.map(({ releaseId, at, spread: { kind, name, missing, counts } }) => {
    return { release_id: releaseId, at, kind, name, missing, counts: Array.from(counts) };
  });
  await sql`
    insert into spread_counts as s (release_id, at, kind, name, missing, counts)
    select release_id, at, kind, name, missing, counts
    from jsonb_to_recordset(${sql.json(rows)}) as given (release_id uuid, at bigint, kind text, name text, missing bigint, counts bigint[])
    on conflict (release_id, at, kind, name) do update set
      missing = s.missing + excluded.missing,
      counts = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by i)
        from unnest(s.counts, excluded.counts) with ordinality as u (a, b, i))`;
}
