/** Snapshots as their readers see them: in lists without what they hold, one by one with it. */
import type { KernelRecord, NotebookDocument, Snapshot, SnapshotSummary } from '@cellkeep/schema/design';
import type { PendingQuery, Row as SqlRow } from 'postgres';
import type { Caller, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { failure } from '../core/failure.ts';
import { countChanges, type Step } from './changedCells.ts';
import { readManifest } from './manifest.ts';
import { notebooksAt } from './notebooks.ts';

type Who = Pick<Caller, 'workspaceId' | 'userId'>;

interface SummaryRow extends Omit<SnapshotSummary, 'changed'> {
  digest: string | null;
  previousId: string | null;
  previousDigest: string | null;
}

/** Links `x` of a snapshot `o` to its run `r`. They count where whoever took it has logged the run too, whoever else wrote down its id. */
export const ownRuns = (db: Db) => db`
  run_snapshots x join runs r on r.id = x.run_id join snapshots o on o.id = x.snapshot_id and o.workspace_id = r.workspace_id and o.user_id = r.user_id`;

function summaries(db: Db, workspaceId: string, which: PendingQuery<SqlRow[]>) {
  return db<SummaryRow[]>`
    select s.id, s.reason, s.label, s.taken_at::float8 as "takenAt", u.name as "userName", s.notebook_id as "notebookId",
      n.path as "notebookPath", s.session_id as "sessionId", s.last_order as "lastOrder", runs.first as runs, runs.count as "runCount",
      s.document is not null as "hasDocument", s.kernel is not null as "hasKernel", s.cell_count as "cellCount",
      s.finding_count as "findingCount", encode(s.document_digest, 'hex') as digest, p.id as "previousId",
      encode(p.document_digest, 'hex') as "previousDigest"
    from (${which}) s join users u on u.id = s.user_id left join notebooks n on n.id = s.notebook_id
    left join lateral (
      select p.id, p.document_digest from snapshots p
      where p.notebook_id = s.notebook_id and p.document is not null and p.taken_at <= s.taken_at and (p.taken_at < s.taken_at or p.id > s.id)
      order by p.taken_at desc, p.id limit 1
    ) p on s.document is not null
    cross join lateral (
      select count(distinct r.id)::int as count, coalesce(json_agg(json_build_object(
        'id', replace(r.id::text, '-', ''), 'name', r.name, 'reason', r.reason) order by r.at) filter (where r.at <= 20), '[]') as first
      from (
        select r.id, r.name, x.reason, row_number() over (order by r.started_at, r.id, x.reason) as at
        from ${ownRuns(db)}
        where x.snapshot_id = s.id and r.workspace_id = ${workspaceId} and r.deleted_at is null
      ) r
    ) runs
    order by s.taken_at desc, s.id`;
}

async function withChanges(db: Db, rows: readonly SummaryRow[]): Promise<SnapshotSummary[]> {
  const steps = rows.map(({ id, digest, previousId, previousDigest }): Step | null =>
    digest && previousId && previousDigest ? { before: { id: previousId, digest: previousDigest }, after: { id, digest } } : null,
  );
  const counts = await countChanges(
    db,
    steps.filter((step) => step !== null),
  );
  let next = 0;
  return rows.map(({ digest: _, previousId: __, previousDigest: ___, ...summary }, i) => ({
    ...summary,
    changed: steps[i] ? (counts[next++] ?? null) : null,
  }));
}

export interface SnapshotSearch {
  limit: number;
  cursor?: string;
  notebookPath?: string;
  notebookId?: string;
  runId?: string;
  sessionId?: string;
}

export async function listSnapshots(
  db: Db,
  who: Who,
  { limit, cursor, notebookPath, notebookId, runId, sessionId }: SnapshotSearch,
): Promise<{ snapshots: SnapshotSummary[]; nextCursor: string | null }> {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const rows = await summaries(
    db,
    who.workspaceId,
    db`select s.* from snapshots s where s.workspace_id = ${who.workspaceId}
      ${notebookId === undefined ? db`` : db`and s.notebook_id = ${notebookId}`}
      ${notebookPath === undefined ? db`` : db`and s.notebook_id in (${notebooksAt(db, who, notebookPath)})`}
      ${sessionId === undefined ? db`` : db`and s.session_id = ${sessionId}`}
      ${runId === undefined ? db`` : db`and s.id in (${snapshotsOfRun(db, who.workspaceId, runId)})`}
      ${after === null ? db`` : db`and s.taken_at <= ${Number(after[0])} and (s.taken_at < ${Number(after[0])} or s.id > ${String(after[1])}::uuid)`}
      order by s.taken_at desc, s.id limit ${limit + 1}`,
  );
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    snapshots: await withChanges(db, page),
    nextCursor: rows.length > limit && end ? cursorOf([end.takenAt, end.id]) : null,
  };
}

/**
 * Those that name the run, and those of its cell: a client that tells the kernel nothing of its runs (MLflow's) is known by its execution
 * alone, at the end of which the kernel takes a snapshot.
 */
function snapshotsOfRun(db: Db, workspaceId: string, runId: string) {
  return db`
    select x.snapshot_id from ${ownRuns(db)} where x.run_id = ${runId}
    union select c.id from runs r join executions e on e.id = r.execution_id
      join snapshots c on c.session_id = e.session_id and c.last_order = e."order" and c.workspace_id = ${workspaceId}
    where r.id = ${runId} and r.workspace_id = ${workspaceId} and c.user_id = r.user_id`;
}

export async function requireSummary(db: Db, workspaceId: string, id: string, field = 'id'): Promise<SnapshotSummary> {
  const rows = await summaries(db, workspaceId, db`select s.* from snapshots s where s.id = ${id} and s.workspace_id = ${workspaceId}`);
  const [summary] = await withChanges(db, rows);
  if (!summary) throw noSuchSnapshot(id, field);
  return summary;
}

export async function requireSnapshot(db: Db, workspaceId: string, id: string, field = 'id'): Promise<Snapshot> {
  const summary = await requireSummary(db, workspaceId, id, field);
  return { ...summary, ...(await requireHalves(db, workspaceId, id, field)) };
}

export interface Halves {
  /** Null also where the kernel's half names a session that is somebody else's. */
  sessionId: string | null;
  kernel: KernelRecord | null;
  document: NotebookDocument | null;
}

export async function requireHalves(db: Db, workspaceId: string, id: string, field = 'id'): Promise<Halves> {
  const [row] = await db<(Omit<Halves, 'document'> & { document: Buffer | null })[]>`
    select session_id as "sessionId", kernel, document from snapshots where id = ${id} and workspace_id = ${workspaceId}`;
  if (!row) throw noSuchSnapshot(id, field);
  return { ...row, document: row.document && withoutTrust(await readManifest(row.document)) };
}

/** What was stored says nothing about whether a reader trusts it. */
function withoutTrust(document: NotebookDocument): NotebookDocument {
  const { trusted: _, signature: __, ...metadata } = document.metadata;
  return { ...document, metadata };
}

export function noSuchSnapshot(id: string, field = 'id') {
  return failure('NOT_FOUND', { field, reason: `no snapshot ${id}` });
}
