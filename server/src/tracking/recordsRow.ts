/**
 * A page of runs as one row: each column is an aggregate over the runs, or over their series. With a row for each run, and a statement
 * for each thing that is asked of it, a page of 100 runs took Postgres and the driver twice as long.
 */
import type { RunStatus } from '@cellkeep/schema/tracking';
import type { Db } from '../core/context.ts';
import type { LoggedInput } from './datasets.ts';
import type { Fragment } from './search/index.ts';

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
  /** Who logged it, as its client said; where it said nothing, whose account it was. */
  user: string;
  notes: string;
  tags: Record<string, string>;
  params: Record<string, string>;
  /** Of the experiment; null: this server, under the experiment's id. */
  artifactLocation: string | null;
  /** The last point of each series, in the order in which they were first logged. */
  metrics: LastPoints | null;
  inputs: LoggedInput[];
}

/** Equally long. */
export interface LastPoints {
  keys: string[];
  values: number[];
  steps: number[];
  times: number[];
}

/** What a statement reads of a page: `columns` of each run `r` into a table `page`, in which it has an `id` of 32 hex digits; then `row`. */
export interface PageReading {
  columns: Fragment;
  row: Fragment;
}

export interface RecordsRow {
  ids: string[] | null;
  experiments: number[];
  names: string[];
  parents: (string | null)[];
  statuses: RunStatus[];
  deleted: boolean[];
  started: number[];
  ended: (number | null)[];
  users: string[];
  notes: string[];
  /** JSON objects with commas between them. */
  tags: string;
  params: string;
  /** By experiment: where its files lie, and whether it is deleted. */
  places: Record<string, { location: string | null; deleted: boolean }>;
  /** Those that read something. */
  reading: string[] | null;
  /** Of all runs, the first run's first; `run` counts from 1. */
  keys: string[] | null;
  run: Buffer;
  value: Buffer;
  step: Buffer;
  time: Buffer;
  also: unknown[] | null;
}

/**
 * @param also one more value of the page: a list as JSON, null where it is empty
 * @param bare without metrics
 */
export function recordsReading(db: Db, { also, bare = false }: { also?: Fragment | undefined; bare?: boolean } = {}): PageReading {
  const column = (name: string, send: string) => db`string_agg(${db(send)}(${db(name)}), '') as ${db(name)}`;
  // In order of runs and series. Numbers in binary: as text each is written and read for itself.
  const points = db`
    (
      select json_agg(key) as keys, ${column('run', 'int4send')}, ${column('value', 'float8send')}, ${column('step', 'float8send')},
        ${column('time', 'float8send')}
      from (
        select p.run::int4 as run, s.key, s.last as value, s.last_step::float8 as step, s.last_time::float8 as time
        from (select run_id, row_number() over () as run from page) p join series s on s.run_id = p.run_id
        order by p.run, s.id
      ) point
    ) points`;
  return {
    columns: db`r.id as run_id, r.experiment_id, r.name, r.parent_run_id, r.status, r.deleted_at, r.started_at, r.ended_at,
      coalesce(r.source ->> 'user', r.user_name) as user_name, r.notes, r.tags, r.params`,
    row: db`
      select * from (
        select json_agg(id) as ids, json_agg(experiment_id) as experiments, json_agg(name) as names,
          json_agg(replace(parent_run_id::text, '-', '')) as parents, json_agg(status) as statuses,
          json_agg(deleted_at is not null) as deleted, json_agg(started_at) as started, json_agg(ended_at) as ended,
          json_agg(user_name) as users, json_agg(notes) as notes, string_agg(tags::text, ',') as tags, string_agg(params::text, ',') as params,
          (
            select json_object_agg(e.id, json_build_object('location', e.artifact_location, 'deleted', e.deleted_at is not null))
            from experiments e where e.id in (select experiment_id from page)
          ) as places,
          (
            select json_agg(replace(r.id::text, '-', '')) from (
              select distinct i.run_id as id from run_inputs i where i.run_id in (select run_id from page)) r
          ) as reading,
          ${also ?? db`null::json`} as also
        from page
      ) runs ${bare ? db`` : db`, ${points}`}`,
  };
}

/** Without what they read, of which only `reading` is known. */
export function recordsIn(row: RecordsRow): RunRecord[] {
  const { ids, experiments, names, parents, statuses, deleted, started, ended, users, notes, places } = row;
  if (!ids) return [];
  const [tags, params] = [row.tags, row.params].map((texts) => JSON.parse(`[${texts}]`) as Record<string, string>[]);
  const records = ids.map((id, i): RunRecord => {
    const experimentId = String(experiments[i]);
    const place = places[experimentId];
    return {
      id,
      experimentId,
      name: names[i] as string,
      parentRunId: parents[i] ?? null,
      status: statuses[i] as RunStatus,
      deleted: deleted[i] === true || place?.deleted === true,
      startedAt: started[i] as number,
      endedAt: ended[i] ?? null,
      user: users[i] as string,
      notes: notes[i] as string,
      tags: tags?.[i] ?? {},
      params: params?.[i] ?? {},
      artifactLocation: place?.location ?? null,
      metrics: null,
      inputs: [],
    };
  });
  if (row.keys) addPoints(records, row, row.keys);
  return records;
}

function addPoints(records: RunRecord[], row: RecordsRow, keys: string[]): void {
  const [run, value, step, time] = [row.run, row.value, row.step, row.time].map(viewOf) as [DataView, DataView, DataView, DataView];
  let at = -1;
  let points: LastPoints = { keys: [], values: [], steps: [], times: [] };
  for (let i = 0; i < keys.length; i++) {
    const of = run.getInt32(4 * i);
    if (of !== at) {
      at = of;
      points = { keys: [], values: [], steps: [], times: [] };
      (records[of - 1] as RunRecord).metrics = points;
    }
    points.keys.push(keys[i] as string);
    points.values.push(value.getFloat64(8 * i));
    points.steps.push(step.getFloat64(8 * i));
    points.times.push(time.getFloat64(8 * i));
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Buffer) => new DataView(buffer, byteOffset, byteLength);
