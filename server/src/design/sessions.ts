import type { SessionInput } from '@cellkeep/schema/design';
import type { Caller, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { notebookAt } from './notebooks.ts';

/** Known once: its children and a replayed spool say it again. */
export async function startSession(db: Db, caller: Caller, session: SessionInput, now: number): Promise<void> {
  const [there] = await db<{ workspaceId: string; userId: string }[]>`
    select workspace_id as "workspaceId", user_id as "userId" from sessions where id = ${session.id}`;
  if (there) {
    if (there.workspaceId === caller.workspaceId && there.userId === caller.userId) return;
    throw failure('CONFLICT', { field: 'session.id', reason: `session ${session.id} belongs to somebody else` });
  }
  const notebookId = session.notebookPath ? await notebookAt(db, caller, session.notebookPath, now) : null;
  await db`
    insert into sessions (id, workspace_id, user_id, notebook_id, kind, script, kernel, python, host, pid, started_at)
    values (${session.id}, ${caller.workspaceId}, ${caller.userId}, ${notebookId}, ${session.kind}, ${session.script}, ${session.kernel},
      ${session.python}, ${session.host}, ${session.pid}, ${session.startedAt})
    on conflict (id) do nothing`;
  // A run that another client of this process (MLflow's) has told of at once is here before the kernel's own batch.
  if (notebookId) await db`update runs set notebook_id = ${notebookId} where session_id = ${session.id} and notebook_id is null`;
}

/** @returns false where there is no such session */
export async function endSession(db: Db, caller: Caller, id: string, at: number): Promise<boolean> {
  const rows = await db`
    update sessions set ended_at = ${at} where id = ${id} and workspace_id = ${caller.workspaceId} and user_id = ${caller.userId} returning id`;
  return rows.length > 0;
}
