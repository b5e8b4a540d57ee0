/** Everything that a host writes of what it answered: the log, the counters, and when somebody asked last. */
import type { Sql } from 'postgres';
import { createCountRecorder } from './recordCounts.ts';
import { createRequestLog, type RequestLog } from './requestLog.ts';
import type { ServedRelease } from './served.ts';

export interface Recorder {
  log: RequestLog;
  /** Takes what the counters have, to be written later. */
  take: (releases: readonly ServedRelease[]) => void;
  /** @param lastRequestAt ms since the epoch; 0: none since the last call @throws where the database is away */
  flush: (releases: readonly ServedRelease[], lastRequestAt: number, usedTokens: readonly string[]) => Promise<void>;
}

/** ms: when a token was used last is written at most this often. */
const LAST_USED_STEP = 60_000;

export function createRecorder(sql: Sql, endpointId: string, say: (line: string) => void): Recorder {
  const log = createRequestLog(sql, endpointId);
  const counts = createCountRecorder(sql, endpointId);
  let asked = 0;
  const tokens = new Set<string>();
  const take = (releases: readonly ServedRelease[]) => {
    const now = Date.now();
    const step = releases.reduce((latest, { record }) => Math.max(latest, record.stepStartedAt ?? 0), 0);
    for (const { record, counters } of releases) counts.take(record.id, counters, now, step);
  };
  return {
    log,
    take,
    async flush(releases, lastRequestAt, usedTokens) {
      take(releases);
      asked = Math.max(asked, lastRequestAt);
      for (const id of usedTokens) tokens.add(id);
      await log.flush();
      await counts.flush();
      const dropped = log.takeDropped();
      if (dropped > 0) say(`${dropped} requests were answered while the database was away, and are not in the log: there was no more room`);
      if (asked > 0) {
        const at = new Date(asked);
        await sql`update endpoints set last_request_at = greatest(last_request_at, ${at}) where id = ${endpointId}`;
        asked = 0;
      }
      if (tokens.size > 0) {
        const used = [...tokens];
        await sql`
          update endpoint_tokens set last_used_at = now()
          where id = any(${used}::uuid[]) and (last_used_at is null or last_used_at < ${new Date(Date.now() - LAST_USED_STEP)})`;
        for (const id of used) tokens.delete(id);
      }
    },
  };
}
