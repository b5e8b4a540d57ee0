import { randomUUID } from 'node:crypto';
import type { RunCreate } from '@cellkeep/schema/tracking';
import type { JSONValue } from 'postgres';
import type { Caller, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { type Effects, type RunPlace, runChanged } from './effects.ts';
import { DEFAULT_EXPERIMENT, experimentNamed } from './experiments.ts';
import { noSuchRun } from './readRuns.ts';
import { newRunName } from './runNames.ts';

export interface CreatedRun extends RunPlace {
  /** Where it was there already: by itself or with its experiment. */
  deleted: boolean;
  id: string;
}

interface NewRunOptions {
  now: number;
  effects: Effects;
  /** A parent that is not there yet may come with another process's records. */
  trusting?: boolean;
  /** Its process says now and then that it lives; a session's does, unless somebody else logs for it. */
  beats?: boolean;
}

/**
 * Makes a run, or gives back the one with this id where experiment, name and parent agree: a creation may be repeated.
 */
export async function createRun(
  db: Db,
  caller: Caller,
  input: RunCreate,
  { now, effects, trusting = false, beats = input.source.sessionId !== null }: NewRunOptions,
): Promise<CreatedRun> {
  const there = input.id === undefined ? null : await findRun(db, input.id);
  if (there) return sameRun(caller, input, there);
  if (input.parentRunId !== null && !trusting) await requireParent(db, caller, input.parentRunId);
  const id = input.id ?? randomUUID().replaceAll('-', '');
  const experimentId = await experimentOf(db, caller, input, now);
  const { source } = input;
  const name = input.name ?? newRunName();
  const startedAt = input.startedAt ?? now;
  const rows = await db<{ notebookId: string | null }[]>`
    insert into runs (id, workspace_id, experiment_id, parent_run_id, name, asked_name, status, started_at, heartbeat_at, beats, user_id,
      user_name, notes, tags, params, source, session_id, execution_id, notebook_id)
    values (${id}, ${caller.workspaceId}, ${experimentId}, ${input.parentRunId}, ${name}, ${input.name ?? null}, 'running', ${startedAt}, ${now},
      ${beats}, ${caller.userId}, ${caller.userName}, ${input.notes}, ${db.json(input.tags)}, ${db.json(input.params)},
      ${db.json(source as unknown as JSONValue)}, ${source.sessionId}, ${source.executionId},
      (select notebook_id from sessions where id = ${source.sessionId} and workspace_id = ${caller.workspaceId}))
    on conflict (id) do nothing
    returning notebook_id as "notebookId"`;
  const [row] = rows;
  if (!row) {
    // Somebody made it just now.
    const other = await findRun(db, id);
    if (other) return sameRun(caller, input, other);
    throw failure('SERVICE_UNAVAILABLE', { field: '', reason: 'another change stood in the way', remedy: 'send it again' });
  }
  const { notes, tags, params } = input;
  effects.events.push({
    what: 'run.created',
    subject: `run:${id}`,
    after: { name, experimentId, notes, tags, params, source },
    data: { name, experimentId },
  });
  if (source.executionId) effects.edges.push({ from: `execution:${source.executionId}`, relation: 'produced', to: `run:${id}` });
  if (input.parentRunId) effects.edges.push({ from: `run:${input.parentRunId}`, relation: 'parent-of', to: `run:${id}` });
  const created = { id, experimentId, notebookId: row.notebookId, deleted: false };
  runChanged(effects, id, created, 'created');
  return created;
}

interface RunRow extends CreatedRun {
  workspaceId: string;
  experimentName: string;
  parentRunId: string | null;
  name: string;
  askedName: string | null;
}

async function findRun(db: Db, id: string): Promise<RunRow | null> {
  const [row] = await db<RunRow[]>`
    select replace(r.id::text, '-', '') as id, r.workspace_id as "workspaceId", r.experiment_id as "experimentId", e.name as "experimentName",
      replace(r.parent_run_id::text, '-', '') as "parentRunId", r.notebook_id as "notebookId", r.name, r.asked_name as "askedName",
      (r.deleted_at is not null or e.deleted_at is not null) as deleted
    from runs r join experiments e on e.id = r.experiment_id where r.id = ${id}`;
  return row ?? null;
}

function sameRun(caller: Caller, input: RunCreate, there: RunRow): CreatedRun {
  const conflict = (field: string, reason: string) =>
    failure('CONFLICT', { field, reason, remedy: 'leave the id out, or choose another one' });
  // Said without a word of another workspace's run.
  if (there.workspaceId !== caller.workspaceId) throw conflict('id', `run id ${there.id} is taken`);
  const { experimentId, experimentName, name, parentRunId } = input;
  if (
    experimentId !== undefined
      ? experimentId !== there.experimentId
      : experimentName !== undefined && experimentName !== there.experimentName
  ) {
    throw conflict('experimentId', `run ${there.id} belongs to experiment ${there.experimentId} (${there.experimentName})`);
  }
  if (name !== undefined && name !== there.name && name !== there.askedName)
    throw conflict('name', `run ${there.id} is named ${JSON.stringify(there.name)}`);
  if (parentRunId !== there.parentRunId) throw conflict('parentRunId', `run ${there.id} has ${there.parentRunId ?? 'no'} parent`);
  return { id: there.id, experimentId: there.experimentId, notebookId: there.notebookId, deleted: there.deleted };
}

async function requireParent(db: Db, caller: Caller, id: string): Promise<void> {
  const [parent] = await db`select id from runs where id = ${id} and workspace_id = ${caller.workspaceId}`;
  if (!parent) throw noSuchRun(id, 'parentRunId');
}

async function experimentOf(db: Db, caller: Caller, { experimentId, experimentName }: RunCreate, now: number): Promise<string> {
  if (experimentId === undefined) return experimentNamed(db, caller, experimentName ?? DEFAULT_EXPERIMENT, now);
  // Against a deletion that is about to be committed.
  const [found] = await db<{ name: string; deleted: boolean }[]>`
    select name, deleted_at is not null as deleted from experiments
    where id = ${experimentId} and workspace_id = ${caller.workspaceId} for share`;
  if (!found) throw failure('NOT_FOUND', { field: 'experimentId', reason: `no experiment ${experimentId}` });
  if (found.deleted) {
    const reason = `experiment ${experimentId} (${found.name}) is deleted`;
    throw failure('CONFLICT', { field: 'experimentId', reason, remedy: 'restore it, or choose another' });
  }
  if (experimentName !== undefined && experimentName !== found.name) {
    const reason = `experiment ${experimentId} is named ${JSON.stringify(found.name)}`;
    throw failure('BAD_REQUEST', { field: 'experimentName', reason, remedy: 'give the id or the name' });
  }
  return experimentId;
}
