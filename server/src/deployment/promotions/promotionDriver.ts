/**
 * Serves what is promoted, and watches until it is live: for kernels and Python processes that have asked for it, and for what is exported
 * already. Whoever drives a promotion says so by its heartbeat; one whose server died is taken up by the next that looks.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Promotion, Release } from '@cellkeep/schema/deployment';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Caller, Services } from '../../core/context.ts';
import { failure, isFailure } from '../../core/failure.ts';
import { getEndpoint } from '../endpoints/changeEndpoints.ts';
import type { Seen } from '../endpoints/readEndpoints.ts';
import { changePromotion, requirePromotion } from './changePromotion.ts';
import { findPromotion, isOpen, type PromotionRow, promotionOf } from './promotionRows.ts';
import { requireServed } from './promotionSource.ts';
import { isTakenOver, requireAsker } from './promotions.ts';
import { beginServing, conclude, giveUp, takeBack, tellStep } from './servePromotion.ts';

/** ms between two looks for what no server drives */
const INTERVAL = 2_000;
/** ms of silence after which another server takes over */
const SILENT = 15_000;
/** ms between two looks at a release that starts, where nothing is heard of it before */
const LOOK = 500;
/** ms: building the environment of a Python model is most of it */
const PATIENCE = 30 * 60_000;
/** Topics whose news may be what is waited for. */
const NEWS = ['promotion', 'release', 'endpoint', 'host'];

export interface PromotionDriver {
  /** It is this server's now; nothing is waited for. */
  drive: (id: string) => void;
  /** @param isAlone no other server shares the database */
  start: (isAlone: boolean) => void;
  stop: () => Promise<void>;
}

export function createPromotionDriver(services: Services, seen: Seen): PromotionDriver {
  const { sql, live, log, now } = services;
  const stopping = new AbortController();
  const driving = new Map<string, Promise<void>>();
  let news = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  const stopHearing = live.onAny(({ topic }) => {
    if (driving.size === 0 || !NEWS.includes(topic)) return;
    news.abort();
    news = new AbortController();
  });
  const pause = (ms: number) =>
    sleep(ms, undefined, { ref: false, signal: AbortSignal.any([stopping.signal, news.signal]) }).catch(() => {});

  const drive = (id: string) => {
    if (driving.has(id) || stopping.signal.aborted) return;
    const work = toItsEnd(id)
      .catch((error: unknown) => log.error({ err: error, promotion: id }, 'a promotion could not be served; trying again'))
      .finally(() => driving.delete(id));
    driving.set(id, work);
  };

  const toItsEnd = async (id: string) => {
    const row = await findPromotion(sql, null, id);
    if (!row?.made) return;
    const context = await contextOf(row);
    const ended = isOpen(row) ? await serve(context, row) : row;
    // Also where the asker may do less by now: what was made in this person's name must go.
    const asEditor: CallContext = { ...context, caller: { ...context.caller, role: 'editor' } };
    if (!isOpen(ended) && ended.made !== null) await takeBack(asEditor, ended, seen);
  };

  /** @returns open only where this server stops */
  const serve = async (context: CallContext, first: PromotionRow): Promise<PromotionRow> => {
    try {
      const begun = await beginServing(context, first, seen);
      return await untilLive(context, begun);
    } catch (error) {
      if (!isFailure(error) || error.code === 'SERVICE_UNAVAILABLE') throw error;
      return giveUp(context, first, said(error));
    }
  };

  const untilLive = async (context: CallContext, first: PromotionRow): Promise<PromotionRow> => {
    const until = now() + PATIENCE;
    let row = first;
    while (isOpen(row) && !stopping.signal.aborted) {
      const release = await readStart(row);
      if (release.role === 'failed' || release.role === 'retired') return giveUp(context, row, whyNot(release));
      if (release.role !== 'starting') return conclude(context, row, (await getEndpoint(context, seen, row.endpoint ?? '')).url);
      if (now() > until) return giveUp(context, row, 'no host has loaded it within 30 minutes; the endpoint’s log may say why');
      row = await tellStep(context, row, { step: 'serve', status: 'running', text: release.text });
      await pause(LOOK);
      row = await requirePromotion(sql, null, row.id);
    }
    return row;
  };

  const readStart = async ({ releaseId }: PromotionRow): Promise<Start> => {
    const [found] = await sql<(Omit<Start, 'text'> & { hosts: number; warm: number })[]>`
      select r.role, r.message, r.number,
        count(h.id)::int as hosts, count(h.id) filter (where h.loaded ? r.id::text)::int as warm
      from releases r join endpoints e on e.id = r.endpoint_id
      left join hosts h on h.endpoint_id = e.id and h.state in ('starting', 'ready')
      where r.id = ${releaseId} group by r.id, e.id`;
    if (!found) throw failure('CONFLICT', { field: 'endpoint', reason: 'its endpoint was deleted' });
    const { hosts, warm } = found;
    return { ...found, text: hosts > 1 ? `warming up, ${warm} of ${hosts} hosts are ready` : 'warming up' };
  };

  /** As whoever asked, with the rights that this person has now. */
  const contextOf = async ({ userId, userName, workspaceId }: PromotionRow): Promise<CallContext> => {
    const [user] = await sql<{ role: Caller['role'] }[]>`select role from users where id = ${userId} and not disabled`;
    const caller: Caller = { userId, userName, workspaceId, role: user?.role ?? 'viewer', via: 'token' };
    return { ...services, caller, requestId: randomUUID() };
  };

  const look = async (all: boolean) => {
    await sql`update promotions set heartbeat_at = ${new Date(now())} where id = any(${[...driving.keys()]}::uuid[])`;
    const left = await sql<{ id: string }[]>`
      update promotions set heartbeat_at = ${new Date(now())}
      where made is not null and id <> all(${[...driving.keys()]}::uuid[])
        and (${all} or heartbeat_at is null or heartbeat_at < ${new Date(now() - SILENT)})
      returning id`;
    for (const { id } of left) drive(id);
  };

  return {
    drive,
    start(isAlone) {
      let all = isAlone;
      const loop = async () => {
        while (!stopping.signal.aborted) {
          try {
            await look(all);
            all = false;
          } catch (error) {
            if (!stopping.signal.aborted) log.warn({ err: error }, 'promotions that nobody serves could not be looked for; trying again');
          }
          await sleep(INTERVAL, undefined, { ref: false, signal: stopping.signal }).catch(() => {});
        }
      };
      looking = loop();
    },
    async stop() {
      stopping.abort();
      stopHearing();
      await looking;
      const left = [...driving.keys()];
      await Promise.all(driving.values());
      // Whoever is next need not wait until this server is taken for gone.
      await sql`update promotions set heartbeat_at = null where id = any(${left}::uuid[]) and made is not null`;
    },
  };
}

