/** Runs for the tests of this folder, as rows: what a search finds must not depend on how runs are logged. */
import { randomUUID } from 'node:crypto';
import type { RunStatus, SearchInput } from '@cellkeep/schema/tracking';
import { searchInput } from '@cellkeep/schema/tracking';
import type { Sql } from 'postgres';

export interface TestRun {
  id: string;
  experimentId: string;
  parentRunId: string | null;
  name: string;
  status: RunStatus;
  startedAt: number;
  endedAt: number | null;
  userName: string;
  /** Whom its process said that it ran as. */
  said: string | null;
  notes: string;
  tags: Record<string, string>;
  params: Record<string, string>;
  /** Last values; the least and the greatest are `leastOf` and `greatestOf` them. */
  metrics: Record<string, number | undefined>;
  datasets: { name: string; digest: string; context: string | null }[];
  cellId: string | null;
  notebookId: string | null;
  isDeleted: boolean;
  isArchived: boolean;
}

export const leastOf = (last: number): number => (Number.isFinite(last) ? last - 1 : Number.NaN);
export const greatestOf = (last: number): number => (Number.isFinite(last) ? last + 1 : Number.NaN);
/** Of points. */
export const COUNT = 3;

export interface TestWorkspace {
  id: string;
  userId: string;
}

export async function addWorkspace(sql: Sql): Promise<TestWorkspace> {
  const [id, userId] = [randomUUID(), randomUUID()];
  await sql`insert into workspaces (id, name, created_at) values (${id}, ${id}, now())`;
  await sql`insert into users (id, workspace_id, name, role, created_at) values (${userId}, ${id}, 'u', 'editor', now())`;
  return { id, userId };
}

export async function addExperiment(sql: Sql, { id }: TestWorkspace, name: string, isDeleted = false): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into experiments (workspace_id, name, description, tags, created_at, updated_at, deleted_at)
    values (${id}, ${name}, '', '{}', now(), now(), ${isDeleted ? new Date() : null}) returning id::text`;
  return row?.id ?? '';
}

export async function addNotebook(sql: Sql, { id, userId }: TestWorkspace, path: string, isReplaced = false): Promise<string> {
  const notebookId = randomUUID();
  await sql`
    insert into notebooks (id, workspace_id, user_id, path, created_at, updated_at, replaced_at)
    values (${notebookId}, ${id}, ${userId}, ${path}, now(), now(), ${isReplaced ? new Date() : null})`;
  return notebookId;
}

let made = 0;

/** Each one started a second after the one before. */
export function testRun(experimentId: string, given: Partial<TestRun> = {}): TestRun {
  made += 1;
  const plain = {
    parentRunId: null,
    endedAt: null,
    notes: '',
    tags: {},
    params: {},
    metrics: {},
    datasets: [],
    cellId: null,
    said: null,
    notebookId: null,
  };
  const id = randomUUID().replaceAll('-', '');
  const named = { id, experimentId, name: `run ${made}`, status: 'running' as const, userName: 'ada', isDeleted: false, isArchived: false };
  return { ...plain, ...named, startedAt: Date.UTC(2026, 0, 1) + made * 1_000, ...given };
}

export async function addRuns(sql: Sql, workspace: TestWorkspace, runs: TestRun[]): Promise<void> {
  for (const run of runs) {
    await sql`
      insert into runs (id, workspace_id, experiment_id, parent_run_id, name, status, started_at, ended_at, heartbeat_at, beats, user_id,
        user_name, notes, tags, params, source, notebook_id, deleted_at, archived_at)
      values (${run.id}, ${workspace.id}, ${run.experimentId}, ${run.parentRunId}, ${run.name}, ${run.status}, ${run.startedAt},
        ${run.endedAt}, ${run.startedAt}, true, ${workspace.userId}, ${run.userName}, ${run.notes}, ${sql.json(run.tags)},
        ${sql.json(run.params)}, ${sql.json({ cellId: run.cellId, ...(run.said === null ? {} : { user: run.said }) })}, ${run.notebookId}, ${run.isDeleted ? new Date() : null},
        ${run.isArchived ? new Date() : null})`;
    for (const { name, digest, context } of run.datasets) {
      await sql`
        with known as (
          insert into logged_datasets (id, workspace_id, experiment_id, name, digest, source_type, source)
          values (gen_random_uuid(), ${workspace.id}, ${run.experimentId}, ${name}, ${digest}, '', '')
          on conflict (experiment_id, name, digest) do update set source = '' returning id
        )
        insert into run_inputs (run_id, dataset_id, tags)
        select ${run.id}, id, ${sql.json(context === null ? {} : { 'mlflow.data.context': context })} from known`;
    }
    for (const [key, last] of Object.entries(run.metrics)) {
      if (last === undefined) continue;
      await sql`
        insert into series (run_id, key, experiment_id, last, last_step, last_time, min, max, count, small)
        values (${run.id}, ${key}, ${run.experimentId}, ${last}, 0, 0, ${leastOf(last)}, ${greatestOf(last)}, ${COUNT}, 0)`;
    }
  }
}

/** `n` runs with 20 metrics, 5 params and 2 tags each, in one experiment; the tables are analysed. */
export async function generateRuns(sql: Sql, workspace: TestWorkspace, experimentId: string, n: number): Promise<void> {
  await sql`
    insert into runs (id, workspace_id, experiment_id, name, status, started_at, ended_at, heartbeat_at, beats, user_id, user_name, notes,
      tags, params, source)
    select gen_random_uuid(), ${workspace.id}, ${experimentId}, 'run-' || i, case when i % 10 = 0 then 'failed' else 'finished' end,
      1760000000000 + i * 1000::bigint, 1760000000000 + i * 1000::bigint + (i * 7919) % 600000, 0, true, ${workspace.userId},
      'user' || i % 5, '', jsonb_build_object('team', 'team' || i % 4, 'note', 'n' || i),
      jsonb_build_object('model', (array['forest', 'linear', 'boost', 'net', 'knn'])[1 + i % 5], 'lr', (i % 100) / 1000.0,
        'depth', (i % 12)::text, 'seed', i::text, 'optimizer', 'adam')
        || jsonb_build_object('lr', ((i % 100) / 1000.0)::text),
      jsonb_build_object('cellId', 'cell' || i % 50)
    from generate_series(1, ${n}::int) i`;
  await sql`
    insert into series (run_id, key, experiment_id, last, last_step, last_time, min, max, count, small)
    select r.id, 'm' || k, r.experiment_id, random(), 100, 0, 0, 1, 100, 0
    from runs r cross join generate_series(0, 19) k where r.experiment_id = ${experimentId}`;
  await sql`vacuum analyze runs, series, experiments`;
}

/** As the contract reads it. */
export const search = (input: Partial<SearchInput> = {}): SearchInput => searchInput.parse(input);
