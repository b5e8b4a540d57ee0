/** Verifications: asked for, told of by the process that does the work, ended once. What is done on the server waits in this table. */
import { randomUUID } from 'node:crypto';
import type { Verdict, VerdictFindings, VerifyOptions, verdictUpdate } from '@cellkeep/schema/design';
import type { Run } from '@cellkeep/schema/tracking';
import type { JSONValue } from 'postgres';
import type { z } from 'zod';
import { requireRole } from '../access/index.ts';
import type { CallContext, Caller, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { ownRuns } from './readSnapshots.ts';
import { columnsOfVerdict, type VerdictRow, verdictOf } from './verdictRows.ts';

type EndStatus = NonNullable<Run['verdict']>['status'];
export type VerdictUpdate = z.infer<typeof verdictUpdate>;

/** What the room of runs does with a verdict. It is downstream of this one, so main.ts hands it in. */
export interface VerifiedRuns {
  /** Writes it to the run, in the verdict's own transaction. @returns tells watchers, once that is committed */
  setVerdict: (db: Db, workspaceId: string, runId: string, verdict: NonNullable<Run['verdict']>) => Promise<() => void>;
}

/** Queued ones of a workspace: more than a night's work is a loop that somebody left running. */
const MOST_QUEUED = 1_000;
const OPEN: readonly Verdict['status'][] = ['queued', 'running'];
const SAYS_SOMETHING: readonly Verdict['status'][] = ['reproduced', 'drifted', 'failed'];
export const isOpen = (status: Verdict['status']) => OPEN.includes(status);

interface Asked {
  id?: string;
  runId: string;
  where: Verdict['where'];
  options: VerifyOptions;
}

export async function startVerdict(context: CallContext, asked: Asked): Promise<Verdict> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  return sql.begin(async (tx) => {
    const there = asked.id === undefined ? null : await readVerdict(tx, caller.workspaceId, asked.id, true);
    if (there) return verdictOf(requireSame(there, asked, caller));
    await requireRun(tx, caller.workspaceId, asked.runId);
    if (asked.where === 'server') await requireRoom(tx, caller.workspaceId);
    const id = asked.id ?? randomUUID();
    await insertVerdict(tx, caller, { ...asked, id, scheduleId: null }, now());
    return verdictOf(await requireVerdict(tx, caller.workspaceId, id));
  });
}

/** One that is done on the server waits; one that its asker does has begun. */
export async function insertVerdict(
  tx: Db,
  caller: Omit<Caller, 'role' | 'via'>,
  { id, runId, where, options, scheduleId }: Asked & { id: string; scheduleId: string | null },
  now: number,
): Promise<void> {
  const at = new Date(now);
  const begun = where === 'client';
  const progress: Verdict['progress'] = { stage: begun ? 'snapshot' : 'queued', done: 0, total: 0, text: '' };
  const inserted = await tx`
    insert into verdicts (id, workspace_id, user_id, run_id, snapshot_id, schedule_id, status, "where", options, progress, heartbeat_at,
      asked_at, started_at)
    values (${id}, ${caller.workspaceId}, ${caller.userId}, ${runId}, (
        select o.id from ${ownRuns(tx)}
        where x.run_id = ${runId} and r.workspace_id = ${caller.workspaceId} order by (x.reason = 'end') desc, o.taken_at desc limit 1
      ), ${scheduleId}, ${begun ? 'running' : 'queued'}, ${where}, ${tx.json(options as unknown as JSONValue)},
      ${tx.json(progress as unknown as JSONValue)}, ${begun ? at : null}, ${at}, ${begun ? at : null})
    on conflict (id) do nothing returning id`;
  if (inserted.length === 0) throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
  await appendEvent(tx, caller, { what: 'verdict.asked', subject: `verdict:${id}`, data: { run: runId, where, how: options.how } });
}

function requireSame(there: VerdictRow, { id, runId, where }: Asked, caller: Caller): VerdictRow {
  if (there.userId === caller.userId && there.runId === runId && there.where === where) return there;
  throw failure('CONFLICT', {
    field: 'id',
    reason: `the verification ${id} was asked for by ${there.askedBy}, of another run or elsewhere`,
    remedy: 'choose another id',
  });
}

async function requireRoom(tx: Db, workspaceId: string): Promise<void> {
  const [row] = await tx<{ queued: number }[]>`
    select count(*)::int as queued from verdicts where status = 'queued' and workspace_id = ${workspaceId}`;
  if ((row?.queued ?? 0) < MOST_QUEUED) return;
  throw failure('CONFLICT', {
    field: 'where',
    reason: `${MOST_QUEUED} verifications wait on this server already`,
    remedy: 'wait for them, cancel some, or verify with `cellkeep verify RUN` on your own machine',
  });
}

export async function requireRun(db: Db, workspaceId: string, runId: string): Promise<void> {
  const [run] = await db<{ deleted: boolean }[]>`
    select deleted_at is not null as deleted from runs where id = ${runId} and workspace_id = ${workspaceId}`;
  if (!run) throw failure('NOT_FOUND', { field: 'runId', reason: `no run ${runId}` });
  if (run.deleted) throw failure('CONFLICT', { field: 'runId', reason: `run ${runId} is deleted`, remedy: 'restore it first' });
}

export async function readVerdict(db: Db, workspaceId: string, id: string, isLocked = false): Promise<VerdictRow | null> {
  const [row] = await db<VerdictRow[]>`
    select ${columnsOfVerdict(db)} from verdicts v join users u on u.id = v.user_id
    where v.id = ${id} and v.workspace_id = ${workspaceId} ${isLocked ? db`for update of v` : db``}`;
  return row ?? null;
}

