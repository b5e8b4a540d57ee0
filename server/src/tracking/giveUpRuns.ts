/**
 * Notices runs whose process died. A process with a session says every few seconds that it lives; after a silence its running runs are
 * `lost`, or `finished` where the session had ended in order. It ended when it was last heard of, or logged its last point: records that
 * a dead process left are heard long after. Runs without such a process (made by an API call) are left alone.
 */
import type { Logger } from 'pino';
import type { Services } from '../core/context.ts';
import { appendEvents } from '../core/events.ts';
import { noEffects, publishEffects, runChanged } from './effects.ts';

const DEFAULT_PATIENCE = 60; // s; six heartbeats

/** ms, from CELLKEEP_LOST_AFTER_SECONDS. */
export function lostAfter(env: NodeJS.ProcessEnv): number {
  const given = Number(env.CELLKEEP_LOST_AFTER_SECONDS || DEFAULT_PATIENCE);
  return (Number.isFinite(given) && given > 0 ? given : DEFAULT_PATIENCE) * 1_000;
}

interface GivenUp {
  id: string;
  workspaceId: string;
  userId: string;
  userName: string;
  experimentId: string;
  notebookId: string | null;
  status: string;
}

/** @returns how many runs were given up */
export async function giveUpRuns(services: Services, patience: number): Promise<number> {
  const before = services.now() - patience;
  // Nobody could be heard while the server was away.
  if (services.startedAt > before) return 0;
  const given = await services.sql.begin(async (tx) => {
    const rows = await tx<GivenUp[]>`
      update runs r set status = case when s.ended_at is null then 'lost' else 'finished' end,
        ended_at = greatest(coalesce(s.ended_at, least(r.heartbeat_at, silent.last_point), r.heartbeat_at), r.started_at)
      from (
        select id, session_id, (select max(last_time) from series where run_id = runs.id) as last_point
        from runs where status = 'running' and beats and heartbeat_at < ${before} order by id for no key update skip locked
      ) silent left join sessions s on s.id = silent.session_id
      where r.id = silent.id
      returning replace(r.id::text, '-', '') as id, r.workspace_id as "workspaceId", r.user_id as "userId", r.user_name as "userName",
        r.experiment_id as "experimentId", r.notebook_id as "notebookId", r.status`;
    for (const run of rows) {
      await appendEvents(tx, run, [
        { what: 'run.updated', subject: `run:${run.id}`, data: { changed: ['status'], status: run.status, by: 'silence' } },
      ]);
    }
    return rows;
  });
  for (const run of given) {
    const effects = noEffects();
    runChanged(effects, run.id, run);
    publishEffects(services, run.workspaceId, effects);
  }
  return given.length;
}

export function startGivingUp(services: Services, patience: number, log: Logger): { stop: () => Promise<void> } {
  let working: Promise<unknown> = Promise.resolve();
  const timer = setInterval(
    () => {
      working = giveUpRuns(services, patience).catch((error: unknown) => log.warn({ err: error }, 'silent runs could not be looked for'));
    },
    Math.min(5_000, Math.max(200, patience / 4)),
  );
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await working;
    },
  };
}
