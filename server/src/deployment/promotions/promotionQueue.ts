/** The queue of promotions that a Python process of a server takes the first steps of: what is taken, given back, and told lost. */
import type { Promotion } from '@cellkeep/schema/deployment';
import type { LastWords } from '../../core/childProcess.ts';
import type { Db } from '../../core/context.ts';
import { appendEvent } from '../../core/events.ts';
import { type ModelFile, modelFiles } from '../../registry/index.ts';
import { changePromotion, endedAs, type Told } from './changePromotion.ts';
import { askerOf, type PromotionRow } from './promotionRows.ts';
import { firstSteps } from './promotionSteps.ts';
import { isTakenOver } from './promotions.ts';

/** ms; a server tells of what it works on every two seconds */
const SERVER_SILENT = 60_000;
/** ms; a person's own machine may sleep a moment */
const CLIENT_SILENT = 300_000;
/** How often one that was lost with its server is begun anew: one that takes its server down with it must not do so for ever. */
const MOST_RESTARTS = 2;
const REQUEUED = 'promotion.requeued';

/** What `cellkeep promote --supervised` reads from its stdin, beside `url` and `token`. */
export type PromotionTask = Pick<Promotion, 'id' | 'source' | 'modelName' | 'endpoint' | 'options' | 'loggedModelId'> & {
  workspaceId: string;
  userId: string;
  /** Whose code may run, beside the asker's own. */
  trust: string | null;
  /** What may be loaded, with who stored it: its folder may be open still, and only these bytes were looked at. */
  files: ModelFile[];
};

/** The one that waits longest, marked as running; servers that ask at once get different ones. */
export async function claimPromotion({ sql, live, now }: Told): Promise<PromotionTask | null> {
  const [taken] = await sql<{ id: string }[]>`
    update promotions set status = 'running', heartbeat_at = ${new Date(now())}, started_at = coalesce(started_at, ${new Date(now())})
    where id = (
      select id from promotions where status = 'queued' order by asked_at, id limit 1 for update skip locked
    )
    returning id`;
  if (!taken) return null;
  const row = await changePromotion({ sql, live, now }, { workspaceId: null, ...taken }, () => ({})); // tells whoever watches
  const { id, source, modelName, endpoint, options, loggedModelId, workspaceId, userId, trustUser } = row;
  const files = loggedModelId === null ? [] : ((await modelFiles(sql, loggedModelId)) ?? []);
  return { id, source, modelName, endpoint, options, loggedModelId, workspaceId, userId, trust: trustUser, files };
}

/** Somebody works on these. @returns those that are still wanted */
export async function heartbeat({ sql, now }: Told, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql<{ id: string }[]>`
    update promotions set heartbeat_at = ${new Date(now())} where id = any(${[...ids]}::uuid[]) and status = 'running' returning id`;
  return new Set(rows.map(({ id }) => id));
}

const isBegunAnew = (row: PromotionRow) => ({ status: 'queued' as const, version: null, steps: anew(row) });

/** What was skipped from the beginning stays so. */
const anew = ({ steps }: PromotionRow) =>
  firstSteps(Object.fromEntries(steps.flatMap(({ step, status, text }) => (status === 'skipped' ? [[step, text]] : []))));

/** The server ends in order: whoever is next on this database takes it up. */
export async function putBack(told: Told, id: string): Promise<void> {
  await changePromotion(told, { workspaceId: null, id }, (row) => (isWithPython(row) ? isBegunAnew(row) : null));
}

const isWithPython = (row: PromotionRow) => row.status === 'running' && row.where === 'server' && row.needsPython && !isTakenOver(row);

/**
 * Those whose process is silent: on a server they begin anew, a client's are lost. Those that the server serves are not looked at here.
 * @param all whatever a server worked on, since no other server is there that could
 */
export async function requeueLost(told: Told, { all = false }: { all?: boolean } = {}): Promise<void> {
  const { sql, now } = told;
  const [server, client] = [new Date(now() - SERVER_SILENT), new Date(now() - CLIENT_SILENT)];
  const silent = await sql<{ id: string }[]>`
    select id from promotions where status = 'running' and made is null
      and (("where" = 'server' and needs_python and (${all} or heartbeat_at < ${server}))
        or ("where" = 'client' and heartbeat_at < ${client}))`;
  for (const { id } of silent) {
    await changePromotion(told, { workspaceId: null, id }, async (row, tx) => {
      if (row.status !== 'running' || isTakenOver(row)) return null;
      if (row.where === 'client') return endedAs(row, 'lost', 'the process that promoted it has said nothing for five minutes', now());
      if ((await restartsOf(tx, row)) >= MOST_RESTARTS)
        return endedAs(row, 'lost', 'the servers that worked on it ended, three times', now());
      await appendEvent(tx, askerOf(row), { what: REQUEUED, subject: `promotion:${id}` });
      return isBegunAnew(row);
    });
  }
}

async function restartsOf(tx: Db, { workspaceId, id }: PromotionRow): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from events
    where workspace_id = ${workspaceId} and subject = ${`promotion:${id}`} and what = ${REQUEUED}`;
  return row?.count ?? 0;
}

/** The child has ended, and neither told why nor asked that the version is served. */
export async function endUnfinished(told: Told, id: string, { code, lastWords }: LastWords): Promise<void> {
  await changePromotion(told, { workspaceId: null, id }, (row) => {
    if (!isWithPython(row)) return null;
    const line = (lastWords.split('\n').at(-1) ?? '').replace(/^cellkeep: /, '');
    const reason = line || `the process that promoted it ended without a word${code === null ? '' : ` (exit code ${code})`}`;
    return endedAs(row, 'failed', reason, told.now());
  });
}
