import type { Experiment } from '@cellkeep/schema/tracking';
import type { Sql } from 'postgres';
import type { CallContext, Caller, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { codeOf } from '../core/plainError.ts';
import { changeTags } from './tags.ts';

export const DEFAULT_EXPERIMENT = 'Default';

type ExperimentRow = Omit<Experiment, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date };

const experimentOf = (row: ExperimentRow): Experiment => ({
  ...row,
  createdAt: row.createdAt.getTime(),
  updatedAt: row.updatedAt.getTime(),
});

function columns(db: Db) {
  return db`
    e.id, e.name, e.description, e.tags, case when e.deleted_at is null then 'active' else 'deleted' end as lifecycle,
    e.created_at as "createdAt", e.updated_at as "updatedAt", coalesce(r.runs, 0)::int as "runCount",
    coalesce(r.running, 0)::int as "runningCount", r.last::float8 as "lastRunAt"`;
}

/**
 * Counts of each experiment's active runs. Each by itself, since each is read from an index alone; together they would read the runs:
 * 100,000 of them 111 ms on three processes instead of 28 ms on one, beside the search for the first rows.
 */
function counts(db: Db) {
  return db`
    select (select count(*) from runs where experiment_id = e.id and deleted_at is null) as runs,
      (select count(*) from runs where experiment_id = e.id and deleted_at is null and status = 'running') as running,
      (select max(started_at) from runs where experiment_id = e.id and deleted_at is null) as last`;
}

export async function readExperiments(db: Db, workspaceId: string, ids: readonly string[]): Promise<Experiment[]> {
  const rows = await db<ExperimentRow[]>`
    select ${columns(db)} from experiments e cross join lateral (${counts(db)}) r
    where e.workspace_id = ${workspaceId} and e.id = any(${[...ids]}::bigint[])`;
  return rows.map(experimentOf);
}

export async function requireExperiment(db: Db, workspaceId: string, id: string): Promise<Experiment> {
  const [found] = await readExperiments(db, workspaceId, [id]);
  if (!found) throw failure('NOT_FOUND', { field: 'id', reason: `no experiment ${id}` });
  return found;
}

export interface ExperimentSearch {
  limit: number;
  cursor?: string;
  lifecycle: 'active' | 'deleted' | 'all';
  name?: string;
}

