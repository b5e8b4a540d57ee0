/**
 * Runs as clients of other protocols see them, read for many at once: the run, the last point of each of its metrics, and what it read.
 * Columns stay columns: a page of 1,000 runs with 100 metrics each is 1,000 rows.
 */
import type { RunSource, RunStatus } from '@cellkeep/schema/tracking';
import type { Db } from '../core/context.ts';
import { type LoggedInput, readInputs } from './datasets.ts';

export interface RunRecord {
  /** 32 hex digits */
  id: string;
  experimentId: string;
  name: string;
  parentRunId: string | null;
  status: RunStatus;
  /** By itself or with its experiment. */
  deleted: boolean;
  startedAt: number;
  endedAt: number | null;
  /** Whose account logged it. */
  userName: string;
  notes: string;
  tags: Record<string, string>;
  params: Record<string, string>;
  source: RunSource;
  /** Of the experiment; null: this server, under the experiment's id. */
  artifactLocation: string | null;
  /** The last point of each series, in the order in which they were first logged. */
  metrics: LastPoints | null;
  inputs: LoggedInput[];
}

/** Columns, equally long. */
export interface LastPoints {
  keys: string[];
  values: number[];
  steps: number[];
  times: number[];
}

/**
 * In the order of the ids; one that is not there is left out.
 * @param bare without metrics and inputs
 */
export async function readRunRecords(db: Db, workspaceId: string, ids: readonly string[], bare = false): Promise<RunRecord[]> {
  if (ids.length === 0) return [];
  if (bare) return readRows(db, workspaceId, ids);
  const [runs, metrics, inputs] = await Promise.all([readRows(db, workspaceId, ids), readLastPoints(db, ids), readInputs(db, ids)]);
  for (const run of runs) {
    run.metrics = metrics.get(run.id) ?? null;
    run.inputs = inputs.get(run.id) ?? [];
  }
  return runs;
}

function readRows(db: Db, workspaceId: string, ids: readonly string[]): Promise<RunRecord[]> {
  return db<RunRecord[]>`
    select replace(r.id::text, '-', '') as id, r.experiment_id as "experimentId", r.name,
      replace(r.parent_run_id::text, '-', '') as "parentRunId", r.status, (r.deleted_at is not null or e.deleted_at is not null) as deleted,
      r.started_at::float8 as "startedAt", r.ended_at::float8 as "endedAt", r.user_name as "userName", r.notes, r.tags, r.params, r.source,
      e.artifact_location as "artifactLocation", null as metrics, '{}'::text[] as inputs
    from unnest(${[...ids]}::uuid[]) with ordinality as w (id, place)
    join runs r on r.id = w.id and r.workspace_id = ${workspaceId}
    join experiments e on e.id = r.experiment_id
    order by w.place`.then((rows) => [...rows]);
}

async function readLastPoints(db: Db, ids: readonly string[]): Promise<Map<string, LastPoints>> {
  const rows = await db<(LastPoints & { id: string })[]>`
    select replace(run_id::text, '-', '') as id, array_agg(key order by id) as keys, array_agg(last order by id) as values,
      array_agg(last_step::float8 order by id) as steps, array_agg(last_time::float8 order by id) as times
    from series where run_id = any(${[...ids]}::uuid[]) group by run_id`;
  return new Map(rows.map((row) => [row.id, row]));
}
