import type { SearchInput } from '@cellkeep/schema/tracking';
import type { Db } from '../../core/context.ts';
import { conditionOf } from './condition.ts';
import { behind, type Cursor, type Mark, markOf, readCursor, searchDigest, writeCursor } from './cursor.ts';
import { type Column, columnsOf, commaSeparated, type Order, orderedBy, ordersOf } from './order.ts';
import { parseFilter } from './parse.ts';
import { type Asker, type Scope, scopeOf } from './scope.ts';
import { type Fragment, unprepared } from './sqlValues.ts';

export interface Found {
  /** 32 hex digits each, in order. */
  ids: string[];
  /** null on the last page */
  nextCursor: string | null;
  /** Runs that match, on all pages, as counted for the first one. */
  total: number;
}

interface Query {
  db: Db;
  scope: Scope;
  /** Scope and filter, on the run `r`. */
  matches: Fragment;
  orders: Order[];
}

type FoundRow = { id: string } & Record<string, unknown>;
interface Place {
  id: string;
  stage: number;
  after: Mark[];
}

/**
 * Finds, orders and pages runs. `now` (ms since the epoch) is what relative times in the filter count from, on all pages of a search.
 *
 * @throws BAD_REQUEST with field `filter` (and the column), `orderBy[i].by` or `cursor`
 */
export async function searchRuns(db: Db, workspaceId: string, input: SearchInput & Asker, now = Date.now()): Promise<Found> {
  const of = searchDigest(input, workspaceId);
  const cursor = input.cursor === undefined ? null : readCursor(input.cursor, of);
  const started = cursor?.now ?? now;
  const tree = parseFilter(input.filter, started);
  const orders = ordersOf(input.orderBy);
  const scope = await scopeOf(db, workspaceId, input);
  if (scope.experimentIds.length === 0) return { ids: [], nextCursor: null, total: 0 };
  const matches = tree ? db`${scope.condition} and ${conditionOf(db, workspaceId, tree)}` : scope.condition;
  const query: Query = { db, scope, matches, orders };
  const wanted = input.limit + 1; // one more says whether there is a next page
  const [places, total] = await Promise.all([pageOf(query, wanted, input.offset, cursor), cursor?.total ?? countOf(query)]);
  const page = places.slice(0, input.limit);
  const last = page.at(-1);
  const nextCursor =
    places.length > page.length && last ? writeCursor({ of, now: started, total, stage: last.stage, after: last.after }) : null;
  return { ids: page.map(({ id }) => id), nextCursor, total };
}

/** A search in another grammar than ours, already as SQL. */
export interface RunQuery {
  /** Whose runs are looked through; `matches` says so as well. */
  experimentIds: string[];
  /** On the run `r`. */
  matches: Fragment;
  orders: Order[];
  limit: number;
  offset: number;
}

/** Ids of runs in order, 32 hex digits each; ties as in every search, newest first, then by id. */
export async function findRunIds(db: Db, { experimentIds, matches, orders, limit, offset }: RunQuery): Promise<string[]> {
  if (experimentIds.length === 0) return [];
  const places = await pageOf({ db, scope: { experimentIds, condition: matches }, matches, orders }, limit, offset, null);
  return places.map(({ id }) => id);
}

/**
 * Ordered by a metric first, runs come in three stages: those with a number, in the order of the index; those with NaN, which the index
 * has at the wrong end when descending; those without the metric. Each is asked only when the ones before did not fill the page.
 */
async function pageOf(query: Query, wanted: number, offset: number, cursor: Cursor | null): Promise<Place[]> {
  const [first] = query.orders;
  const stages = first?.field.of === 'metric' ? [0, 1, 2] : [0];
  const places: Place[] = [];
  let passed = 0;
  for (const stage of stages) {
    if (places.length >= wanted || stage < (cursor?.stage ?? 0)) continue;
    const after = stage === cursor?.stage ? cursor.after : null;
    const part = { limit: wanted - places.length, offset: offset - passed, after };
    const asked = (one: Part) => (first?.field.of === 'metric' ? stageOf(query, first.field.key, stage, one) : plain(query, one));
    const found = await unprepared(query.db<FoundRow[]>`${asked(part)}`);
    places.push(...found.map(({ id, ...values }) => ({ id, stage, after: Object.values(values).map(markOf) })));
    // A stage that was passed over whole says by its size how far into the next one the page begins.
    if (places.length > 0) passed = offset;
    else if (passed < offset && stage < stages.length - 1) {
      const all = asked({ limit: offset - passed, offset: 0, after });
      const [size] = await unprepared(query.db<{ n: number }[]>`select count(*)::int as n from (${all}) whole`);
      passed += size?.n ?? 0;
    }
  }
  return places;
}

/** Which rows of an order: those behind `after`, without the first `offset` of them. */
interface Part {
  limit: number;
  offset: number;
  after: Mark[] | null;
}

function plain({ db, matches, orders }: Query, part: Part): Fragment {
  const { joins, columns } = columnsOf(db, orders);
  return selected(db, columns, db`runs r${joins}`, matches, part);
}

function stageOf({ db, scope, matches, orders }: Query, key: string, stage: number, part: Part): Fragment {
  const [first, ...others] = orders;
  const { joins, columns } = columnsOf(db, others);
  if (stage === 2) {
    const lacks = db`not exists (select from series m where m.run_id = r.id and m.key = ${key}) and ${matches}`;
    return selected(db, columns, db`runs r${joins}`, lacks, part);
  }
  const byMetric: Column = { value: db`m.last`, type: 'float8', desc: first?.desc === true, nullable: false };
  const staged = stage === 0 ? [byMetric, ...columns] : columns;
  const numbers = stage === 0 ? db`m.last < 'NaN'::float8` : db`m.last = 'NaN'::float8`;
  const from = db`series m join runs r on r.id = m.run_id${joins}`;
  const inside = (experiment: Fragment, inner: Part) => {
    const where = db`m.experiment_id = ${experiment} and m.key = ${key} and ${numbers} and ${matches}`;
    return selected(db, staged, from, where, inner);
  };
  const [only, ...more] = scope.experimentIds;
  if (only !== undefined && more.length === 0) return inside(db`${only}::bigint`, part);
  // The index has the order of one experiment: the best of each, then the best of those.
  const again = staged.map((column, i) => ({ ...column, value: db`p.${db(nameOf(i))}` }));
  return db`
    select p.* from unnest(${scope.experimentIds}::bigint[]) as experiment (id) cross join lateral (
      ${inside(db`experiment.id`, { ...part, limit: part.offset + part.limit, offset: 0 })}) p
    order by ${orderedBy(db, again)} limit ${part.limit} offset ${part.offset}`;
}

const nameOf = (column: number) => `c${column}`;

function selected(db: Db, columns: Column[], from: Fragment, where: Fragment, { limit, offset, after }: Part): Fragment {
  const values = columns.map(({ value }, i) => db`${value} as ${db(nameOf(i))}`);
  return db`
    select replace(r.id::text, '-', '') as id, ${commaSeparated(db, values)} from ${from}
    where ${where} ${after ? db`and ${behind(db, columns, after)}` : db``}
    order by ${orderedBy(db, columns)} limit ${limit} offset ${offset}`;
}

async function countOf({ db, matches }: Query): Promise<number> {
  const [row] = await unprepared(db<{ total: number }[]>`select count(*)::int as total from runs r where ${matches}`);
  return row?.total ?? 0;
}
