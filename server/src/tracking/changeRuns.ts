/** Changes of runs that are there. */
import type { RunStatus, RunUpdate } from '@cellkeep/schema/tracking';
import type { JSONValue } from 'postgres';
import type { Caller, Db } from '../core/context.ts';
import { type Effects, type RunPlace, runChanged } from './effects.ts';
import { noSuchRun } from './readRuns.ts';
import { changeTags } from './tags.ts';

interface State extends RunPlace {
  /** Itself, or with its experiment. */
  deleted: boolean;
  parentRunId: string | null;
  name: string;
  status: RunStatus;
  startedAt: number;
  endedAt: number | null;
  notes: string;
  tags: Record<string, string>;
  params: Record<string, string>;
  error: JSONValue | null;
}

async function lockRun(db: Db, workspaceId: string, id: string): Promise<State> {
  const [row] = await db<State[]>`
    select r.experiment_id as "experimentId", r.notebook_id as "notebookId", r.name, r.status, r.started_at::float8 as "startedAt",
      r.ended_at::float8 as "endedAt", r.notes, r.tags, r.params, r.error, replace(r.parent_run_id::text, '-', '') as "parentRunId",
      (r.deleted_at is not null or e.deleted_at is not null) as deleted
    from runs r join experiments e on e.id = r.experiment_id
    where r.id = ${id} and r.workspace_id = ${workspaceId} for no key update of r`; // a new series, which refers to it, need not wait
  if (!row) throw noSuchRun(id);
  return row;
}

export interface RunChange extends RunUpdate {
  setParams?: Record<string, string>;
  /** One that is there; null: none. */
  parentRunId?: string | null;
}

export type LockedRun = Readonly<Pick<State, 'deleted' | 'params' | 'tags' | 'notes' | 'parentRunId'>>;

const OPEN: readonly RunStatus[] = ['running', 'scheduled'];

/** Where none is named: one that goes on again has none, one that is over has one. */
function endOf({ status, startedAt, endedAt }: State, next: RunStatus, now: number): number | null {
  if (OPEN.includes(next)) return OPEN.includes(status) ? endedAt : null;
  return endedAt ?? Math.max(now, startedAt);
}

interface When {
  now: number;
  effects: Effects;
}

/** The last word counts, also for a param: a person who sets it again means that. */
export function changeRun(db: Db, caller: Caller, { id, ...change }: RunChange, when: When): Promise<RunPlace> {
  return changeLockedRun(db, caller, id, () => change, when);
}

/** @param decide sees the run as it is, which stays so until the change; what it throws undoes all */
export async function changeLockedRun(
  db: Db,
  caller: Caller,
  id: string,
  decide: (run: LockedRun) => Omit<RunChange, 'id'>,
  { now, effects }: When,
): Promise<RunPlace> {
  const before = await lockRun(db, caller.workspaceId, id);
  const change = decide(before);
  const status = change.status ?? before.status;
  const after: State = {
    ...before,
    name: change.name ?? before.name,
    status,
    endedAt: change.endedAt ?? endOf(before, status, now),
    notes: change.notes ?? before.notes,
    parentRunId: change.parentRunId === undefined ? before.parentRunId : change.parentRunId,
    tags: changeTags(before.tags, change),
    params: { ...before.params, ...change.setParams },
    error: change.error === undefined ? before.error : (change.error as JSONValue),
  };
  const changed = Object.keys(after).filter(
    (key) => JSON.stringify(after[key as keyof State]) !== JSON.stringify(before[key as keyof State]),
  );
  if (changed.length === 0) return before; // the same params again, as each fold of a search logs them
  await db`
    update runs set name = ${after.name}, status = ${after.status}, ended_at = ${after.endedAt}, notes = ${after.notes},
      parent_run_id = ${after.parentRunId}, tags = ${db.json(after.tags)}, params = ${db.json(after.params)},
      error = ${after.error === null ? null : db.json(after.error)}
    where id = ${id}`;
  const data = { changed, ...(changed.includes('status') ? { status } : {}), ...(changed.includes('name') ? { name: after.name } : {}) };
  effects.events.push({ what: 'run.updated', subject: `run:${id}`, before: logged(before), after: logged(after), data });
  if (after.parentRunId !== null && after.parentRunId !== before.parentRunId)
    effects.edges.push({ from: `run:${after.parentRunId}`, relation: 'parent-of', to: `run:${id}` });
  runChanged(effects, id, before);
  return before;
}

/** What of it stands in the log of changes, by its digest. */
const logged = ({ deleted: _, experimentId: _e, notebookId: _n, startedAt: _s, parentRunId, ...told }: State) =>
  parentRunId === null ? told : { ...told, parentRunId };

/**
 * Hides runs with all below them, or shows them again.
 * @param alone without those below
 * @returns those that were changed
 */
export async function setRunsDeleted(
  db: Db,
  caller: Caller,
  ids: readonly string[],
  deleted: boolean,
  { now, effects, alone = false }: { now: number; effects: Effects; alone?: boolean },
): Promise<string[]> {
  const found = await db<{ id: string }[]>`
    select replace(id::text, '-', '') as id from runs where id = any(${[...ids]}::uuid[]) and workspace_id = ${caller.workspaceId}`;
  const known = new Set(found.map(({ id }) => id));
  const missing = ids.findIndex((id) => !known.has(id));
  if (missing >= 0) throw noSuchRun(ids[missing] as string, `ids[${missing}]`);
  const changed = await db<(RunPlace & { id: string; name: string })[]>`
    with recursive below (id) as (
      select unnest(${[...ids]}::uuid[])
      union
      select r.id from below b join runs r on r.parent_run_id = b.id where ${!alone}
    )
    update runs r set deleted_at = ${deleted ? new Date(now) : null}
    from below where r.id = below.id and r.workspace_id = ${caller.workspaceId}
      and ${deleted ? db`r.deleted_at is null` : db`r.deleted_at is not null`}
    returning replace(r.id::text, '-', '') as id, r.name, r.experiment_id as "experimentId", r.notebook_id as "notebookId"`;
  for (const run of changed) {
    const what = deleted ? 'run.deleted' : 'run.restored';
    effects.events.push({ what, subject: `run:${run.id}`, data: { name: run.name } });
    runChanged(effects, run.id, run, deleted ? 'deleted' : 'restored');
  }
  return changed.map(({ id }) => id);
}

/** ms; a run that logs all the time is written down as alive this often. */
export const BEAT_STEP = 5_000;

/** Something was heard of these runs: one that was given up lives again. */
export async function beat(
  db: Db,
  caller: Caller,
  ids: readonly string[],
  { now, effects }: { now: number; effects: Effects },
): Promise<void> {
  if (ids.length === 0) return;
  const revived = await db<(RunPlace & { id: string; was: RunStatus })[]>`
    with before as (
      select id, status from runs where id = any(${[...ids].sort()}::uuid[]) and workspace_id = ${caller.workspaceId}
        and (heartbeat_at < ${now - BEAT_STEP} or status = 'lost') order by id for no key update
    )
    update runs r set heartbeat_at = ${now}, status = case when r.status = 'lost' then 'running' else r.status end,
      ended_at = case when r.status = 'lost' then null else r.ended_at end
    from before where r.id = before.id
    returning replace(r.id::text, '-', '') as id, before.status as was, r.experiment_id as "experimentId", r.notebook_id as "notebookId"`;
  for (const run of revived) {
    if (run.was !== 'lost') continue;
    effects.events.push({ what: 'run.updated', subject: `run:${run.id}`, data: { changed: ['status'], status: 'running' } });
    runChanged(effects, run.id, run);
  }
}
