/** Promotions: asked for, told of by the process that takes their steps, ended once. */
import { randomUUID } from 'node:crypto';
import type { Promotion, promotionStart, promotionUpdate } from '@cellkeep/schema/deployment';
import type { JSONValue } from 'postgres';
import type { z } from 'zod';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Caller, Db } from '../../core/context.ts';
import { cursorOf, readCursor } from '../../core/cursor.ts';
import { appendEvent, canonicalJson } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { requireLoggedModel, requireModel, requireTrust, requireVersion } from '../../registry/index.ts';
import { changePromotion, endedAs, publishPromotion, requirePromotion } from './changePromotion.ts';
import { columnsOfPromotion, findPromotion, isOpen, type PromotionRow, promotionOf } from './promotionRows.ts';
import { type FoundSource, findSource, isExported, isOfNotebook } from './promotionSource.ts';
import { changeSteps, firstSteps } from './promotionSteps.ts';

type PromotionStart = z.infer<typeof promotionStart>;
export type PromotionUpdate = z.infer<typeof promotionUpdate>;

/** Queued ones of a workspace. */
const MOST_QUEUED = 1_000;

/** @param off why this server runs no Python, with what to do about it */
export async function startPromotion(context: CallContext, off: string | null, asked: PromotionStart): Promise<PromotionRow> {
  requireRole(context, 'editor');
  const { sql, caller, now, live } = context;
  requireSense(asked);
  const [row, isNew] = await sql.begin(async (tx): Promise<[PromotionRow, boolean]> => {
    const there = asked.id === undefined ? null : await findPromotion(tx, caller.workspaceId, asked.id, true);
    if (there) return [requireSame(there, asked, caller), false];
    if (asked.endpoint !== null) await requireFree(tx, caller.workspaceId, asked.endpoint);
    const found = asked.source.kind === 'cell' ? null : await findSource(tx, caller.workspaceId, asked.source, asked.modelName);
    const needsPython = asked.where === 'server' && found !== null && !isExported(found, asked.options);
    if (asked.where === 'server' && found) await requireDoable(tx, caller, asked, found, needsPython ? { off } : null);
    const id = asked.id ?? randomUUID();
    await insertPromotion(tx, caller, asked, { id, found, needsPython }, now());
    return [await requirePromotion(tx, caller.workspaceId, id), true];
  });
  if (isNew) publishPromotion(live, row);
  return row;
}

function requireSense({ source, where, options, endpoint }: PromotionStart): void {
  if (source.kind === 'cell' && where === 'server') {
    const reason = 'the model of a cell is in its kernel, not on the server';
    throw failure('BAD_REQUEST', { field: 'where', reason, remedy: 'promote it from the notebook, or promote what its run has logged' });
  }
  if (options.serve && endpoint === null) {
    const remedy = 'name an endpoint, which is made where it is not there, or say serve: false';
    throw failure('BAD_REQUEST', { field: 'endpoint', reason: 'what is to be served needs an endpoint', remedy });
  }
  if (options.plan && options.how !== 'canary')
    throw failure('BAD_REQUEST', { field: 'options.plan', reason: `a plan is for a canary, not for ${options.how}` });
}

function requireSame(there: PromotionRow, asked: PromotionStart, caller: Caller): PromotionRow {
  const what = ({ source, modelName, endpoint, where }: Pick<PromotionRow, 'source' | 'modelName' | 'endpoint' | 'where'>) =>
    canonicalJson([source, modelName, endpoint, where]);
  if (there.userId === caller.userId && what(there) === what(asked)) return there;
  const reason = `the promotion ${there.id} was asked for by ${there.userName}, of something else or to another place`;
  throw failure('CONFLICT', { field: 'id', reason, remedy: 'choose another id' });
}

/** Names of endpoints are one line of addresses for all workspaces. Of another one's nothing is said but that the name is taken. */
async function requireFree(tx: Db, workspaceId: string, endpoint: string): Promise<void> {
  const [other] = await tx`
    select id from endpoints where name = ${endpoint} and deleted_at is null and workspace_id <> ${workspaceId}`;
  if (!other) return;
  throw failure('CONFLICT', { field: 'endpoint', reason: `the name ${endpoint} is taken`, remedy: 'choose another one' });
}

async function requireDoable(
  tx: Db,
  caller: Caller,
  { options, trustUser }: PromotionStart,
  { authors, bundle, loggedModelId }: FoundSource,
  python: { off: string | null } | null,
): Promise<void> {
  if (python && loggedModelId === null) {
    const reason = 'this version was registered from files alone, of which no logged model is known';
    throw failure('CONFLICT', { field: 'source', reason, remedy: 'log the model (mlflow.<flavor>.log_model) and promote that' });
  }
  const runsCode = python !== null || (options.serve && bundle?.runtime === 'python');
  if (runsCode) requireTrust(authors, caller, trustUser);
  if (!python) return;
  if (python.off !== null) {
    const remedy = 'or promote it with `cellkeep promote` on a machine of your own';
    throw failure('CONFLICT', { field: 'where', reason: `this model has to be exported by Python first, and ${python.off}`, remedy });
  }
  const [row] = await tx<{ queued: number }[]>`
    select count(*)::int as queued from promotions where status = 'queued' and workspace_id = ${caller.workspaceId}`;
  if ((row?.queued ?? 0) < MOST_QUEUED) return;
  const reason = `${MOST_QUEUED} promotions wait on this server already`;
  throw failure('CONFLICT', { field: 'where', reason, remedy: 'wait for them, or cancel some' });
}

