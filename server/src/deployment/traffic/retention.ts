/** What was kept for a time and is not needed any more: requests, old counters in their full detail, lines of hosts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import type { Services } from '../../core/context.ts';
import { dropOldLines } from '../hosts/hostLines.ts';
import { removeForgottenHosts } from '../hosts/hostTable.ts';

const EVERY = 600_000; // ms
const DAY = 86_400_000;
/** Chunks that one statement deletes: more would hold up those that hosts write. */
const AT_ONCE = 500;
/** Counters of ten seconds become some of ten minutes after two days; those go after 400, so that a year can be compared with the next. */
const FINE_FOR = 2 * DAY;
const COARSE = 600_000;
const KEPT_FOR = 400 * DAY;
/** Slots of ten minutes that one statement joins. */
const MOST_SLOTS = 300;

export function startRetention({ sql, log, now }: Pick<Services, 'sql' | 'log' | 'now'>): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async () => {
    while (!signal.aborted) {
      await sleep(EVERY, undefined, { ref: false, signal }).catch(() => {}); // stopped
      if (signal.aborted) return;
      await dropWhatIsOld(sql, now()).catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: error }, 'old requests of endpoints could not be removed; trying again');
      });
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

export async function dropWhatIsOld(sql: Sql, now: number): Promise<void> {
  while ((await dropChunks(sql, now)) === AT_ONCE);
  while ((await joinCounters(sql, now)) > 0);
  await sql`delete from traffic_counts where at < ${now - KEPT_FOR}::float8`;
  await sql`delete from spread_counts where at < ${now - KEPT_FOR}::float8`;
  await dropOldLines(sql);
  await removeForgottenHosts(sql);
}

/** Of a deleted endpoint too: it says still how long. */
async function dropChunks(sql: Sql, now: number): Promise<number> {
  const gone = await sql`
    delete from prediction_chunks where (life, first_number) in (
      select c.life, c.first_number from prediction_chunks c join endpoints e on e.id = c.endpoint_id
      where c.last_at < ${now}::float8 - (e.settings ->> 'keepDays')::float8 * ${DAY} limit ${AT_ONCE})`;
  return gone.count;
}

/** The sums stay the same. @returns how many fine ones there were */
async function joinCounters(sql: Sql, now: number): Promise<number> {
  const before = Math.floor((now - FINE_FOR) / COARSE) * COARSE;
  return sql.begin(async (tx) => {
    const fine = await tx`
      create temporary table fine_counts on commit drop as
      select c.* from traffic_counts c join (
        select distinct endpoint_id, release_id, floor(at / ${COARSE}::float8) as slot from traffic_counts
        where at < ${before}::float8 and at % ${COARSE}::bigint <> 0 limit ${MOST_SLOTS}
      ) s on s.endpoint_id = c.endpoint_id and s.release_id = c.release_id and s.slot = floor(c.at / ${COARSE}::float8)`;
    if (fine.count === 0) return 0;
    await tx`
      delete from traffic_counts c using fine_counts f
      where c.endpoint_id = f.endpoint_id and c.release_id = f.release_id and c.at = f.at`;
    await tx`
      insert into traffic_counts (endpoint_id, release_id, at, requests, rows, client_errors, server_errors, rejected, latencies, compared,
        differing, failed)
      select s.endpoint_id, s.release_id, s.slot * ${COARSE}::bigint, s.requests, s.rows, s.client_errors, s.server_errors, s.rejected,
        coalesce(l.latencies, '{}'), s.compared, s.differing, s.failed
      from (
        select endpoint_id, release_id, at / ${COARSE}::bigint as slot, sum(requests) as requests, sum(rows) as rows,
          sum(client_errors) as client_errors, sum(server_errors) as server_errors, sum(rejected) as rejected, sum(compared) as compared,
          sum(differing) as differing, sum(failed) as failed
        from fine_counts group by 1, 2, 3
      ) s left join (
        select endpoint_id, release_id, slot, array_agg(count order by place) as latencies from (
          select f.endpoint_id, f.release_id, f.at / ${COARSE}::bigint as slot, u.place, sum(u.count)::bigint as count
          from fine_counts f, unnest(f.latencies) with ordinality as u (count, place) group by 1, 2, 3, 4
        ) b group by 1, 2, 3
      ) l on l.endpoint_id = s.endpoint_id and l.release_id = s.release_id and l.slot = s.slot`;
    return fine.count;
  }) as Promise<number>;
}
