/** What the server that runs a host writes of it. */
import type { Sql } from 'postgres';
import type { Db } from '../../core/context.ts';

export interface NewHost {
  id: string;
  endpointId: string;
  machine: string;
  address: string;
  restarts: number;
}

/** Before its process is there: it finds its row when it connects. */
export async function beginHost(db: Db, { id, endpointId, machine, address, restarts }: NewHost): Promise<void> {
  await db`
    insert into hosts (id, endpoint_id, machine, address, pid, state, loaded, refused, restarts, started_at, seen_at)
    values (${id}, ${endpointId}, ${machine}, ${address}, 0, 'starting', '[]', '{}', ${restarts}, clock_timestamp(), clock_timestamp())
    on conflict (id) do update set address = excluded.address, state = 'starting', pid = 0, life = '', loaded = '[]', refused = '{}', restarts = ${restarts}, message = '',
      rss_bytes = null, started_at = clock_timestamp(), seen_at = clock_timestamp()`;
}

export async function nameProcess(db: Db, id: string, pid: number, life: string): Promise<void> {
  await db`update hosts set pid = ${pid}, life = ${life} where id = ${id}`;
}

export async function endHost(db: Db, id: string, state: 'crashed' | 'draining', message: string): Promise<void> {
  await db`update hosts set state = ${state}, message = ${message.slice(0, 4_000)}, seen_at = clock_timestamp() where id = ${id}`;
}

export async function removeHosts(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db`delete from hosts where id = any(${[...ids]}::uuid[])`;
}

/** Hosts of machines that were not heard of for a day: nobody else removes them. */
export async function removeForgottenHosts(sql: Sql): Promise<void> {
  await sql`delete from hosts where seen_at < clock_timestamp() - interval '1 day'`;
}
