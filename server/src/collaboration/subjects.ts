import { partsOf, type Subject } from '@cellkeep/schema/collaboration';
import type { Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';

/** Throws NOT_FOUND where this workspace has no such thing. What is deleted is still there to be spoken of. */
export async function requireSubject(db: Db, workspaceId: string, subject: Subject): Promise<void> {
  const [kind, id] = partsOf(subject);
  const found = {
    run: () => db`select 1 from runs where workspace_id = ${workspaceId} and id = ${id}`,
    experiment: () => db`select 1 from experiments where workspace_id = ${workspaceId} and id = ${id}`,
    report: () => db`select 1 from reports where workspace_id = ${workspaceId} and id = ${id}`,
  }[kind];
  if ((await found()).length === 0) throw failure('NOT_FOUND', { field: 'subject', reason: `no ${kind} ${id}` });
}

/** Name of what comment `c` is about, as a column; joined with what `subjectTables` names. */
export const subjectName = (db: Db) => db`coalesce(r.name, e.name, p.title, '')`;

export const subjectTables = (db: Db) => db`
  left join runs r on r.id = case when c.subject like 'run:%' then substr(c.subject, 5)::uuid end
  left join experiments e on e.id = case when c.subject like 'experiment:%' then substr(c.subject, 12)::bigint end
  left join reports p on p.id = case when c.subject like 'report:%' then substr(c.subject, 8)::uuid end`;
