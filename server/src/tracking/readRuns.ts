/** Runs as the contract shows them. */
import type { MetricSummary, Run } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import type { Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';

type RunRow = Omit<Run, 'metrics' | 'source'> & {
  source: Omit<Run['source'], 'notebookId' | 'notebookPath'>;
  notebookId: string | null;
  notebookPath: string | null;
};

/** In the order of the ids; one that is not there is left out. `keys`: the metrics that are wanted, where not all are. */
export async function readRuns(db: Db, workspaceId: string, ids: readonly string[], keys?: readonly string[]): Promise<Run[]> {
  if (ids.length === 0) return [];
  const [rows, metrics] = await Promise.all([readRows(db, workspaceId, ids), readMetrics(db, ids, keys)]);
  return rows.map(({ notebookId, notebookPath, source, ...row }) => ({
    ...row,
    metrics: metrics.get(row.id) ?? {},
    source: { ...source, notebookId, notebookPath },
  }));
}

export async function requireRun(db: Db, workspaceId: string, id: string): Promise<Run> {
  const [run] = await readRuns(db, workspaceId, [id]);
  if (!run) throw noSuchRun(id);
  return run;
}

export function noSuchRun(id: string, field = 'id') {
  return failure('NOT_FOUND', { field, reason: `no run ${id}` });
}

function readRows(db: Db, workspaceId: string, ids: readonly string[]) {
  return db<RunRow[]>`
    select replace(r.id::text, '-', '') as id, r.experiment_id as "experimentId", e.name as "experimentName", r.name,
      replace(r.parent_run_id::text, '-', '') as "parentRunId", r.status,
      case when r.deleted_at is null then 'active' else 'deleted' end as lifecycle,
      r.started_at::float8 as "startedAt", r.ended_at::float8 as "endedAt", r.heartbeat_at::float8 as "heartbeatAt",
      r.user_name as "userName", r.notes, r.tags, r.params, r.source, r.error, r.artifact_count as "artifactCount",
      (select count(*)::int from runs c where c.parent_run_id = r.id and c.deleted_at is null) as "childCount",
      r.notebook_id as "notebookId", n.path as "notebookPath"
    from unnest(${[...ids]}::uuid[]) with ordinality as w (id, place)
    join runs r on r.id = w.id and r.workspace_id = ${workspaceId}
    join experiments e on e.id = r.experiment_id left join notebooks n on n.id = r.notebook_id
    order by w.place`;
}

/** Columns joined by Postgres: a page of 100 runs with 100 metrics each is 100 rows instead of 10,000. */
async function readMetrics(
  db: Db,
  ids: readonly string[],
  wanted: readonly string[] | undefined,
): Promise<Map<string, Record<string, MetricSummary>>> {
  type Row = { id: string; keys: string[] } & Record<'last' | 'steps' | 'times' | 'min' | 'max' | 'counts', number[]>;
  const rows = await db<Row[]>`
    select replace(run_id::text, '-', '') as id, array_agg(key order by id) as keys, array_agg(last order by id) as last,
      array_agg(last_step::float8 order by id) as steps, array_agg(last_time::float8 order by id) as times,
      array_agg(min order by id) as min, array_agg(max order by id) as max, array_agg(count::float8 order by id) as counts
    from series where run_id = any(${[...ids]}::uuid[]) ${wanted ? db`and key = any(${[...wanted]}::text[])` : db``} group by run_id`;
  return new Map(
    rows.map(({ id, keys, last, steps, times, min, max, counts }) => [
      id,
      Object.fromEntries(
        keys.map((key, i): [string, MetricSummary] => [
          key,
          {
            last: toWire(last[i] as number),
            lastStep: steps[i] as number,
            lastTime: times[i] as number,
            min: toWire(min[i] as number),
            max: toWire(max[i] as number),
            count: counts[i] as number,
          },
        ]),
      ),
    ]),
  );
}
