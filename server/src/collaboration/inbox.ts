import type { Mention } from '@cellkeep/schema/collaboration';
import type { CallContext, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { type CommentRow, commentColumns, commentOf } from './comments.ts';
import { subjectName, subjectTables } from './subjects.ts';

type MentionRow = CommentRow & { subjectName: string; at: Date; readAt: Date | null };

export async function listInbox(
  { sql, caller }: CallContext,
  { limit, cursor, unread }: { limit: number; cursor?: string; unread: boolean },
) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const [rows, count] = await Promise.all([
    sql<MentionRow[]>`
      select ${commentColumns(sql)}, ${subjectName(sql)} as "subjectName", m.created_at as at, m.read_at as "readAt"
      from mentions m join comments c on c.id = m.comment_id join users u on u.id = c.user_id ${subjectTables(sql)}
      where m.user_id = ${caller.userId} ${unread ? sql`and m.read_at is null` : sql``}
        ${after === null ? sql`` : sql`and (m.created_at, m.comment_id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
      order by m.created_at desc, m.comment_id desc limit ${limit + 1}`,
    countUnread(sql, caller.userId),
  ]);
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  const mentions = page.map(({ subjectName: name, at, readAt, ...row }): Mention => {
    return { comment: commentOf(row), subjectName: name, at: at.getTime(), readAt: readAt?.getTime() ?? null };
  });
  return { mentions, unread: count, nextCursor: rows.length > limit && end ? cursorOf([end.at.getTime(), end.id]) : null };
}

/** @param commentIds undefined: all of them */
export async function readInbox({ sql, caller, now, live }: CallContext, commentIds: string[] | undefined): Promise<number> {
  const { workspaceId, userId } = caller;
  const read = await sql`
    update mentions set read_at = ${new Date(now())} where user_id = ${userId} and read_at is null
      ${commentIds ? sql`and comment_id = any(${commentIds}::uuid[])` : sql``} returning comment_id`;
  // Their other windows count down with this one.
  if (read.length > 0) live.publish({ workspaceId, topic: 'inbox', payload: { userIds: [userId] } });
  return countUnread(sql, userId);
}

export async function countUnread(db: Db, userId: string): Promise<number> {
  const [row] = await db<{ count: number }[]>`select count(*)::int as count from mentions where user_id = ${userId} and read_at is null`;
  return row?.count ?? 0;
}
