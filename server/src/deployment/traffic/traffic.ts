/** Requests, errors and latencies of an endpoint over time, from counters of ten seconds that its hosts add up. */
import type { TrafficPoint } from '@cellkeep/schema/deployment';
import type { CallContext, Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { requireEndpoint } from '../endpoints/readEndpoints.ts';
import { latencyQuantile } from '../predictionLog/index.ts';

/** Seconds of a counter. */
const COUNTER = 10;
const HOUR = 3_600_000;

interface Asked {
  name: string;
  from?: number;
  to?: number;
  points: number;
  releaseId?: string;
}

interface Sums {
  slot: number;
  requests: number;
  rows: number;
  clientErrors: number;
  serverErrors: number;
  rejected: number;
}

/** An interval without a request is left out. */
export async function readTraffic({ sql, caller, now }: CallContext, { name, from, to, points, releaseId }: Asked) {
  const endpoint = await requireEndpoint(sql, caller.workspaceId, name);
  const until = to ?? now();
  const since = from ?? until - HOUR;
  if (since >= until) throw failure('BAD_REQUEST', { field: 'from', reason: 'it is not before `to`', remedy: 'choose an earlier one' });
  const seconds = COUNTER * Math.max(1, Math.ceil((until - since) / 1_000 / COUNTER / points));
  return { seconds, points: await trafficPoints(sql, { endpointId: endpoint.id, since, until, seconds, releaseId }) };
}

interface Range {
  endpointId: string;
  since: number;
  until: number;
  seconds: number;
  releaseId?: string;
}

/** Shadows answer nobody: what they were asked is no traffic, unless one asks for them. */
async function trafficPoints(db: Db, { endpointId, since, until, seconds, releaseId }: Range): Promise<TrafficPoint[]> {
  const chosen = db`
    select floor(t.at / ${seconds * 1_000}::float8)::float8 as slot, t.* from traffic_counts t
    where t.endpoint_id = ${endpointId} and t.at >= ${since}::float8 and t.at < ${until}::float8 ${
      releaseId === undefined
        ? db`and exists (select from releases r where r.id = t.release_id and r.how <> 'shadow')`
        : db`and t.release_id = ${releaseId}`
    }`;
  const sums = await db<Sums[]>`
    select slot, sum(requests)::float8 as requests, sum(rows)::float8 as rows, sum(client_errors)::float8 as "clientErrors",
      sum(server_errors)::float8 as "serverErrors", sum(rejected)::float8 as rejected
    from (${chosen}) c group by slot order by slot`;
  const bins = await db<{ slot: number; bin: number; count: number }[]>`
    select slot, l.place::int - 1 as bin, sum(l.count)::float8 as count
    from (${chosen}) c, unnest(c.latencies) with ordinality as l (count, place) where l.count > 0 group by 1, 2`;
  const latencies = new Map<number, number[]>();
  for (const { slot, bin, count } of bins) {
    const counts = latencies.get(slot) ?? [];
    latencies.set(slot, counts);
    counts[bin] = count;
  }
  return sums.map(({ slot, ...counts }) => {
    const spread = Array.from(latencies.get(slot) ?? [], (count) => count ?? 0);
    return {
      at: slot * seconds * 1_000,
      ...counts,
      ...{ p50Us: latencyQuantile(spread, 0.5), p95Us: latencyQuantile(spread, 0.95), p99Us: latencyQuantile(spread, 0.99) },
    };
  });
}
