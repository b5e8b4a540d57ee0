/** The queue of verifications on servers: what is taken, given back, and told lost. */
import type { Verdict, VerdictFindings, VerifyOptions } from '@cellkeep/schema/design';
import type { JSONValue, Sql } from 'postgres';
import type { LastWords } from '../core/childProcess.ts';
import type { Db } from '../core/context.ts';
import { appendEvent } from '../core/events.ts';
import { columnsOfVerdict, type VerdictRow } from './verdictRows.ts';
import { endVerdict, isOpen, type VerifiedRuns } from './verdicts.ts';

/** ms; a server tells of what it works on every two seconds. */
const SERVER_SILENT = 60_000;
/** ms; a person's own machine may sleep a moment. */
const CLIENT_SILENT = 300_000;
/** How often one that was lost with its server is begun anew. */
const MOST_RESTARTS = 2;
/** Exit code of `cellkeep verify`, with a line on stderr: nothing can be said of this run. */
const CANNOT = 5;
const REQUEUED = 'verdict.requeued';

export interface Task {
  id: string;
  workspaceId: string;
  userId: string;
  runId: string;
  /** Who logged the run: whose code is executed. */
  runUser: string;
  options: VerifyOptions;
}

/** The one that waits longest, marked as running; servers that ask at once get different ones. */
export async function claimVerdict(sql: Sql, now: number): Promise<Task | null> {
  const progress: Verdict['progress'] = { stage: 'snapshot', done: 0, total: 0, text: '' };
  const [task] = await sql<Task[]>`
    update verdicts v set status = 'running', heartbeat_at = ${new Date(now)}, started_at = coalesce(v.started_at, ${new Date(now)}),
      progress = ${sql.json(progress as unknown as JSONValue)}
    from runs r
    where r.id = v.run_id and v.id = (
      select id from verdicts where status = 'queued' and "where" = 'server' and run_id is not null
      order by asked_at limit 1 for update skip locked
    )
    returning v.id, v.workspace_id as "workspaceId", v.user_id as "userId", replace(v.run_id::text, '-', '') as "runId",
      r.user_name as "runUser", v.options`;
  return task ?? null;
}

/** Somebody works on these. @returns those that are still wanted */
export async function heartbeat(sql: Sql, ids: readonly string[], now: number): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql<{ id: string }[]>`
    update verdicts set heartbeat_at = ${new Date(now)} where id = any(${[...ids]}::uuid[]) and status = 'running' returning id`;
  return new Set(rows.map(({ id }) => id));
}

/** The server ends in order: whoever is next on this database takes it up. */
export async function putBack(sql: Sql, id: string): Promise<void> {
  const progress: Verdict['progress'] = { stage: 'queued', done: 0, total: 0, text: 'its server was stopped; it begins anew' };
  await sql`
    update verdicts set status = 'queued', heartbeat_at = null, progress = ${sql.json(progress as unknown as JSONValue)}
    where id = ${id} and status = 'running'`;
}

/**
 * Those whose process is silent: on a server they begin anew, a client's are lost.
 * @param all whatever a server worked on, since no other server is there that could
 */
export async function requeueLost(sql: Sql, runs: VerifiedRuns, { now, all = false }: { now: number; all?: boolean }): Promise<void> {
  const [server, client] = [new Date(now - SERVER_SILENT), new Date(now - CLIENT_SILENT)];
  const silent = await sql<{ id: string }[]>`
    select id from verdicts where status = 'running'
      and (("where" = 'server' and (${all} or heartbeat_at < ${server})) or ("where" = 'client' and heartbeat_at < ${client}))`;
  for (const { id } of silent) {
    await sql.begin(async (tx) => {
      const row = await lockRunning(tx, id);
      if (!row) return;
      if (row.where === 'server' && (await restartsOf(tx, row)) < MOST_RESTARTS) {
        const who = { workspaceId: row.workspaceId, userId: row.userId, userName: row.askedBy };
        await putBack(tx as unknown as Sql, id);
        await appendEvent(tx, who, { what: REQUEUED, subject: `verdict:${id}`, data: { run: row.runId } });
        return;
      }
      await endVerdict(tx, runs, row, { status: 'lost', findings: row.findings, progress: row.progress }, now);
    });
  }
}

async function restartsOf(tx: Db, { workspaceId, id }: VerdictRow): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from events where workspace_id = ${workspaceId} and subject = ${`verdict:${id}`} and what = ${REQUEUED}`;
  return row?.count ?? 0;
}

/** The child has ended without a verdict: nothing is known of the run, but somebody must learn why. */
export async function endUnfinished(sql: Sql, runs: VerifiedRuns, id: string, { code, lastWords }: LastWords, now: number): Promise<void> {
  await sql.begin(async (tx) => {
    const row = await lockRunning(tx, id);
    if (!row || !isOpen(row.status)) return;
    const message = lastWords || 'the process that verified ended without a word';
    const findings: VerdictFindings = row.findings ?? {
      ...{ environment: null, executed: row.progress.stage === 'execute' ? row.progress.done : 0, differences: [], notes: [] },
      ...{ compared: { metrics: 0, outputs: 0, images: 0, predictions: 0 }, firstOrder: null, firstCellId: null, error: null },
    };
    if (code === CANNOT && lastWords) {
      const reason = (lastWords.split('\n').at(-1) ?? '').replace(/^cellkeep: /, '').slice(0, 1_000);
      const end = { findings: { ...findings, notes: [reason] }, progress: { ...row.progress, text: reason } };
      await endVerdict(tx, runs, row, { status: 'lost', ...end }, now);
      return;
    }
    const error = { name: 'VerifierEnded', message: message.slice(0, 8_000), traceback: '' };
    await endVerdict(tx, runs, row, { status: 'lost', findings: { ...findings, error }, progress: row.progress }, now);
  });
}

async function lockRunning(tx: Db, id: string): Promise<VerdictRow | null> {
  const [row] = await tx<VerdictRow[]>`
    select ${columnsOfVerdict(tx)} from verdicts v join users u on u.id = v.user_id
    where v.id = ${id} and v.status = 'running' for update of v`;
  return row ?? null;
}
