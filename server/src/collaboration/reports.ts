import { randomUUID } from 'node:crypto';
import type { Person, Report, ReportRevision, ReportSummary } from '@cellkeep/schema/collaboration';
import { requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';

interface Row {
  id: string;
  title: string;
  body: string;
  revision: number;
  createdBy: Person;
  updatedBy: Person;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

export const summaryOf = ({ createdAt, updatedAt, deletedAt, body: _, ...row }: Omit<Row, 'body'> & { body?: string }): ReportSummary => ({
  ...row,
  createdAt: createdAt.getTime(),
  updatedAt: updatedAt.getTime(),
  lifecycle: deletedAt === null ? 'active' : 'deleted',
});

const reportOf = (row: Row): Report => ({ ...summaryOf(row), body: row.body });

const columns = (db: Db) => db`
  p.id, p.title, p.revision, jsonb_build_object('id', m.id, 'name', m.name) as "createdBy",
  jsonb_build_object('id', u.id, 'name', u.name) as "updatedBy",
  p.created_at as "createdAt", p.updated_at as "updatedAt", p.deleted_at as "deletedAt"`;

const tables = (db: Db) => db`reports p join users m on m.id = p.user_id join users u on u.id = p.updated_by`;

interface ReportSearch {
  limit: number;
  cursor?: string;
  lifecycle: 'active' | 'deleted';
  text?: string;
}

export async function listReports({ sql, caller }: CallContext, { limit, cursor, lifecycle, text }: ReportSearch) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const rows = await sql<Omit<Row, 'body'>[]>`
    select ${columns(sql)} from ${tables(sql)}
    where p.workspace_id = ${caller.workspaceId}
      and ${lifecycle === 'active' ? sql`p.deleted_at is null` : sql`p.deleted_at is not null`}
      ${text ? sql`and strpos(lower(p.title || ' ' || p.body), lower(${text})) > 0` : sql``}
      ${after === null ? sql`` : sql`and (p.updated_at, p.id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
    order by p.updated_at desc, p.id desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    reports: page.map(summaryOf),
    nextCursor: rows.length > limit && end ? cursorOf([end.updatedAt.getTime(), end.id]) : null,
  };
}

export const getReport = async ({ sql, caller }: CallContext, id: string): Promise<Report> =>
  reportOf(await readReport(sql, caller.workspaceId, id));

async function readReport(db: Db, workspaceId: string, id: string, isLocked = false): Promise<Row> {
  const [row] = await db<Row[]>`
    select ${columns(db)}, p.body from ${tables(db)} where p.workspace_id = ${workspaceId} and p.id = ${id}
    ${isLocked ? db`for update of p` : db``}`;
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no report ${id}` });
  return row;
}

export async function createReport(context: CallContext, { title, body }: { title: string; body: string }): Promise<Report> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const report = await sql.begin(async (tx) => {
    const [id, at] = [randomUUID(), new Date(now())];
    await tx`
      insert into reports (id, workspace_id, user_id, title, body, revision, updated_by, created_at, updated_at)
      values (${id}, ${caller.workspaceId}, ${caller.userId}, ${title}, ${body}, 1, ${caller.userId}, ${at}, ${at})`;
    await appendEvent(tx, caller, { what: 'report.created', subject: `report:${id}`, after: { title, body }, data: { title } });
    return reportOf(await readReport(tx, caller.workspaceId, id));
  });
  publish(context, report);
  return report;
}

interface ReportChange {
  id: string;
  /** The one that the change was made from. */
  revision: number;
  title?: string;
  body?: string;
}

export const updateReport = (context: CallContext, { id, revision, title, body }: ReportChange): Promise<Report> =>
  change(context, id, 'report.updated', async (tx, before) => {
    requireNewest(before, revision);
    return write(tx, context, before, { title: title ?? before.title, body: body ?? before.body });
  });

export const restoreRevision = (context: CallContext, { id, revision, current }: { id: string; revision: number; current: number }) =>
  change(context, id, 'report.updated', async (tx, before) => {
    requireNewest(before, current);
    return write(tx, context, before, await readRevision(tx, before, revision));
  });

export const setReportDeleted = (context: CallContext, id: string, deleted: boolean): Promise<Report> =>
  change(context, id, deleted ? 'report.deleted' : 'report.restored', async (tx, before) => {
    if ((before.deletedAt !== null) === deleted) return false;
    await tx`update reports set deleted_at = ${deleted ? new Date(context.now()) : null} where id = ${id}`;
    return true;
  });

/** One transaction around a change of a locked report. `work` says whether anything is different now. */
async function change(context: CallContext, id: string, what: string, work: (tx: Db, before: Row) => Promise<boolean>): Promise<Report> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  const [report, isChanged] = await sql.begin(async (tx): Promise<[Report, boolean]> => {
    const before = await readReport(tx, caller.workspaceId, id, true);
    if (!(await work(tx, before))) return [reportOf(before), false];
    const after = await readReport(tx, caller.workspaceId, id);
    await appendEvent(tx, caller, {
      what,
      subject: `report:${id}`,
      before: logged(before),
      after: logged(after),
      data: { title: after.title, revision: after.revision },
    });
    return [reportOf(after), true];
  });
  if (isChanged) publish(context, report);
  return report;
}

const logged = ({ title, body, deletedAt }: Row) => ({ title, body, deleted: deletedAt !== null });

/** Whoever saves learns of whom they would overwrite; the newest state stays, and theirs is still in their hands. */
function requireNewest({ title, revision, updatedBy, updatedAt, deletedAt }: Row, from: number): void {
  if (deletedAt !== null) {
    throw failure('CONFLICT', {
      field: 'id',
      reason: `the report ${JSON.stringify(title)} is deleted`,
      remedy: 'restore it, then save again',
    });
  }
  if (from === revision) return;
  throw failure('CONFLICT', {
    field: 'revision',
    reason: `${updatedBy.name} saved revision ${revision} at ${updatedAt.toISOString()}; this change was made from revision ${from}`,
    remedy: `read the report again, bring both together, and save with revision ${revision}`,
  });
}

type Content = Pick<Row, 'title' | 'body'>;

/** @returns false where nothing is different */
async function write(tx: Db, { caller, now }: CallContext, before: Row, { title, body }: Content): Promise<boolean> {
  if (title === before.title && body === before.body) return false;
  await tx`
    insert into report_revisions (report_id, revision, user_id, title, body, at)
    values (${before.id}, ${before.revision}, ${before.updatedBy.id}, ${before.title}, ${before.body}, ${before.updatedAt})`;
  await tx`
    update reports set title = ${title}, body = ${body}, revision = revision + 1, updated_by = ${caller.userId},
      updated_at = ${new Date(now())} where id = ${before.id}`;
  return true;
}

export async function listRevisions({ sql, caller }: CallContext, { id, limit, cursor }: { id: string; limit: number; cursor?: string }) {
  const report = await readReport(sql, caller.workspaceId, id);
  const after = cursor === undefined ? null : Number(readCursor(cursor, ['number'])[0]);
  const rows = await sql<(Omit<ReportRevision, 'at'> & { at: Date })[]>`
    select v.revision, v.title, jsonb_build_object('id', u.id, 'name', u.name) as by, v.at from (
      select revision, title, user_id, at from report_revisions where report_id = ${id}
      union all select revision, title, updated_by, updated_at from reports where id = ${report.id}
    ) v join users u on u.id = v.user_id
    ${after === null ? sql`` : sql`where v.revision < ${after}`} order by v.revision desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    revisions: page.map((row) => ({ ...row, at: row.at.getTime() })),
    nextCursor: rows.length > limit && end ? cursorOf([end.revision]) : null,
  };
}

export async function getRevision({ sql, caller }: CallContext, { id, revision }: { id: string; revision: number }) {
  const { at, ...kept } = await readRevision(sql, await readReport(sql, caller.workspaceId, id), revision);
  return { ...kept, at: at.getTime() };
}

async function readRevision(db: Db, report: Row, revision: number) {
  if (revision === report.revision) return { revision, title: report.title, body: report.body, by: report.updatedBy, at: report.updatedAt };
  const [row] = await db<{ revision: number; title: string; body: string; by: Person; at: Date }[]>`
    select v.revision, v.title, v.body, jsonb_build_object('id', u.id, 'name', u.name) as by, v.at
    from report_revisions v join users u on u.id = v.user_id where v.report_id = ${report.id} and v.revision = ${revision}`;
  if (!row) throw failure('NOT_FOUND', { field: 'revision', reason: `the report has revisions 1 to ${report.revision}, not ${revision}` });
  return row;
}

function publish({ live, caller }: CallContext, { body: _, ...report }: Report): void {
  live.publish({ workspaceId: caller.workspaceId, topic: 'report', payload: report });
}
