/**
 * Approvals: somebody asks that a version moves, others agree or refuse. One refusal ends it. With enough that agree it moves, in the
 * transaction of the last vote, where the gate passes at that moment; where it does not, it stays open and says why, and is tried again
 * with the next vote and after each evaluation.
 */
import { randomUUID } from 'node:crypto';
import type { Approval } from '@cellkeep/schema/registry';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Caller, Db, Services } from '../../core/context.ts';
import { cursorOf, readCursor } from '../../core/cursor.ts';
import type { NewEvent } from '../../core/events.ts';
import { failure, isFailure } from '../../core/failure.ts';
import { moveAlias } from '../aliases.ts';
import { inOneChange } from '../change.ts';
import { changeLocked } from '../changeVersions.ts';
import { requireVersion, subjectOf } from '../readVersions.ts';
import { lockModel, type ModelRow, requireModel } from '../registeredModels.ts';
import { describeTarget, readGate, type Target } from './gates.ts';

type Row = Approval & { userId: string };

const MOST_OPEN = 100; // of one model: more is a loop that somebody left running
const LONGEST_MESSAGE = 4_000;

const columns = (db: Db) => db`
  a.id, m.name as "modelName", a.version, a.to, a.status, a.needed, a.comment, a.message, u.name as "askedBy", a.user_id as "userId",
  a.asked_at::float8 as "askedAt", a.ended_at::float8 as "endedAt",
  coalesce((select jsonb_agg(jsonb_build_object('userName', w.name, 'agrees', v.agrees, 'comment', v.comment, 'at', v.at) order by v.at)
    from approval_votes v join users w on w.id = v.user_id where v.approval_id = a.id), '[]') as votes`;

const approvalOf = ({ userId: _, ...row }: Row): Approval => row;

async function requireApproval(db: Db, workspaceId: string, id: string, isLocked = false): Promise<Row> {
  if (isLocked) await db`select id from approvals where id = ${id} and workspace_id = ${workspaceId} for update`;
  const [row] = await db<Row[]>`
    select ${columns(db)} from approvals a join registered_models m on m.id = a.model_id join users u on u.id = a.user_id
    where a.id = ${id} and a.workspace_id = ${workspaceId} and m.deleted_at is null`;
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no approval ${id}` });
  return row;
}

export async function listApprovals({ sql, caller }: CallContext, search: { name: string; limit: number; cursor?: string }) {
  const { name, limit, cursor } = search;
  const model = await requireModel(sql, caller.workspaceId, name);
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const rows = await sql<Row[]>`
    select ${columns(sql)} from approvals a join registered_models m on m.id = a.model_id join users u on u.id = a.user_id
    where a.model_id = ${model.id}
      ${after === null ? sql`` : sql`and (a.asked_at, a.id::text) < (${Number(after[0])}::float8, ${String(after[1])})`}
    order by a.asked_at desc, a.id::text desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return { approvals: page.map(approvalOf), nextCursor: rows.length > limit && end ? cursorOf([end.askedAt, end.id]) : null };
}

interface Asked {
  id?: string;
  name: string;
  version: number;
  to: Target;
  comment: string;
}

export function askApproval(context: CallContext, { id: given, name, version, to, comment }: Asked): Promise<Approval> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    const found = await requireVersion(tx, model, version);
    const [there] = given === undefined ? [] : await tx`select id from approvals where id = ${given}`;
    if (given !== undefined && there)
      return approvalOf(requireSame(await requireApproval(tx, caller.workspaceId, given), { name, version, to }));
    if ('stage' in to ? found.stage === to.stage : found.aliases.includes(to.alias)) {
      throw failure('CONFLICT', { field: 'to', reason: `version ${version} is there already: ${describeTarget(to)}` });
    }
    const [counted] = await tx<{ open: number; same: number }[]>`
      select count(*)::int as open, (count(*) filter (where version = ${version} and "to" = ${tx.json(to)}))::int as same
      from approvals where model_id = ${model.id} and status = 'open'`;
    if ((counted?.same ?? 0) > 0) {
      const reason = `somebody has asked already that version ${version} moves to ${describeTarget(to)}`;
      throw failure('CONFLICT', { field: 'to', reason, remedy: 'vote on what is open' });
    }
    if ((counted?.open ?? 0) >= MOST_OPEN)
      throw failure('CONFLICT', { field: '', reason: `${MOST_OPEN} approvals of this model are open already`, remedy: 'end some of them' });
    const id = given ?? randomUUID();
    const needed = Math.max(1, (await readGate(tx, model.id)).approvals);
    await tx`
      insert into approvals (id, workspace_id, model_id, version, "to", status, needed, comment, user_id, asked_at)
      values (${id}, ${caller.workspaceId}, ${model.id}, ${version}, ${tx.json(to)}, 'open', ${needed}, ${comment}, ${caller.userId}, ${now()})`;
    events.push(eventOf(model, 'approval.asked', { version, to }, { approval: id, needed, comment }));
    return approvalOf(await requireApproval(tx, caller.workspaceId, id));
  });
}

function requireSame(row: Row, { name, version, to }: { name: string; version: number; to: Target }): Row {
  if (row.modelName === name && row.version === version && describeTarget(row.to) === describeTarget(to)) return row;
  throw failure('CONFLICT', { field: 'id', reason: `the approval ${row.id} is of something else`, remedy: 'choose another id' });
}

