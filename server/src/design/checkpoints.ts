/** Kept variables. What they hold are parts, put before; a checkpoint that names one that is not there is refused, and nothing changes. */
import type { Checkpoint, CheckpointInput } from '@cellkeep/schema/design';
import type { JSONValue } from 'postgres';
import type { CallContext, Caller, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { notebooksAt } from './notebooks.ts';
import { missingParts } from './parts.ts';

type Who = Pick<Caller, 'workspaceId' | 'userId'>;

/** Storing it again changes nothing; another one under its id is a conflict. */
export async function putCheckpoint({ sql, caller, now }: CallContext, given: CheckpointInput): Promise<Checkpoint> {
  return sql.begin(async (tx) => {
    const [session] = await tx<{ notebookId: string | null }[]>`
      select notebook_id as "notebookId" from sessions
      where id = ${given.sessionId} and workspace_id = ${caller.workspaceId} and user_id = ${caller.userId}`;
    if (!session) throw failure('NOT_FOUND', { field: 'sessionId', reason: `you have no session ${given.sessionId}` });
    await requireParts(tx, caller, given, now());
    const stored = await tx`
      insert into checkpoints (id, workspace_id, user_id, session_id, notebook_id, snapshot_id, label, taken_at, python, variables)
      values (${given.id}, ${caller.workspaceId}, ${caller.userId}, ${given.sessionId}, ${session.notebookId}, ${given.snapshotId},
        ${given.label}, ${given.takenAt}, ${given.python}, ${tx.json(given.variables as unknown as JSONValue)})
      on conflict (id) do nothing returning id`;
    const [there] = await read(tx, caller, tx`and c.id = ${given.id}`, 1);
    if (!there?.isOwn || there.takenAt !== given.takenAt || there.sessionId !== given.sessionId) {
      throw failure('CONFLICT', { field: 'id', reason: `there is another checkpoint ${given.id}`, remedy: 'choose a new id' });
    }
    if (stored.length > 0) {
      const data = { variables: given.variables.length, bytes: sizeOf(given) };
      await appendEvent(tx, caller, { what: 'checkpoint.kept', subject: `checkpoint:${given.id}`, data });
    }
    return there;
  });
}

const sizeOf = ({ variables }: CheckpointInput): number => variables.reduce((sum, { size }) => sum + size, 0);

async function requireParts(db: Db, { workspaceId }: Who, { variables }: CheckpointInput, now: number): Promise<void> {
  const missing = await missingParts(
    db,
    workspaceId,
    variables.flatMap(({ parts }) => parts),
    now,
  );
  if (missing.length === 0) return;
  const first = missing
    .slice(0, 5)
    .map((digest) => digest.slice(0, 12))
    .join(', ');
  throw failure('BAD_REQUEST', {
    field: 'variables',
    reason: `parts are not stored: ${first}${missing.length > 5 ? ', …' : ''}`,
    remedy: 'put them first (PUT /api/v1/parts/{digest}?kind=variable)',
  });
}

export async function requireCheckpoint(db: Db, who: Who, id: string): Promise<Checkpoint> {
  const [found] = await read(db, who, db`and c.id = ${id}`, 1);
  if (!found) throw failure('NOT_FOUND', { field: 'id', reason: `no checkpoint ${id}` });
  return found;
}

export interface CheckpointSearch {
  limit: number;
  cursor?: string;
  notebookPath?: string;
  sessionId?: string;
}

/** Newest first. */
export async function listCheckpoints(db: Db, who: Who, { limit, cursor, notebookPath, sessionId }: CheckpointSearch) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const rows = await read(
    db,
    who,
    db`
      ${notebookPath === undefined ? db`` : db`and c.notebook_id in (${notebooksAt(db, who, notebookPath)})`}
      ${sessionId === undefined ? db`` : db`and c.session_id = ${sessionId}`}
      ${after === null ? db`` : db`and (c.taken_at, c.id) < (${Number(after[0])}, ${String(after[1])}::uuid)`}`,
    limit + 1,
  );
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return { checkpoints: page, nextCursor: rows.length > limit && end ? cursorOf([end.takenAt, end.id]) : null };
}

/** Its maker may, and an owner of the workspace. */
export async function deleteCheckpoint({ sql, caller }: CallContext, id: string): Promise<{ deleted: boolean }> {
  return sql.begin(async (tx) => {
    const there = await requireCheckpoint(tx, caller, id);
    if (!there.isOwn && caller.role !== 'owner') {
      throw failure('FORBIDDEN', {
        field: 'id',
        reason: `it is ${there.userName}'s`,
        remedy: 'ask its maker, or an owner of the workspace',
      });
    }
    await tx`delete from checkpoints where id = ${id}`;
    await appendEvent(tx, caller, { what: 'checkpoint.deleted', subject: `checkpoint:${id}`, data: { label: there.label } });
    return { deleted: true };
  });
}

function read(db: Db, who: Who, where: ReturnType<Db>, limit: number) {
  return db<Checkpoint[]>`
    select c.id, c.session_id as "sessionId", c.snapshot_id as "snapshotId", c.label, c.taken_at::float8 as "takenAt", c.python, c.variables,
      c.user_id as "userId", u.name as "userName", c.user_id = ${who.userId} as "isOwn", n.path as "notebookPath"
    from checkpoints c join users u on u.id = c.user_id left join notebooks n on n.id = c.notebook_id
    where c.workspace_id = ${who.workspaceId} ${where} order by c.taken_at desc, c.id desc limit ${limit}`;
}
