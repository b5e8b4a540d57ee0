/** Endpoints that nobody asks end their hosts; the next request wakes them. */
import type { Sql } from 'postgres';
import type { Db } from '../../core/context.ts';
import { CHANNEL } from '../endpoints/change.ts';

/**
 * By the database's clock, which hosts and servers share. One that is being loaded is not idle, nor one that was changed just now.
 * @returns whether it sleeps now
 */
export async function fallAsleep(sql: Sql, endpointId: string, idleSeconds: number): Promise<boolean> {
  const slept = await sql`
    update endpoints e set asleep_at = clock_timestamp()
    where e.id = ${endpointId} and e.asleep_at is null and e.deleted_at is null and e.wanted = 'running'
      and coalesce(e.last_request_at, e.created_at) < clock_timestamp() - make_interval(secs => ${idleSeconds})
      and exists (select from releases r where r.endpoint_id = e.id and r.role = 'live' and r.weight > 0)
      and not exists (select from releases r where r.endpoint_id = e.id and r.role in ('starting', 'canary'))
    returning id`;
  if (slept.length > 0) await notify(sql, endpointId);
  return slept.length > 0;
}

/** It answers from now on: it may sleep when nobody has asked it since, however long its models took to load. */
export async function countIdlenessAnew(sql: Sql, endpointId: string): Promise<void> {
  await sql`update endpoints set last_request_at = clock_timestamp() where id = ${endpointId} and asleep_at is null`;
}

/** @returns whether it slept */
export async function wakeUp(sql: Sql, endpointId: string): Promise<boolean> {
  const woken = await sql`
    update endpoints set asleep_at = null, last_request_at = clock_timestamp() where id = ${endpointId} and asleep_at is not null returning id`;
  if (woken.length > 0) await notify(sql, endpointId);
  return woken.length > 0;
}

async function notify(db: Db, endpointId: string): Promise<void> {
  await db`select pg_notify(${CHANNEL}, ${endpointId})`;
}