async function requireVerdict(db: Db, workspaceId: string, id: string, isLocked = false): Promise<VerdictRow> {
  const row = await readVerdict(db, workspaceId, id, isLocked);
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no verification ${id}` });
  return row;
}

export const getVerdict = async ({ sql, caller }: CallContext, id: string): Promise<Verdict> =>
  verdictOf(await requireVerdict(sql, caller.workspaceId, id));

interface Search {
  limit: number;
  cursor?: string;
  runId?: string;
  scheduleId?: string;
}

export async function listVerdicts({ sql, caller }: CallContext, { limit, cursor, runId, scheduleId }: Search) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const rows = await sql<VerdictRow[]>`
    select ${columnsOfVerdict(sql)} from verdicts v join users u on u.id = v.user_id
    where v.workspace_id = ${caller.workspaceId}
      ${runId === undefined ? sql`` : sql`and v.run_id = ${runId}`}
      ${scheduleId === undefined ? sql`` : sql`and v.schedule_id = ${scheduleId}`}
      ${after === null ? sql`` : sql`and (v.asked_at, v.id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
    order by v.asked_at desc, v.id desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    verdicts: page.map(verdictOf),
    nextCursor: rows.length > limit && end ? cursorOf([end.askedAt.getTime(), end.id]) : null,
  };
}

/** From the process that verifies: only whoever asked may tell. After an end nothing changes, and the end is what is answered. */
export async function updateVerdict(context: CallContext, runs: VerifiedRuns, update: VerdictUpdate): Promise<Verdict> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  if (update.status === 'queued' || update.status === 'lost') {
    throw failure('BAD_REQUEST', {
      field: 'status',
      reason: `whoever verifies cannot say ${update.status}`,
      remedy: 'say running, reproduced, drifted, failed or cancelled',
    });
  }
  const [verdict, tell] = await sql.begin(async (tx): Promise<[Verdict, () => void]> => {
    const before = await requireVerdict(tx, caller.workspaceId, update.id, true);
    if (before.userId !== caller.userId) {
      throw failure('FORBIDDEN', { field: 'id', reason: `this verification is ${before.askedBy}'s to tell of` });
    }
    if (!isOpen(before.status)) return [verdictOf(before), () => {}];
    return endOrGoOn(tx, runs, before, update, now());
  });
  tell();
  return verdict;
}

async function endOrGoOn(
  tx: Db,
  runs: VerifiedRuns,
  before: VerdictRow,
  { status = 'running', progress = before.progress, findings }: VerdictUpdate,
  now: number,
): Promise<[Verdict, () => void]> {
  const found = findings ?? before.findings;
  if (SAYS_SOMETHING.includes(status) && !found) {
    throw failure('BAD_REQUEST', {
      field: 'findings',
      reason: `${status} without findings says nothing`,
      remedy: 'send them with the end',
    });
  }
  if (isOpen(status)) {
    await tx`
      update verdicts set status = 'running', progress = ${tx.json(progress as unknown as JSONValue)},
        findings = ${found ? tx.json(found as unknown as JSONValue) : null}, heartbeat_at = ${new Date(now)},
        started_at = coalesce(started_at, ${new Date(now)})
      where id = ${before.id}`;
    return [verdictOf(await requireVerdict(tx, before.workspaceId, before.id)), () => {}];
  }
  return endVerdict(tx, runs, before, { status, findings: found, progress: { ...progress, stage: 'done' } }, now);
}

interface End {
  status: Verdict['status'];
  findings: VerdictFindings | null;
  progress: Verdict['progress'];
}

/** The last statements of the transaction in which `row` is locked. @returns what is to be called after its commit */
export async function endVerdict(tx: Db, runs: VerifiedRuns, row: VerdictRow, end: End, now: number): Promise<[Verdict, () => void]> {
  await tx`
    update verdicts set status = ${end.status}, progress = ${tx.json(end.progress as unknown as JSONValue)},
      findings = ${end.findings ? tx.json(end.findings as unknown as JSONValue) : null}, ended_at = ${new Date(now)},
      heartbeat_at = ${new Date(now)}, cancel_asked = ${end.status === 'cancelled'}
    where id = ${row.id}`;
  const who = { workspaceId: row.workspaceId, userId: row.userId, userName: row.askedBy };
  const data = { run: row.runId, where: row.where, ...summaryOf(end.findings) };
  await appendEvent(tx, who, { what: `verdict.${end.status}`, subject: `verdict:${row.id}`, after: end, data });
  const tell =
    row.runId !== null && SAYS_SOMETHING.includes(end.status)
      ? await runs.setVerdict(tx, row.workspaceId, row.runId, { id: row.id, status: end.status as EndStatus, at: now })
      : () => {};
  return [verdictOf(await requireVerdict(tx, row.workspaceId, row.id)), tell];
}

const summaryOf = (findings: VerdictFindings | null) =>
  findings ? { differences: findings.differences.filter(({ counts }) => counts).length, executed: findings.executed } : {};

/** At once, whoever works on it: that process learns of it with its next word, or is ended by the server that started it. */
export async function cancelVerdict(context: CallContext, runs: VerifiedRuns, id: string): Promise<Verdict> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  return sql.begin(async (tx) => {
    const before = await requireVerdict(tx, caller.workspaceId, id, true);
    if (!isOpen(before.status)) return verdictOf(before);
    if (before.userId !== caller.userId) requireRole(context, 'owner');
    const [verdict] = await endVerdict(
      tx,
      runs,
      before,
      { status: 'cancelled', findings: before.findings, progress: before.progress },
      now(),
    );
    return verdict;
  });
}
