import { randomUUID } from 'node:crypto';
import { type Comment, findMentions, type Person, type Subject } from '@cellkeep/schema/collaboration';
import { mayAct, requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { requireSubject } from './subjects.ts';

export type CommentRow = Omit<Comment, 'createdAt' | 'editedAt'> & { createdAt: Date; editedAt: Date | null };

export const commentOf = (row: CommentRow): Comment => ({
  ...row,
  createdAt: row.createdAt.getTime(),
  editedAt: row.editedAt?.getTime() ?? null,
});

/** Of comment `c` by user `u`. */
export const commentColumns = (db: Db) => db`
  c.id, c.subject, c.body, jsonb_build_object('id', u.id, 'name', u.name) as by, c.created_at as "createdAt", c.edited_at as "editedAt",
  (select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name) order by w.name), '[]')
    from mentions n join users w on w.id = n.user_id where n.comment_id = c.id) as mentions`;

export async function listComments(
  { sql, caller }: CallContext,
  { subject, limit, cursor }: { subject: Subject; limit: number; cursor?: string },
) {
  const { workspaceId } = caller;
  await requireSubject(sql, workspaceId, subject);
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const [rows, [counted]] = await Promise.all([
    sql<CommentRow[]>`
      select ${commentColumns(sql)} from comments c join users u on u.id = c.user_id
      where c.workspace_id = ${workspaceId} and c.subject = ${subject} and c.deleted_at is null
        ${after === null ? sql`` : sql`and (c.created_at, c.id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
      order by c.created_at desc, c.id desc limit ${limit + 1}`,
    sql<{ total: number }[]>`
      select count(*)::int as total from comments where workspace_id = ${workspaceId} and subject = ${subject} and deleted_at is null`,
  ]);
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    comments: page.map(commentOf),
    nextCursor: rows.length > limit && end ? cursorOf([end.createdAt.getTime(), end.id]) : null,
    total: counted?.total ?? 0,
  };
}

export async function createComment(context: CallContext, { subject, body }: { subject: Subject; body: string }): Promise<Comment> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const [comment, told] = await sql.begin(async (tx): Promise<[Comment, string[]]> => {
    await requireSubject(tx, caller.workspaceId, subject);
    const [id, at] = [randomUUID(), new Date(now())];
    await tx`
      insert into comments (id, workspace_id, user_id, subject, body, created_at)
      values (${id}, ${caller.workspaceId}, ${caller.userId}, ${subject}, ${body}, ${at})`;
    const told = await writeMentions(tx, context, id, body);
    await appendEvent(tx, caller, { what: 'comment.created', subject: `comment:${id}`, after: { body }, data: { on: subject } });
    return [await readComment(tx, caller.workspaceId, id), told];
  });
  publish(context, 'created', comment, told);
  return comment;
}

/** Only who wrote it: an owner may take words away, but puts none into another's mouth. */
export async function updateComment(context: CallContext, { id, body }: { id: string; body: string }): Promise<Comment> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const [comment, told] = await sql.begin(async (tx): Promise<[Comment, string[]]> => {
    const before = await readComment(tx, caller.workspaceId, id, true);
    if (before.by.id !== caller.userId) throw notYours(before, 'answer with a comment of your own');
    if (before.body === body) return [before, []];
    await tx`update comments set body = ${body}, edited_at = ${new Date(now())} where id = ${id}`;
    const told = await writeMentions(tx, context, id, body);
    const data = { on: before.subject };
    await appendEvent(tx, caller, {
      what: 'comment.edited',
      subject: `comment:${id}`,
      before: { body: before.body },
      after: { body },
      data,
    });
    return [await readComment(tx, caller.workspaceId, id), told];
  });
  publish(context, 'edited', comment, told);
  return comment;
}

/** What was written is gone (it may have been a secret); that there was something stays in the log. */
export async function deleteComment(context: CallContext, id: string): Promise<void> {
  const { sql, caller, now } = context;
  const [comment, told] = await sql.begin(async (tx): Promise<[Comment, string[]]> => {
    const before = await readComment(tx, caller.workspaceId, id, true);
    if (before.by.id !== caller.userId && !mayAct(caller.role, 'owner'))
      throw notYours(before, 'ask an owner of this workspace to remove it');
    await tx`update comments set body = '', deleted_at = ${new Date(now())} where id = ${id}`;
    await tx`delete from mentions where comment_id = ${id}`;
    const data = { on: before.subject, by: before.by.name };
    await appendEvent(tx, caller, { what: 'comment.deleted', subject: `comment:${id}`, before: { body: before.body }, data });
    return [{ ...before, body: '', mentions: [] }, before.mentions.map((who) => who.id)];
  });
  publish(context, 'deleted', comment, told);
}

const notYours = ({ by }: Comment, remedy: string) =>
  failure('FORBIDDEN', { field: 'id', reason: `${by.name} wrote this comment`, remedy });

async function readComment(db: Db, workspaceId: string, id: string, isLocked = false): Promise<Comment> {
  const [row] = await db<CommentRow[]>`
    select ${commentColumns(db)} from comments c join users u on u.id = c.user_id
    where c.workspace_id = ${workspaceId} and c.id = ${id} and c.deleted_at is null ${isLocked ? db`for update of c` : db``}`;
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no comment ${id}` });
  return commentOf(row);
}

/** Makes the mentions those of the text; one that stays keeps whether it was read. @returns whose inbox is different now */
async function writeMentions(tx: Db, { caller, now }: CallContext, commentId: string, body: string): Promise<string[]> {
  const people = body.includes('@')
    ? await tx<Person[]>`select id, name from users where workspace_id = ${caller.workspaceId} and not disabled and id <> ${caller.userId}`
    : [];
  const ids = [...new Set(findMentions(body, people).map(({ who }) => who.id))].sort();
  const gone = await tx<{ userId: string }[]>`
    delete from mentions where comment_id = ${commentId} and not (user_id = any(${ids}::uuid[])) returning user_id as "userId"`;
  const added = await tx<{ userId: string }[]>`
    insert into mentions (comment_id, user_id, created_at)
    select ${commentId}, id, ${new Date(now())} from unnest(${ids}::uuid[]) as i (id) on conflict do nothing returning user_id as "userId"`;
  return [...gone, ...added].map(({ userId }) => userId);
}

function publish({ live, caller }: CallContext, change: 'created' | 'edited' | 'deleted', comment: Comment, told: string[]): void {
  const { workspaceId } = caller;
  live.publish({ workspaceId, topic: 'comment', payload: { change, comment } });
  if (told.length > 0) live.publish({ workspaceId, topic: 'inbox', payload: { userIds: told } });
}
