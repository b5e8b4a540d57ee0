import type { Verdict, VerifySchedule } from '@cellkeep/schema/design';
import type { Db } from '../core/context.ts';

type Times = 'askedAt' | 'startedAt' | 'endedAt';

export interface VerdictRow extends Omit<Verdict, Times> {
  workspaceId: string;
  userId: string;
  askedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** Of `verdicts v join users u`. */
export const columnsOfVerdict = (db: Db) => db`
  v.id, v.workspace_id as "workspaceId", v.user_id as "userId", u.name as "askedBy", replace(v.run_id::text, '-', '') as "runId",
  v.snapshot_id as "snapshotId", v.schedule_id as "scheduleId", v.status, v."where", v.options, v.progress, v.findings,
  v.asked_at as "askedAt", v.started_at as "startedAt", v.ended_at as "endedAt"`;

export const verdictOf = ({ workspaceId: _w, userId: _u, askedAt, startedAt, endedAt, ...row }: VerdictRow): Verdict => ({
  ...row,
  askedAt: askedAt.getTime(),
  startedAt: startedAt?.getTime() ?? null,
  endedAt: endedAt?.getTime() ?? null,
});

export interface ScheduleRow extends Omit<VerifySchedule, 'nextAt' | 'createdAt'> {
  userId: string;
  nextAt: Date;
  createdAt: Date;
}

/** Of `verify_schedules s join users u join runs r`. */
export const columnsOfSchedule = (db: Db) => db`
  s.id, replace(s.run_id::text, '-', '') as "runId", r.name as "runName", s.every_hours as "everyHours", s.options, s.user_id as "userId",
  u.name as "userName", s.next_at as "nextAt", s.created_at as "createdAt"`;

export const scheduleOf = ({ userId: _, nextAt, createdAt, ...row }: ScheduleRow): VerifySchedule => ({
  ...row,
  nextAt: nextAt.getTime(),
  createdAt: createdAt.getTime(),
});
