/** Waits until hosts serve what was just changed, so that whoever changed it finds it so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { SILENT_AFTER } from './hostRows.ts';

/** ms; a host that takes longer hears of it all the same */
const PATIENCE = 2_000;
const LOOK_EVERY = 25;

/** The generation that is true now; one that sleeps or is stopped has no hosts, and none is waited for. */
export async function whenHeard(sql: Sql, endpointId: string): Promise<void> {
  const until = Date.now() + PATIENCE;
  const [endpoint] = await sql<{ generation: number }[]>`select generation::float8 as generation from endpoints where id = ${endpointId}`;
  if (!endpoint) return;
  while (Date.now() < until) {
    const [behind] = await sql`
      select from hosts where endpoint_id = ${endpointId} and state = 'ready' and generation < ${endpoint.generation}
        and seen_at > clock_timestamp() - make_interval(secs => ${SILENT_AFTER / 1_000}) limit 1`;
    if (!behind) return;
    await sleep(LOOK_EVERY);
  }
}