const eventOf = (
  model: ModelRow,
  what: string,
  { version, to }: { version: number; to: Target },
  data: Record<string, unknown>,
): NewEvent => ({
  ...{ what, subject: subjectOf(model.id, version) },
  data: { name: model.name, version, to, ...data },
});

/** @throws FORBIDDEN for who asked, and below editor; CONFLICT where it has ended */
export function voteOnApproval(
  context: CallContext,
  { id, agrees, comment }: { id: string; agrees: boolean; comment: string },
): Promise<Approval> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const { approval, model } = await lockOpen(context, tx, id);
    if (approval.userId === caller.userId) {
      const reason = `${caller.userName} has asked for this, and nobody approves what he asked for himself`;
      throw failure('FORBIDDEN', { field: 'id', reason, remedy: 'ask somebody else, or withdraw it' });
    }
    await tx`
      insert into approval_votes (approval_id, user_id, agrees, comment, at)
      values (${id}, ${caller.userId}, ${agrees}, ${comment}, ${now()})
      on conflict (approval_id, user_id) do update set agrees = excluded.agrees, comment = excluded.comment, at = excluded.at`;
    events.push(eventOf(model, agrees ? 'approval.agreed' : 'approval.refused', approval, { approval: id, comment }));
    if (!agrees) await endApproval(tx, approval, 'refused', '', now());
    else events.push(...(await settle(context, tx, model, approval)));
    return approvalOf(await requireApproval(tx, caller.workspaceId, id));
  });
}

export function withdrawApproval(context: CallContext, id: string): Promise<Approval> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const { approval, model } = await lockOpen(context, tx, id);
    if (approval.userId !== caller.userId) requireRole(context, 'owner');
    await endApproval(tx, approval, 'withdrawn', '', now());
    events.push(eventOf(model, 'approval.withdrawn', approval, { approval: id }));
    return approvalOf(await requireApproval(tx, caller.workspaceId, id));
  });
}

/** The model first, as every change of it: two votes at once are counted one after the other. */
async function lockOpen({ caller, sql }: CallContext, tx: Db, id: string): Promise<{ approval: Row; model: ModelRow }> {
  const { modelName } = await requireApproval(sql, caller.workspaceId, id);
  const model = await lockModel(tx, caller.workspaceId, modelName);
  const approval = await requireApproval(tx, caller.workspaceId, id, true);
  if (approval.status === 'open') return { approval, model };
  throw failure('CONFLICT', { field: 'id', reason: `it has ended: ${approval.status}`, remedy: 'ask again' });
}

async function endApproval(tx: Db, { id }: Row, status: Approval['status'], message: string, now: number): Promise<void> {
  await tx`update approvals set status = ${status}, message = ${message}, ended_at = ${now} where id = ${id}`;
}

/** Moves the version where enough agree and the gate passes now; writes down why not where it does not. */
async function settle(context: CallContext, tx: Db, model: ModelRow, approval: Row): Promise<NewEvent[]> {
  const { id, version, to } = approval;
  const gate = await readGate(tx, model.id);
  const needed = Math.max(1, gate.approvals);
  const [counted] = await tx<{ agree: number }[]>`
    select count(*)::int as agree from approval_votes where approval_id = ${id} and agrees`;
  if ((counted?.agree ?? 0) < needed) {
    await tx`update approvals set needed = ${needed} where id = ${id}`;
    return [];
  }
  try {
    const events =
      'alias' in to
        ? await moveAlias(context, tx, { model, alias: to.alias, version, approved: true })
        : await changeLocked(context, tx, {
            model,
            change: { name: model.name, version, stage: to.stage, archiveExisting: false },
            approved: true,
          });
    await endApproval(tx, approval, 'approved', '', context.now());
    return [...events, eventOf(model, 'approval.approved', approval, { approval: id })];
  } catch (error) {
    // The gate's refusal, or a version that was deleted meanwhile; neither has written anything yet.
    if (!isFailure(error)) throw error;
    const message = error.data.issues
      .map(({ reason }) => reason)
      .join('\n')
      .slice(0, LONGEST_MESSAGE);
    await tx`update approvals set message = ${message}, needed = ${needed} where id = ${id}`;
    return [];
  }
}

/** After an evaluation: what waited only for the gate moves now, in the name of whoever agreed last. */
export async function settleWaiting(services: Services, { workspaceId, modelId }: { workspaceId: string; modelId: string }): Promise<void> {
  const { sql } = services;
  const waiting = await sql<{ id: string; userId: string; userName: string; role: Caller['role'] }[]>`
    select a.id, u.id as "userId", u.name as "userName", u.role
    from approvals a
    join lateral (select user_id from approval_votes v where v.approval_id = a.id and v.agrees order by v.at desc limit 1) last on true
    join users u on u.id = last.user_id
    where a.model_id = ${modelId} and a.workspace_id = ${workspaceId} and a.status = 'open' and a.message <> '' order by a.asked_at`;
  for (const { id, userId, userName, role } of waiting) {
    if (role === 'viewer') continue; // who lost the right since then moves nothing
    const caller: Caller = { userId, userName, workspaceId, role, via: 'token' };
    const context: CallContext = { ...services, caller, requestId: `approval ${id}` };
    await inOneChange(context, async (tx, { events }) => {
      const { approval, model } = await lockOpen(context, tx, id);
      events.push(...(await settle(context, tx, model, approval)));
    }).catch((error: unknown) => {
      if (!isFailure(error)) throw error; // it ended meanwhile
    });
  }
}