type Start = Pick<Release, 'role' | 'message' | 'number'> & { text: string };

const whyNot = ({ message, number, role }: Start) => message || `release ${number} is ${role}, and was never live`;

const said = (error: Parameters<typeof isFailure>[0]): string => {
  if (!isFailure(error)) return String(error);
  return error.data.issues.map(({ reason, remedy }) => (remedy ? `${reason}; ${remedy}` : reason)).join('; ') || error.message;
};

/** From the process that took the steps before: everything is looked at first, so that what it is answered is what it can tell. */
export async function servePromotion(context: CallContext, driver: Pick<PromotionDriver, 'drive'>, id: string): Promise<Promotion> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const seen = await requirePromotion(sql, caller.workspaceId, id);
  requireAsker(seen, caller);
  if (seen.status !== 'running' || isTakenOver(seen)) return promotionOf(seen);
  if (seen.version === null) {
    const remedy = 'register it, and send its version with an update first';
    throw failure('CONFLICT', { field: 'version', reason: 'no version of it is known that could be served', remedy });
  }
  const { modelName, version, trustUser } = seen;
  if (seen.options.serve) await requireServed(sql, caller, { modelName, version, trustUser });
  const row = await changePromotion(context, { workspaceId: caller.workspaceId, id }, (before) => {
    if (before.status !== 'running' || isTakenOver(before)) return null;
    const steps = before.steps.map((step) =>
      step.step === 'serve' || !['waiting', 'running'].includes(step.status) ? step : { ...step, status: 'done' as const, endedAt: now() },
    );
    return { steps, made: { endpoint: false }, releaseId: before.options.serve ? randomUUID() : null };
  });
  driver.drive(id);
  return promotionOf(row);
}
