/** Where a notebook is. Paths are one user's own: two users' `Untitled.ipynb` are two notebooks. */
import { randomUUID } from 'node:crypto';
import type { Caller, Db } from '../core/context.ts';

type Who = Pick<Caller, 'workspaceId' | 'userId'>;

/** The user's notebook at this path, made where there is none. */
export async function notebookAt(db: Db, who: Who, path: string, now: number): Promise<string> {
  const [row] = await db<{ id: string }[]>`
    insert into notebooks (id, workspace_id, user_id, path, created_at, updated_at)
    values (${randomUUID()}, ${who.workspaceId}, ${who.userId}, ${path}, ${new Date(now)}, ${new Date(now)})
    on conflict (workspace_id, md5(path), user_id) where replaced_at is null do update set updated_at = excluded.updated_at
    returning id`;
  if (!row) throw new Error('an upsert answers a row');
  return row.id;
}

/**
 * Ids of the notebooks that a person means by a path, as a subquery: the own one, else those of others. The index is of the path's hash.
 */
export function notebooksAt(db: Db, who: Who, path: string) {
  const at = db`
    n.workspace_id = ${who.workspaceId} and md5(n.path) = md5(${path}) and n.path = ${path} and n.replaced_at is null`;
  return db`
    select n.id from notebooks n where ${at}
      and (n.user_id = ${who.userId} or not exists (select from notebooks n where ${at} and n.user_id = ${who.userId}))`;
}

async function findNotebook(db: Db, who: Who, path: string): Promise<string | null> {
  const [row] = await db<{ id: string }[]>`
    select id from notebooks
    where workspace_id = ${who.workspaceId} and md5(path) = md5(${path}) and path = ${path} and user_id = ${who.userId} and replaced_at is null`;
  return row?.id ?? null;
}

/**
 * The notebook at `from`, or all below where `from` is a folder, is at `to` now.
 * @returns how many were moved
 */
export async function moveNotebooks(db: Db, who: Who, from: string, to: string, now: number): Promise<number> {
  if (from === to) return 0;
  const moving = await db<{ id: string; path: string }[]>`
    select id, path from notebooks
    where workspace_id = ${who.workspaceId} and user_id = ${who.userId} and replaced_at is null
      and (path = ${from} or starts_with(path, ${`${from}/`}))
    order by id for update`;
  for (const { id, path } of moving) {
    const target = to + path.slice(from.length);
    await takeBack(db, who, id, target);
    await db`
      update notebooks set replaced_at = ${new Date(now)}
      where workspace_id = ${who.workspaceId} and user_id = ${who.userId} and md5(path) = md5(${target}) and path = ${target}
        and replaced_at is null and id <> ${id}`;
    await db`update notebooks set path = ${target}, updated_at = ${new Date(now)} where id = ${id}`;
  }
  return moving.length;
}

/** Sessions that went ahead to the target, and their runs, belong to the notebook that now comes after them. */
async function takeBack(db: Db, who: Who, id: string, target: string): Promise<void> {
  await db`
    with ahead as (
      update sessions s set notebook_id = ${id}, came_from = null from notebooks n
      where s.came_from = ${id} and s.notebook_id = n.id and n.id <> ${id} and n.workspace_id = ${who.workspaceId}
        and n.user_id = ${who.userId} and md5(n.path) = md5(${target}) and n.path = ${target} and n.replaced_at is null
      returning s.id
    ),
    their_snapshots as (update snapshots x set notebook_id = ${id} from ahead where x.session_id = ahead.id),
    their_checkpoints as (update checkpoints x set notebook_id = ${id} from ahead where x.session_id = ahead.id)
    update runs r set notebook_id = ${id} from ahead where r.session_id = ahead.id`;
}

/**
 * A kernel says where its notebook is. Somebody may have said so already, of the notebook itself; then the session, which may have
 * started under a path that was old, joins it. A session without a notebook gets one.
 * @returns false where there is no such session
 */
export async function moveSession(db: Db, who: Who, sessionId: string, path: string, now: number): Promise<boolean> {
  const [session] = await db<{ notebookId: string | null; path: string | null }[]>`
    select s.notebook_id as "notebookId", n.path from sessions s left join notebooks n on n.id = s.notebook_id
    where s.id = ${sessionId} and s.workspace_id = ${who.workspaceId} and s.user_id = ${who.userId} for update of s`;
  if (!session) return false;
  if (session.path === path) return true;
  const there = await findNotebook(db, who, path);
  if (!there && session.path !== null) {
    await moveNotebooks(db, who, session.path, path, now);
    return true;
  }
  const notebookId = there ?? (await notebookAt(db, who, path, now));
  await db`update sessions set notebook_id = ${notebookId}, came_from = ${session.notebookId} where id = ${sessionId}`;
  for (const table of ['runs', 'snapshots', 'checkpoints']) {
    await db`update ${db(table)} set notebook_id = ${notebookId} where session_id = ${sessionId}`;
  }
  if (session.notebookId) await forgetIfEmpty(db, session.notebookId);
  return true;
}

/** A path that only a kernel's stale start named is no notebook. */
async function forgetIfEmpty(db: Db, id: string): Promise<void> {
  await db`
    delete from notebooks n where n.id = ${id}
      and not exists (select from sessions s where s.notebook_id = n.id) and not exists (select from runs r where r.notebook_id = n.id)
      and not exists (select from snapshots x where x.notebook_id = n.id) and not exists (select from checkpoints x where x.notebook_id = n.id)`;
}
