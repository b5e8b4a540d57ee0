/** Runs that are verified by the clock, whether anybody watches or not. */
import { randomUUID } from 'node:crypto';
import type { VerifyOptions, VerifySchedule } from '@cellkeep/schema/design';
import type { JSONValue, Sql } from 'postgres';
import { requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { columnsOfSchedule, type ScheduleRow, scheduleOf } from './verdictRows.ts';
import { insertVerdict, requireRun } from './verdicts.ts';

const HOUR = 3_600_000; // ms
/** One starts at the beginning of its next hour at the latest: this many are looked at in one transaction. */
const MOST_AT_ONCE = 100;

const tables = (db: Db) => db`verify_schedules s join users u on u.id = s.user_id join runs r on r.id = s.run_id`;

interface Search {
  limit: number;
  cursor?: string;
  runId?: string;
}

export async function listSchedules({ sql, caller }: CallContext, { limit, cursor, runId }: Search) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const rows = await sql<ScheduleRow[]>`
    select ${columnsOfSchedule(sql)} from ${tables(sql)}
    where s.workspace_id = ${caller.workspaceId} ${runId === undefined ? sql`` : sql`and s.run_id = ${runId}`}
      ${after === null ? sql`` : sql`and (s.created_at, s.id) < (${new Date(Number(after[0]))}, ${String(after[1])}::uuid)`}
    order by s.created_at desc, s.id desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    schedules: page.map(scheduleOf),
    nextCursor: rows.length > limit && end ? cursorOf([end.createdAt.getTime(), end.id]) : null,
  };
}

interface Wanted {
  id: string;
  runId: string;
  everyHours: number;
  options: VerifyOptions;
}

/** The first time is one interval from now: whoever wants it at once asks for it at once. */
export async function putSchedule(context: CallContext, { id, runId, everyHours, options }: Wanted): Promise<VerifySchedule> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  return sql.begin(async (tx) => {
    const before = await lockSchedule(tx, context, id);
    await requireRun(tx, caller.workspaceId, runId);
    const [at, next] = [new Date(now()), new Date(now() + everyHours * HOUR)];
    const stored = await tx`
      insert into verify_schedules (id, workspace_id, user_id, run_id, every_hours, options, next_at, created_at)
      values (${id}, ${caller.workspaceId}, ${caller.userId}, ${runId}, ${everyHours}, ${tx.json(options as unknown as JSONValue)}, ${next}, ${at})
      on conflict (id) do update set run_id = excluded.run_id, every_hours = excluded.every_hours, options = excluded.options,
        next_at = case when verify_schedules.every_hours = excluded.every_hours then verify_schedules.next_at else excluded.next_at end
      where verify_schedules.workspace_id = ${caller.workspaceId} returning id`;
    if (stored.length === 0) throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy: 'choose another one' });
    const after = { runId, everyHours, options };
    await appendEvent(tx, caller, {
      what: 'schedule.set',
      subject: `verify-schedule:${id}`,
      before,
      after,
      data: { run: runId, everyHours },
    });
    const [row] = await tx<ScheduleRow[]>`select ${columnsOfSchedule(tx)} from ${tables(tx)} where s.id = ${id}`;
    if (!row) throw new Error('a schedule that was stored is there');
    return scheduleOf(row);
  });
}

export async function deleteSchedule(context: CallContext, id: string): Promise<boolean> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  return sql.begin(async (tx) => {
    const before = await lockSchedule(tx, context, id);
    if (!before) return false;
    await tx`delete from verify_schedules where id = ${id}`;
    await appendEvent(tx, caller, { what: 'schedule.deleted', subject: `verify-schedule:${id}`, before, data: { run: before.runId } });
    return true;
  });
}

/** Own ones, or any for an owner. */
async function lockSchedule(tx: Db, context: CallContext, id: string) {
  const [row] = await tx<{ userId: string; runId: string; everyHours: number; options: VerifyOptions }[]>`
    select user_id as "userId", replace(run_id::text, '-', '') as "runId", every_hours as "everyHours", options from verify_schedules
    where id = ${id} and workspace_id = ${context.caller.workspaceId} for update`;
  if (!row) return null;
  const { userId, ...schedule } = row;
  if (userId !== context.caller.userId) requireRole(context, 'owner');
  return schedule;
}

interface Due {
  id: string;
  workspaceId: string;
  userId: string;
  userName: string;
  runId: string;
  everyHours: number;
  options: VerifyOptions;
  nextAt: Date;
  /** Its run is there, and its user may still ask. */
  alive: boolean;
  /** The one before has not ended yet. */
  busy: boolean;
}

/**
 * Queues what is due. A time that passed while no server ran is made up for once, and the rhythm stays as it was set. Servers that share a
 * database take turns. @returns how many were queued
 */
export async function queueDue(sql: Sql, now: number): Promise<number> {
  return sql.begin(async (tx) => {
    const due = await tx<Due[]>`
      select s.id, s.workspace_id as "workspaceId", s.user_id as "userId", u.name as "userName", replace(s.run_id::text, '-', '') as "runId",
        s.every_hours as "everyHours", s.options, s.next_at as "nextAt",
        (r.deleted_at is null and not u.disabled and u.role <> 'viewer') as alive,
        exists (select from verdicts v where v.schedule_id = s.id and v.status in ('queued', 'running')) as busy
      from ${tables(tx)} where s.next_at <= ${new Date(now)} order by s.next_at limit ${MOST_AT_ONCE} for update of s skip locked`;
    let queued = 0;
    for (const { id, everyHours, nextAt, alive, busy, ...asked } of due) {
      const step = everyHours * HOUR;
      const missed = Math.floor((now - nextAt.getTime()) / step);
      await tx`update verify_schedules set next_at = ${new Date(nextAt.getTime() + (missed + 1) * step)} where id = ${id}`;
      if (!alive || busy) continue;
      await insertVerdict(tx, asked, { ...asked, id: randomUUID(), where: 'server', scheduleId: id }, now);
      queued += 1;
    }
    return queued;
  });
}