/** Last used first: by the start of the newest run, or by their own creation. */
export async function listExperiments(db: Db, workspaceId: string, { limit, cursor, lifecycle, name }: ExperimentSearch) {
  const after = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
  const used = db`coalesce(r.last, (extract(epoch from e.created_at) * 1000)::bigint)`;
  const rows = await db<(ExperimentRow & { used: number })[]>`
    select ${columns(db)}, ${used}::float8 as used from experiments e cross join lateral (${counts(db)}) r
    where e.workspace_id = ${workspaceId}
      ${lifecycle === 'all' ? db`` : lifecycle === 'active' ? db`and e.deleted_at is null` : db`and e.deleted_at is not null`}
      ${name ? db`and strpos(lower(e.name), lower(${name})) > 0` : db``}
      ${after === null ? db`` : db`and (${used}, e.id) < (${Number(after[0])}::bigint, ${String(after[1])}::bigint)`}
    order by ${used} desc, e.id desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return {
    experiments: page.map(({ used: _, ...row }) => experimentOf(row)),
    nextCursor: rows.length > limit && end ? cursorOf([end.used, end.id]) : null,
  };
}

interface NewExperiment {
  name: string;
  description?: string;
  tags?: Record<string, string>;
  /** Where clients of MLflow put what its runs make; absent: this server. */
  artifactLocation?: string;
}

export async function createExperiment({ sql, caller, now }: CallContext, input: NewExperiment): Promise<Experiment> {
  return sql.begin(async (tx) => {
    const id = await insertExperiment(tx, caller, input, now());
    if (id === null) throw nameTaken(input.name);
    return requireExperiment(tx, caller.workspaceId, id);
  });
}

function nameTaken(name: string, cause?: unknown) {
  return failure(
    'CONFLICT',
    { field: 'name', reason: `an experiment named ${JSON.stringify(name)} is there already`, remedy: 'choose another name' },
    cause,
  );
}

/** @returns null where its name is taken */
async function insertExperiment(
  db: Db,
  caller: Caller,
  { name, description = '', tags = {}, artifactLocation }: NewExperiment,
  now: number,
): Promise<string | null> {
  const at = new Date(now);
  const [row] = await db<{ id: string }[]>`
    insert into experiments (workspace_id, name, description, tags, artifact_location, created_at, updated_at)
    values (${caller.workspaceId}, ${name}, ${description}, ${db.json(tags)}, ${artifactLocation ?? null}, ${at}, ${at})
    on conflict (workspace_id, name) where deleted_at is null do nothing returning id`;
  if (!row) return null;
  await appendEvent(db, caller, {
    what: 'experiment.created',
    subject: `experiment:${row.id}`,
    after: { name, description, tags, artifactLocation },
    data: { name },
  });
  return row.id;
}

/** The active experiment of this name, made where there is none. */
export async function experimentNamed(db: Db, caller: Caller, name: string, now: number): Promise<string> {
  const find = async () => {
    const [row] = await db<{ id: string }[]>`
      select id from experiments where workspace_id = ${caller.workspaceId} and name = ${name} and deleted_at is null`;
    return row?.id ?? null;
  };
  const id = (await find()) ?? (await insertExperiment(db, caller, { name }, now)) ?? (await find());
  if (id === null) throw failure('SERVICE_UNAVAILABLE', { field: '', reason: 'another change stood in the way', remedy: 'send it again' });
  return id;
}

/** The first workspace's `Default` has the id 0, as MLflow's clients expect. */
export async function ensureDefaultExperiment(sql: Sql, workspaceId: string, now: number): Promise<void> {
  const [there] = await sql`select id from experiments where id = 0`;
  if (there) return;
  const at = new Date(now);
  await sql`
    insert into experiments (id, workspace_id, name, description, tags, created_at, updated_at)
    select 0, w.id, ${DEFAULT_EXPERIMENT}, '', '{}', ${at}, ${at} from workspaces w
    where w.id = ${workspaceId} and w.id = (select id from workspaces order by created_at, id limit 1)
    on conflict do nothing`;
}

export interface ExperimentChange {
  id: string;
  name?: string;
  description?: string;
  setTags?: Record<string, string>;
  removeTags?: string[];
  /** Sees it as it is, under its lock; what it throws undoes the change. */
  check?: (experiment: Experiment) => void;
}

export async function updateExperiment(context: CallContext, change: ExperimentChange): Promise<Experiment> {
  const { sql, caller, now } = context;
  return sql.begin(async (tx) => {
    const before = await lockExperiment(tx, caller.workspaceId, change.id);
    change.check?.(before);
    const after = {
      name: change.name ?? before.name,
      description: change.description ?? before.description,
      tags: changeTags(before.tags, change),
    };
    await tx`
      update experiments set name = ${after.name}, description = ${after.description}, tags = ${tx.json(after.tags)},
        updated_at = ${new Date(now())}
      where id = ${change.id}`.catch(translateTaken(after.name));
    await appendEvent(tx, caller, {
      what: 'experiment.updated',
      subject: `experiment:${change.id}`,
      before: { name: before.name, description: before.description, tags: before.tags },
      after,
      data: { name: after.name },
    });
    return requireExperiment(tx, caller.workspaceId, change.id);
  });
}

export async function setExperimentDeleted(context: CallContext, id: string, deleted: boolean): Promise<Experiment> {
  const { sql, caller, now } = context;
  return sql.begin(async (tx) => {
    const before = await lockExperiment(tx, caller.workspaceId, id);
    if ((before.lifecycle === 'deleted') !== deleted) {
      const at = new Date(now());
      await tx`update experiments set deleted_at = ${deleted ? at : null}, updated_at = ${at} where id = ${id}`.catch(
        translateTaken(before.name),
      );
      const what = deleted ? 'experiment.deleted' : 'experiment.restored';
      await appendEvent(tx, caller, { what, subject: `experiment:${id}`, data: { name: before.name } });
    }
    return requireExperiment(tx, caller.workspaceId, id);
  });
}

async function lockExperiment(db: Db, workspaceId: string, id: string): Promise<Experiment> {
  await db`select id from experiments where workspace_id = ${workspaceId} and id = ${id} for update`;
  return requireExperiment(db, workspaceId, id);
}

function translateTaken(name: string) {
  return (error: unknown): never => {
    throw codeOf(error) === '23505' ? nameTaken(name, error) : error;
  };
}
