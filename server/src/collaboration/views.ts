import { randomUUID } from 'node:crypto';
import { MOST_VIEWS, type SavedView } from '@cellkeep/schema/collaboration';
import { mayAct, requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';

type Row = Omit<SavedView, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date };

const viewOf = (row: Row): SavedView => ({ ...row, createdAt: row.createdAt.getTime(), updatedAt: row.updatedAt.getTime() });

const columns = (db: Db) => db`
  v.id, v.name, v.experiment_id as "experimentId", v.state, v.shared, v.user_id as "userId", u.name as "userName",
  v.created_at as "createdAt", v.updated_at as "updatedAt"`;

interface ViewSearch {
  limit: number;
  cursor?: string;
  experimentId?: string;
}

export async function listViews({ sql, caller }: CallContext, { limit, cursor, experimentId }: ViewSearch) {
  const after = cursor === undefined ? null : readCursor(cursor, ['string', 'string']);
  const rows = await sql<Row[]>`
    select ${columns(sql)} from saved_views v join users u on u.id = v.user_id
    where v.workspace_id = ${caller.workspaceId} and (v.shared or v.user_id = ${caller.userId})
      ${experimentId === undefined ? sql`` : sql`and (v.experiment_id is null or v.experiment_id = ${experimentId})`}
      ${after === null ? sql`` : sql`and (v.name, v.id) > (${String(after[0])}, ${String(after[1])}::uuid)`}
    order by v.name, v.id limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return { views: page.map(viewOf), nextCursor: rows.length > limit && end ? cursorOf([end.name, end.id]) : null };
}

type NewView = Pick<SavedView, 'name' | 'experimentId' | 'state' | 'shared'>;

export async function createView(context: CallContext, { name, experimentId, state, shared }: NewView): Promise<SavedView> {
  const { sql, caller, now } = context;
  if (shared) requireRole(context, 'editor');
  const view = await sql.begin(async (tx) => {
    if (experimentId !== null) {
      const [there] = await tx`select id from experiments where workspace_id = ${caller.workspaceId} and id = ${experimentId}`;
      if (!there) throw failure('NOT_FOUND', { field: 'experimentId', reason: `no experiment ${experimentId}` });
    }
    const [kept] = await tx<{ count: number }[]>`
      select count(*)::int as count from saved_views where workspace_id = ${caller.workspaceId} and user_id = ${caller.userId}`;
    if ((kept?.count ?? 0) >= MOST_VIEWS) {
      throw failure('CONFLICT', { field: '', reason: `you keep ${kept?.count} views, which is the most`, remedy: 'delete some first' });
    }
    const at = new Date(now());
    const row: Row = {
      ...{ id: randomUUID(), name, experimentId, state, shared, userId: caller.userId, userName: caller.userName },
      ...{ createdAt: at, updatedAt: at },
    };
    await tx`
      insert into saved_views (id, workspace_id, user_id, experiment_id, name, state, shared, created_at, updated_at)
      values (${row.id}, ${caller.workspaceId}, ${row.userId}, ${experimentId}, ${name}, ${state}, ${shared}, ${at}, ${at})`;
    await logView(tx, context, 'view.created', { after: row });
    return viewOf(row);
  });
  publish(context, view);
  return view;
}

type ViewChange = Partial<Pick<SavedView, 'name' | 'state' | 'shared'>> & { id: string };

export async function updateView(context: CallContext, change: ViewChange): Promise<SavedView> {
  const { sql, now } = context;
  let wasShared = false;
  const view = await sql.begin(async (tx) => {
    const before = await lockView(tx, context, change.id);
    wasShared = before.shared;
    const after: Row = {
      ...before,
      ...{ name: change.name ?? before.name, state: change.state ?? before.state, shared: change.shared ?? before.shared },
      updatedAt: new Date(now()),
    };
    if (after.shared) requireRole(context, 'editor');
    await tx`
      update saved_views set name = ${after.name}, state = ${after.state}, shared = ${after.shared}, updated_at = ${after.updatedAt}
      where id = ${after.id}`;
    await logView(tx, context, 'view.updated', { before, after });
    return viewOf(after);
  });
  publish(context, { ...view, shared: view.shared || wasShared });
  return view;
}

export async function deleteView(context: CallContext, id: string): Promise<void> {
  const view = await context.sql.begin(async (tx) => {
    const before = await lockView(tx, context, id);
    await tx`delete from saved_views where id = ${id}`;
    await logView(tx, context, 'view.deleted', { before });
    return before;
  });
  publish(context, view);
}

/** A private view of somebody else is not there, also for an owner: its name may say what its maker is after. */
async function lockView(tx: Db, { caller }: CallContext, id: string): Promise<Row> {
  const [row] = await tx<Row[]>`
    select ${columns(tx)} from saved_views v join users u on u.id = v.user_id
    where v.workspace_id = ${caller.workspaceId} and v.id = ${id} and (v.shared or v.user_id = ${caller.userId}) for update of v`;
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no view ${id}` });
  if (row.userId === caller.userId || mayAct(caller.role, 'owner')) return row;
  const reason = `the view ${JSON.stringify(row.name)} is ${row.userName}'s`;
  throw failure('FORBIDDEN', { field: 'id', reason, remedy: 'save your own copy, or ask its maker or an owner of this workspace' });
}

/** Everybody may read the log: of a private view it says only that there is one. */
async function logView(tx: Db, { caller }: CallContext, what: string, { before, after }: { before?: Row; after?: Row }): Promise<void> {
  const view = after ?? before;
  if (!view) return;
  const kept = (row: Row | undefined) => row && { name: row.name, state: row.state, shared: row.shared };
  const data = { shared: view.shared, ...(view.shared ? { name: view.name } : {}) };
  await appendEvent(tx, caller, { what, subject: `view:${view.id}`, before: kept(before), after: kept(after), data });
}

function publish(
  { live, caller }: CallContext,
  { experimentId, shared, userId }: Pick<SavedView, 'experimentId' | 'shared' | 'userId'>,
): void {
  const { workspaceId } = caller;
  live.publish({ workspaceId, topic: 'view', experimentId: experimentId ?? undefined, payload: { userId: shared ? null : userId } });
}
