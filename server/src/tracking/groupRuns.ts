/** Runs by what they have in common: how many, and what their metrics come to. */
import { createHash } from 'node:crypto';
import type { GroupMetric, GroupsInput, GroupsOutput, RunGroup } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import type { Caller, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { failure } from '../core/failure.ts';
import { attributeIn, type Field, type Fragment, fieldAlone, prepare, textIn, unprepared, withinTime } from './search/index.ts';

const STATS = ['count', 'mean', 'min', 'max', 'std'] as const;
type Stat = (typeof STATS)[number];

/**
 * @throws BAD_REQUEST with field `filter` (and the column), `by[i]`, `orderBy[i].by` or `cursor`; SERVICE_UNAVAILABLE where it takes too long
 */
export async function groupRuns(db: Db, caller: Caller, input: GroupsInput, now: number): Promise<GroupsOutput> {
  const { by, metrics, limit, cursor, orderBy } = input;
  const fields = by.map((written, i) => groupField(written, `by[${i}]`));
  const keys = [...new Set(metrics)];
  const of = digestOf(input);
  const offset = cursor === undefined ? 0 : offsetOf(cursor, of);
  const order = orderOf(db, orderBy, by, keys);
  const { scope, matches } = await prepare(db, caller.workspaceId, { ...input, userId: caller.userId }, now);
  if (scope.experimentIds.length === 0) return { groups: [], nextCursor: null, total: 0, runs: 0 };

  const values = fields.map((field, i) => db`, ${textOf(db, field)} as ${db(`g${i}`)}`);
  const names = fields.map((_, i) => db(`g${i}`));
  const grouped = list(
    db,
    names.map((name) => db`m.${name}`),
  );
  const rows = await withinTime(
    unprepared(db<Row[]>`
      with matched as materialized (select r.id, r.experiment_id, r.started_at ${values} from runs r where ${matches}),
      sums as (
        select ${grouped}, count(*)::int as runs, max(m.started_at)::float8 as newest ${each(
          db,
          keys.map((_, k) => summed(db, k)),
        )}
        from matched m ${each(
          db,
          keys.map((key, k) => joined(db, scope.experimentIds, key, k)),
        )}
        group by ${grouped}
      )
      select *, count(*) over ()::int as total, sum(runs) over ()::float8 as among from sums
      order by ${order}, ${list(
        db,
        names.map((name) => db`${name} collate "C" nulls last`),
      )} limit ${limit} offset ${offset}`),
  );
  const labels = await labelsOf(db, fields, rows);
  const groups = rows.map((row): RunGroup => {
    const own = by.map((_, i) => row[`g${i}`] as string | null);
    const sums = keys.map((key, k): [string, GroupMetric] => [key, metricOf(row, k)]);
    const shown = own.map((value, i) => (value === null ? null : (labels.get(`${i} ${value}`) ?? value)));
    return { values: own, labels: shown, count: row.runs, newest: row.newest, metrics: Object.fromEntries(sums) };
  });
  const total = rows[0]?.total ?? 0;
  const next = offset + rows.length;
  return { groups, total, runs: rows[0]?.among ?? 0, nextCursor: rows.length > 0 && next < total ? cursorOf([next, of]) : null };
}

type Row = { runs: number; newest: number; total: number; among: number } & Record<string, unknown>;
type Grouping = Exclude<Field, { of: 'metric' | 'dataset' }>;

function list(db: Db, parts: Fragment[]): Fragment {
  return db`${parts.flatMap((part, i) => (i === 0 ? part : [db`, `, part]))}`;
}

/** One behind the other; the driver takes an empty list for a parameter. */
const each = (db: Db, parts: Fragment[]): Fragment => (parts.length === 0 ? db`` : db`${parts}`);

const NUMBERS: ReadonlySet<string> = new Set(['started_at', 'ended_at', 'duration', 'notes']);

function groupField(written: string, at: string): Grouping {
  const field = fieldAlone(written);
  if (!('of' in field)) throw failure('BAD_REQUEST', { field: at, ...field });
  if (field.of === 'metric' || field.of === 'dataset' || (field.of === 'attribute' && NUMBERS.has(field.name)))
    throw failure('BAD_REQUEST', {
      field: at,
      reason: `runs are not grouped by ${written}`,
      remedy: 'group by params.…, tags.… or one of experiment, user, status, notebook, cell, name, parent_run_id',
    });
  return field;
}

/** As text: ids stand for experiments and runs, whose names may be the same. */
function textOf(db: Db, field: Grouping): Fragment {
  if (field.of !== 'attribute') return textIn(db, field.of, field.key);
  switch (field.name) {
    case 'experiment':
      return db`r.experiment_id::text`;
    case 'notebook':
      return db`(select n.path from notebooks n where n.id = r.notebook_id)`;
    case 'id':
    case 'parent_run_id':
      return db`replace(${attributeIn(db, field.name)}::text, '-', '')`;
    default:
      return db`${attributeIn(db, field.name)}::text`;
  }
}

/** The metric's finite last value: what is infinite or NaN has no mean. */
function joined(db: Db, experimentIds: string[], key: string, k: number): Fragment {
  const alias = db(`s${k}`);
  return db` left join series ${alias} on ${alias}.run_id = m.id and ${alias}.experiment_id = m.experiment_id
    and ${alias}.experiment_id = any(${experimentIds}::bigint[]) and ${alias}.key = ${key}
    and ${alias}.last > '-Infinity'::float8 and ${alias}.last < 'Infinity'::float8`;
}

/** Beyond, the squares that Postgres sums for a mean overflow, which is an error there: such a group has no mean. */
const LARGEST = 1e140;

function summed(db: Db, k: number): Fragment {
  const last = db`${db(`s${k}`)}.last`;
  const best = (direction: Fragment) => db`
    replace((array_agg(m.id order by ${last} ${direction}, m.started_at desc) filter (where ${last} is not null))[1]::text, '-', '')`;
  const isSmall = db`${last} > -${LARGEST}::float8 and ${last} < ${LARGEST}::float8`;
  const small = (of: Fragment) => db`case when bool_and(${isSmall}) then ${of} filter (where ${isSmall}) end`;
  return db`, count(${last})::int as ${db(columnOf(k, 'count'))}, ${small(db`avg(${last})`)} as ${db(columnOf(k, 'mean'))}, min(${last}) as ${db(columnOf(k, 'min'))},
    max(${last}) as ${db(columnOf(k, 'max'))}, ${small(db`stddev_samp(${last})`)} as ${db(columnOf(k, 'std'))},
    ${best(db`asc`)} as ${db(`m${k}_least`)}, ${best(db`desc`)} as ${db(`m${k}_most`)}`;
}

const columnOf = (k: number, stat: Stat) => `m${k}_${stat}`;

function metricOf(row: Row, k: number): GroupMetric {
  const number = (stat: Stat) => {
    const value = row[columnOf(k, stat)] as number | null;
    return value === null ? null : toWire(value);
  };
  return {
    count: row[columnOf(k, 'count')] as number,
    mean: number('mean'),
    min: number('min'),
    max: number('max'),
    std: number('std'),
    minRunId: row[`m${k}_least`] as string | null,
    maxRunId: row[`m${k}_most`] as string | null,
  };
}

function orderOf(db: Db, orderBy: GroupsInput['orderBy'], by: string[], keys: string[]): Fragment {
  if (orderBy.length === 0) return db`runs desc`;
  return list(
    db,
    orderBy.map(({ by: written, direction }, i) => {
      const column = columnNamed(db, written, by, keys);
      if (!column)
        throw failure('BAD_REQUEST', {
          field: `orderBy[${i}].by`,
          reason: `groups have no ${JSON.stringify(written)}`,
          remedy: 'order by count, newest, one of `by`, or metrics.KEY.mean (min, max, std, count) of a key in `metrics`',
        });
      return db`${column} ${direction === 'desc' ? db`desc` : db`asc`} nulls last`;
    }),
  );
}

function columnNamed(db: Db, written: string, by: string[], keys: string[]): Fragment | null {
  if (written === 'count') return db`runs`;
  if (written === 'newest') return db`newest`;
  const place = by.indexOf(written);
  if (place >= 0) return db`${db(`g${place}`)} collate "C"`;
  const [, key = '', stat = 'mean'] = /^metrics\.(.+)\.(mean|min|max|std|count)$/s.exec(written) ?? [];
  const k = keys.indexOf(key);
  return k >= 0 ? db`${db(columnOf(k, stat as Stat))}` : null;
}

/** Names of the experiments and runs whose ids the groups have. */
async function labelsOf(db: Db, fields: Grouping[], rows: Row[]): Promise<Map<string, string>> {
  const labels = new Map<string, string>();
  for (const [i, field] of fields.entries()) {
    if (field.of !== 'attribute') continue;
    const ids = rows.map((row) => row[`g${i}`] as string | null).filter((id) => id !== null);
    if (ids.length === 0) continue;
    const named =
      field.name === 'experiment'
        ? await db<{ id: string; name: string }[]>`select id::text, name from experiments where id = any(${ids}::bigint[])`
        : field.name === 'parent_run_id'
          ? await db<{ id: string; name: string }[]>`select replace(id::text, '-', '') as id, name from runs where id = any(${ids}::uuid[])`
          : [];
    for (const { id, name } of named) labels.set(`${i} ${id}`, name);
  }
  return labels;
}

/** The same groups on every page: only how many a page has may change. */
function digestOf({ limit: _limit, cursor: _cursor, ...asked }: GroupsInput): string {
  return createHash('sha256').update(JSON.stringify(asked)).digest('base64url').slice(0, 16);
}

function offsetOf(cursor: string, of: string): number {
  const [offset = -1, asked] = readCursor(cursor, ['number', 'string']);
  if (asked !== of || !Number.isSafeInteger(offset) || Number(offset) < 0)
    throw failure('BAD_REQUEST', { field: 'cursor', reason: 'this cursor belongs to other groups', remedy: 'leave it out to begin anew' });
  return Number(offset);
}
