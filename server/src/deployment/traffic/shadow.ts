import type { CallContext } from '../../core/context.ts';
import { requireEndpoint } from '../endpoints/readEndpoints.ts';
import { latencyQuantile } from '../predictionLog/index.ts';
import { inTraffic } from '../releases/moves.ts';
import { readReleases } from '../releases/releaseRows.ts';
import { countsOf } from './counts.ts';
import { requireReleaseOf } from './releaseOfEndpoint.ts';

/** How often a shadow's answers differ from those that were given, since it was put there. */
export async function readShadow({ sql, caller }: CallContext, { name, releaseId }: { name: string; releaseId: string }) {
  const endpoint = await requireEndpoint(sql, caller.workspaceId, name);
  const { id } = await requireReleaseOf(sql, endpoint, releaseId, 'releaseId');
  const [since] = await sql<{ at: number }[]>`
    select coalesce(extract(epoch from live_at) * 1000, 0)::float8 as at from releases where id = ${id}`;
  const answering = inTraffic(await readReleases(sql, [endpoint.id], { others: 0 })).map((release) => release.id);
  const [shadow, live] = await Promise.all([
    countsOf(sql, endpoint.id, [id]),
    countsOf(sql, endpoint.id, answering, (since?.at ?? 0) - 10_000),
  ]);
  return {
    requests: shadow.requests,
    rows: shadow.compared,
    differing: shadow.differing,
    failed: shadow.failed,
    p95Us: latencyQuantile(shadow.latencies, 0.95),
    liveP95Us: latencyQuantile(live.latencies, 0.95),
  };
}
