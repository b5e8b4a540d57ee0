import type { Execution, ExecutionInput } from '@cellkeep/schema/design';
import type { JSONValue } from 'postgres';
import type { Caller, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { notebooksAt } from './notebooks.ts';
import { missingParts } from './parts.ts';

/**
 * Sent when it starts and again when it ends; of several with one id the last one counts, but none of a running one undoes an end.
 * @returns ids of those whose session is unknown, which are not stored
 */
export async function storeExecutions(db: Db, caller: Caller, given: readonly ExecutionInput[], now: number): Promise<Set<string>> {
  if (given.length === 0) return new Set();
  // Named from now on. What never came is shown as missing; that is no reason to refuse what ran.
  await missingParts(
    db,
    caller.workspaceId,
    given.flatMap(({ outputs }) => outputs),
    now,
  );
  const last = new Map(given.map((execution) => [execution.id, execution]));
  const rows = [...last.values()].sort((a, b) => (a.id < b.id ? -1 : 1)); // in one order for everybody
  const stored = await db<{ id: string }[]>`
    insert into executions (id, workspace_id, session_id, cell_id, "order", execution_count, source, started_at, duration_ms, status, error,
      reads, writes, flow, outputs)
    select e.id, ${caller.workspaceId}, s.id, e."cellId", e."order", e."executionCount", e.source, e."startedAt", e."durationMs", e.status,
      nullif(e.error, 'null'), e.reads, e.writes, nullif(e.flow, 'null'), e.outputs
    from jsonb_to_recordset(${db.json(rows as unknown as JSONValue)}) as e (id uuid, "sessionId" uuid, "cellId" text, "order" int,
      "executionCount" int, source text, "startedAt" bigint, "durationMs" float8, status text, error jsonb, reads text[], writes text[], flow jsonb,
      outputs text[])
    join sessions s on s.id = e."sessionId" and s.workspace_id = ${caller.workspaceId} and s.user_id = ${caller.userId}
    on conflict (id) do update set status = excluded.status, duration_ms = excluded.duration_ms, error = excluded.error,
      execution_count = excluded.execution_count, source = excluded.source, reads = excluded.reads, writes = excluded.writes,
      flow = excluded.flow, outputs = excluded.outputs
    where executions.session_id = excluded.session_id and executions.workspace_id = excluded.workspace_id
      and (executions.status = 'running' or excluded.status <> 'running')
    returning id`;
  const known = new Set(stored.map(({ id }) => id));
  const left = rows.filter(({ id }) => !known.has(id));
  if (left.length === 0) return new Set();
  // What an older word could not change is stored all the same.
  const there = await db<{ id: string }[]>`
    select id from executions where id = any(${left.map(({ id }) => id)}::uuid[]) and workspace_id = ${caller.workspaceId}`;
  const kept = new Set(there.map(({ id }) => id));
  return new Set(left.map(({ id }) => id).filter((id) => !kept.has(id)));
}

export interface ExecutionSearch {
  limit: number;
  cursor?: string;
  runId?: string;
  sessionId?: string;
  notebookPath?: string;
  cellId?: string;
}

/** Those of a run: from the one that started it to its end, within its session. */
export async function listExecutions(
  db: Db,
  who: Pick<Caller, 'workspaceId' | 'userId'>,
  { limit, cursor, runId, sessionId, notebookPath, cellId }: ExecutionSearch,
): Promise<{ executions: Execution[]; nextCursor: string | null }> {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string', 'number']);
  const rows = await db<(Execution & { sessionStart: number })[]>`
    select s.started_at::float8 as "sessionStart", e.id, e.session_id as "sessionId", e.cell_id as "cellId", e."order", e.execution_count as "executionCount", e.source,
      e.started_at::float8 as "startedAt", e.duration_ms as "durationMs", e.status, e.error, e.reads, e.writes, e.flow, e.outputs, n.path as "notebookPath",
      array(select replace(r.id::text, '-', '') from runs r where r.execution_id = e.id order by r.started_at, r.id) as "runIds"
    from executions e join sessions s on s.id = e.session_id left join notebooks n on n.id = s.notebook_id
    where e.workspace_id = ${who.workspaceId}
      ${sessionId === undefined ? db`` : db`and e.session_id = ${sessionId}`}
      ${cellId === undefined ? db`` : db`and e.cell_id = ${cellId}`}
      ${notebookPath === undefined ? db`` : db`and s.notebook_id in (${notebooksAt(db, who, notebookPath)})`}
      ${runId === undefined ? db`` : ofRun(db, who.workspaceId, runId)}
      ${after === null ? db`` : db`and (s.started_at, s.id, e."order") > (${Number(after[0])}, ${String(after[1])}::uuid, ${Number(after[2])})`}
    order by s.started_at, s.id, e."order" limit ${limit + 1}`; // not by the executions' own clock, which may run backwards
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    executions: page.map(({ sessionStart: _, ...execution }) => execution),
    nextCursor: rows.length > limit && end ? cursorOf([end.sessionStart, end.sessionId, end.order]) : null,
  };
}

function ofRun(db: Db, workspaceId: string, runId: string) {
  return db`and exists (
    select from runs r left join executions first on first.id = r.execution_id
    where r.id = ${runId} and r.workspace_id = ${workspaceId} and r.session_id = e.session_id and (
      e.id = r.execution_id or (
        e."order" >= coalesce(first."order", 0)
        and e.started_at + coalesce(e.duration_ms, 0) >= r.started_at
        and (r.ended_at is null or e.started_at <= r.ended_at)
      )
    ))`;
}