async function insertPromotion(
  tx: Db,
  caller: Caller,
  asked: PromotionStart,
  { id, found, needsPython }: { id: string; found: FoundSource | null; needsPython: boolean },
  now: number,
): Promise<void> {
  const { source, modelName, endpoint, options, where, trustUser = null } = asked;
  const at = new Date(now);
  const isStraight = where === 'server' && !needsPython;
  const exported = 'it was exported before';
  const steps = firstSteps({
    ...(where === 'server' ? { snapshot: 'its run has its own' } : {}),
    ...(isStraight ? { export: exported, check: exported } : {}),
    ...(isStraight && found?.version != null ? { register: `version ${found.version} is registered` } : {}),
    ...(options.serve ? {} : { serve: 'it was only to be registered' }),
  });
  const json = (value: unknown) => tx.json(value as JSONValue);
  const inserted = await tx`
    insert into promotions (id, workspace_id, user_id, source, model_name, endpoint, options, "where", status, steps, version,
      logged_model_id, release_id, trust_user, needs_python, made, asked_at, started_at, heartbeat_at)
    values (${id}, ${caller.workspaceId}, ${caller.userId}, ${json(source)}, ${modelName}, ${endpoint}, ${json(options)}, ${where},
      ${needsPython ? 'queued' : 'running'}, ${json(steps)}, ${isStraight ? (found?.version ?? null) : null}, ${found?.loggedModelId ?? null},
      ${isStraight && options.serve ? randomUUID() : null}, ${trustUser}, ${needsPython},
      ${isStraight ? json({ endpoint: false }) : null}, ${at}, ${needsPython ? null : at}, ${needsPython ? null : at})
    on conflict (id) do nothing returning id`;
  if (inserted.length === 0) throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
  const data = { source, model: modelName, endpoint, where, how: options.how, ...(trustUser === null ? {} : { trustUser }) };
  await appendEvent(tx, caller, { what: 'promotion.asked', subject: `promotion:${id}`, data });
}

export const getPromotion = async ({ sql, caller }: CallContext, id: string): Promise<Promotion> =>
  promotionOf(await requirePromotion(sql, caller.workspaceId, id));

interface Search {
  limit: number;
  cursor?: string;
  notebookPath?: string;
  endpoint?: string;
}

export async function listPromotions({ sql, caller }: CallContext, { limit, cursor, notebookPath, endpoint }: Search) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'uuid']);
  const rows = await sql<PromotionRow[]>`
    select ${columnsOfPromotion(sql)} from promotions p join users u on u.id = p.user_id
    where p.workspace_id = ${caller.workspaceId}
      ${notebookPath === undefined ? sql`` : sql`and ${isOfNotebook(sql, caller.workspaceId, notebookPath)}`}
      ${endpoint === undefined ? sql`` : sql`and p.endpoint = ${endpoint}`}
      ${after === null ? sql`` : sql`and (p.asked_at, p.id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
    order by p.asked_at desc, p.id desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    promotions: page.map(promotionOf),
    nextCursor: rows.length > limit && end ? cursorOf([end.askedAt.getTime(), end.id]) : null,
  };
}

/**
 * From the process that takes the steps: only whoever asked may tell. One that waits to be begun anew, that the server has taken over or
 * that has ended stays as it is, and the answer says so.
 */
export async function updatePromotion(context: CallContext, update: PromotionUpdate): Promise<Promotion> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  const { id, status = 'running', steps = [], version, loggedModelId } = update;
  if (status === 'queued' || status === 'lost' || status === 'done') {
    const remedy = status === 'done' ? 'call serve, which ends it' : 'say running, failed or cancelled';
    throw failure('BAD_REQUEST', { field: 'status', reason: `whoever promotes cannot say ${status}`, remedy });
  }
  const row = await changePromotion(context, { workspaceId: caller.workspaceId, id }, async (before, tx) => {
    requireAsker(before, caller);
    if (before.status !== 'running' || isTakenOver(before)) return null;
    await requireRegistered(tx, before, { version, loggedModelId });
    const told = steps.filter(({ step }) => step !== 'serve');
    const change = {
      steps: changeSteps(before.steps, told, now()),
      version: version ?? before.version,
      loggedModelId: loggedModelId ?? before.loggedModelId,
    };
    if (status === 'running') return change;
    const reason = status === 'cancelled' ? 'cancelled' : (update.error ?? change.steps.find((step) => step.status === 'failed')?.text);
    if (!reason) throw failure('BAD_REQUEST', { field: 'error', reason: 'a failure without a reason helps nobody', remedy: 'say why' });
    return { ...change, ...endedAs({ ...before, ...change }, status, reason, now()) };
  });
  return promotionOf(row);
}

export function requireAsker(row: PromotionRow, caller: Caller): void {
  if (row.userId === caller.userId) return;
  throw failure('FORBIDDEN', { field: 'id', reason: `this promotion is ${row.userName}'s to tell of` });
}

/** The server goes on with it alone. */
export const isTakenOver = ({ made }: PromotionRow): boolean => made !== null;

async function requireRegistered(
  tx: Db,
  { workspaceId, modelName }: PromotionRow,
  { version, loggedModelId }: { version?: number; loggedModelId?: string },
): Promise<void> {
  if (loggedModelId !== undefined) await requireLoggedModel(tx, workspaceId, loggedModelId, 'loggedModelId');
  if (version !== undefined) await requireVersion(tx, await requireModel(tx, workspaceId, modelName), version);
}

/** At once, whoever works on it: that process learns of it with its next word, or is ended by the server that started it. */
export async function cancelPromotion(context: CallContext, id: string): Promise<Promotion> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  const row = await changePromotion(context, { workspaceId: caller.workspaceId, id }, (before) => {
    if (!isOpen(before)) return null;
    if (before.userId !== caller.userId) requireRole(context, 'owner');
    return endedAs(before, 'cancelled', 'cancelled', now());
  });
  return promotionOf(row);
}
