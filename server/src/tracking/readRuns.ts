/** Runs as the contract shows them. */
import type { MetricSummary, Run } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import type { Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { floatsOf } from './floatColumns.ts';
import { userIn } from './search/index.ts';

/** What of the runs is wanted, where not all of it is: a page of a table is a tenth of the whole runs. */
export interface Wanted {
  metrics?: readonly string[];
  params?: readonly string[];
  tags?: readonly string[];
  /** Notes, error and source; of the source the notebook always comes. */
  details?: boolean;
}

type RunRow = Omit<Run, 'metrics' | 'source' | 'childCount'> & {
  source: Omit<Run['source'], 'notebookId' | 'notebookPath'>;
  notebookId: string | null;
  notebookPath: string | null;
  childCount: number | null;
};

/** In the order of the ids; one that is not there is left out. */
export async function readRuns(db: Db, workspaceId: string, ids: readonly string[], wanted: Wanted = {}): Promise<Run[]> {
  if (ids.length === 0) return [];
  const [rows, metrics] = await Promise.all([readRows(db, workspaceId, ids, wanted), readMetrics(db, ids, wanted.metrics)]);
  return rows.map(({ notebookId, notebookPath, source, childCount, ...row }) => ({
    ...row,
    childCount: childCount ?? 0,
    metrics: metrics.get(row.id) ?? {},
    source: { ...UNKNOWN, ...source, notebookId, notebookPath },
  }));
}

/** As the contract fills in what a source does not say. */
const UNKNOWN = { sessionId: null, executionId: null, cellId: null, executionCount: null, entrypoint: '', host: '', git: null };

export async function requireRun(db: Db, workspaceId: string, id: string): Promise<Run> {
  const [run] = await readRuns(db, workspaceId, [id]);
  if (!run) throw noSuchRun(id);
  return run;
}

export function noSuchRun(id: string, field = 'id') {
  return failure('NOT_FOUND', { field, reason: `no run ${id}` });
}

function readRows(db: Db, workspaceId: string, ids: readonly string[], { params, tags, details = true }: Wanted) {
  const only = (name: 'params' | 'tags', keys: readonly string[] | undefined) => {
    const texts = db`r.${db(name)}`;
    if (!keys) return texts;
    if (keys.length === 0) return db`'{}'::jsonb`;
    return db`(select coalesce(jsonb_object_agg(k.key, ${texts} -> k.key), '{}') from unnest(${[...keys]}::text[]) as k (key)
      where ${texts} -> k.key is not null)`;
  };
  const long = details ? db`r.notes, r.source, r.error` : db`'' as notes, '{}'::jsonb as source, null::jsonb as error`;
  return db<RunRow[]>`
    with wanted as (select * from unnest(${[...ids]}::uuid[]) with ordinality as w (id, place)),
    -- Counted for all at once: a look for each run costs as much as the run.
    children as (
      select parent_run_id as id, count(*)::int as n from runs
      where parent_run_id = any(${[...ids]}::uuid[]) and deleted_at is null group by parent_run_id
    )
    select replace(r.id::text, '-', '') as id, r.experiment_id as "experimentId", e.name as "experimentName", r.name,
      replace(r.parent_run_id::text, '-', '') as "parentRunId", r.status,
      case when r.deleted_at is not null then 'deleted' when r.archived_at is not null then 'archived' else 'active' end as lifecycle,
      r.started_at::float8 as "startedAt", r.ended_at::float8 as "endedAt", r.heartbeat_at::float8 as "heartbeatAt",
      ${userIn(db)} as "user", r.user_name as "userName", r.verdict, ${long}, ${only('tags', tags)} as tags, ${only('params', params)} as params,
      r.artifact_count as "artifactCount", c.n as "childCount", r.notebook_id as "notebookId", n.path as "notebookPath"
    from wanted w
    join runs r on r.id = w.id and r.workspace_id = ${workspaceId}
    join experiments e on e.id = r.experiment_id left join notebooks n on n.id = r.notebook_id left join children c on c.id = r.id
    order by w.place`;
}

const COLUMNS = ['last', 'last_step', 'last_time', 'min', 'max', 'count'] as const;

/**
 * A page of 100 runs with 100 metrics each is 100 rows of binary columns instead of 10,000 rows: the driver reads 60,000 numbers in 1 ms
 * so, and in 30 ms as arrays of text.
 */
async function readMetrics(
  db: Db,
  ids: readonly string[],
  wanted: readonly string[] | undefined,
): Promise<Map<string, Record<string, MetricSummary>>> {
  if (wanted?.length === 0) return new Map();
  type Row = { id: string; keys: string[] } & Record<(typeof COLUMNS)[number], Buffer>;
  const columns = COLUMNS.map((name) => db`, array_send(array_agg(s.${db(name)}::float8)) as ${db(name)}`);
  const rows = await db<Row[]>`
    select replace(s.run_id::text, '-', '') as id, json_agg(s.key) as keys ${columns}
    from (
      select * from series where run_id = any(${[...ids]}::uuid[]) ${wanted ? db`and key = any(${[...wanted]}::text[])` : db``}
      order by run_id, id
    ) s group by s.run_id`;
  return new Map(
    rows.map(({ id, keys, ...row }) => {
      const [last, steps, times, min, max, counts] = COLUMNS.map((name) => floatsOf(row[name]));
      // From entries, so that a metric named __proto__ is one.
      const summaries = keys.map((key, i): [string, MetricSummary] => [
        key,
        {
          last: toWire(last?.[i] as number),
          lastStep: steps?.[i] as number,
          lastTime: times?.[i] as number,
          min: toWire(min?.[i] as number),
          max: toWire(max?.[i] as number),
          count: counts?.[i] as number,
        },
      ]);
      return [id, Object.fromEntries(summaries)];
    }),
  );
}
