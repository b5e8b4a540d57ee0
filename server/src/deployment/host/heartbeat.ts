/** What a host says of itself, about once a second. */
import type { Sql } from 'postgres';
import type { HostTask } from './task.ts';

export interface HostNews {
  state: 'starting' | 'ready' | 'draining' | 'stopped';
  generation: number;
  loaded: string[];
  /** By release: why it could not be loaded. */
  refused: Record<string, string>;
  /** Which release does not answer, and why. */
  message: string;
}

/** @returns false where the row is gone: nobody wants this host any more */
export function heartbeat(sql: Sql, { hostId, endpointId, machine, host, port }: HostTask): (news: HostNews) => Promise<boolean> {
  let isFirst = true;
  return async ({ state, generation, loaded, refused, message }) => {
    const rss = process.memoryUsage.rss();
    // The server has made the row before it started us; a host that was started by hand makes its own.
    const made = isFirst
      ? await sql`
          insert into hosts (id, endpoint_id, machine, address, pid, state, generation, loaded, refused, message, rss_bytes, started_at, seen_at)
          values (${hostId}, ${endpointId}, ${machine}, ${`${host}:${port}`}, ${process.pid}, ${state}, ${generation}, ${sql.json(loaded)},
            ${sql.json(refused)}, ${message}, ${rss}, clock_timestamp(), clock_timestamp())
          on conflict (id) do update set state = excluded.state, generation = excluded.generation, loaded = excluded.loaded,
            refused = excluded.refused, message = excluded.message, rss_bytes = excluded.rss_bytes, seen_at = excluded.seen_at, pid = excluded.pid
          returning id`
      : await sql`
          update hosts set state = ${state}, generation = ${generation}, loaded = ${sql.json(loaded)}, refused = ${sql.json(refused)},
            message = case when ${state} in ('starting', 'ready') then ${message} else message end, rss_bytes = ${rss},
            seen_at = clock_timestamp()
          where id = ${hostId} returning id`;
    isFirst = false;
    return made.length > 0;
  };
}
