/** One page of an order, read from the index of that order where there is one. */
import type { PendingQuery } from 'postgres';
import type { Db } from '../../core/context.ts';
import { behind, type Cursor, type Mark, markOf } from './cursor.ts';
import { type Column, columnsOf, commaSeparated, type Order, orderedBy } from './order.ts';
import type { Scope } from './scope.ts';
import { type Fragment, unprepared } from './sqlValues.ts';
import { withinTime } from './withinTime.ts';

export interface Query {
  db: Db;
  scope: Scope;
  /** Scope and filter, on the run `r`. */
  matches: Fragment;
  /** The filter alone, null where there is none or it is not known apart. */
  filter: Fragment | null;
  /** Whether anything but the experiments narrows the search. */
  isFiltered: boolean;
  isByIds?: boolean;
  orders: Order[];
  /** Whether pages that follow are asked for by offset: then no cursor is written, and what stands in the order's columns is not read. */
  idsOnly?: boolean;
  /** What else is read of a page where one statement finds it (recordsRow.ts); only with `idsOnly`. */
  reading?: { columns: Fragment; row: Fragment } | undefined;
}

type FoundRow = { id: string } & Record<string, unknown>;
export interface Place {
  id: string;
  stage: number;
  row: FoundRow;
}

export interface Page {
  places: Place[];
  /** What was to be read of all of them; null where they were only found. */
  read: Record<string, unknown> | null;
}

const OF_ORDER = /^c\d+$/;

/** Where a run stands in the order: what a cursor behind it says. */
export function marksOf({ row }: Place): Mark[] {
  const named = Object.entries(row).filter(([name]) => OF_ORDER.test(name));
  return named.map(([, value]) => markOf(value));
}

/**
 * Ordered by a metric first, runs come in three stages: those with a number, in the order of the index; those with NaN, which the index
 * has at the wrong end when descending; those without the metric. Each is asked only when the ones before did not fill the page.
 */
export async function pageOf(query: Query, wanted: number, offset: number, cursor: Cursor | null): Promise<Page> {
  const [first] = query.orders;
  const staged = first?.field.of === 'metric' && (first.field.stat ?? 'last') === 'last' ? first.field : null;
  const stages = staged ? [0, 1, 2] : [0];
  const places: Place[] = [];
  let read: Page['read'] = null;
  let passed = 0;
  for (const stage of stages) {
    if (places.length >= wanted || stage < (cursor?.stage ?? 0)) continue;
    const after = stage === cursor?.stage ? cursor.after : null;
    const part = { limit: wanted - places.length, offset: offset - passed, after };
    const asked = (one: Part) => (staged ? stageOf(query, staged.key, stage, one) : plain(query, one));
    const near = staged ? stage === 0 && (await walk(query, staged.key, part)) : await walkNewest(query, part);
    const rows = near ? near.rows : await withinTime(unprepared(query.db<FoundRow[]>`${asked(part)}`));
    if (rows.length > 0) read = near && places.length === 0 ? near.read : null;
    for (const row of rows) places.push({ id: row.id, stage, row });
    // A stage that was passed over whole says by its size how far into the next one the page begins.
    if (places.length > 0) passed = offset;
    else if (passed < offset && stage < stages.length - 1) {
      const all = asked({ limit: offset - passed, offset: 0, after });
      const [size] = await withinTime(unprepared(query.db<{ n: number }[]>`select count(*)::int as n from (${all}) whole`));
      passed += size?.n ?? 0;
    }
  }
  return { places, read };
}

/** Entries of the index that a walk looks at; at 3 µs each a walk that finds too little costs less than the search that follows it. */
const WALKED = 2_000;

/**
 * The first runs in a metric's order, by going along its index and looking at each run. Postgres chooses that way only where it guesses
 * the number of matches rightly, and of keys in one table it knows too little (5,000 runs: 14 ms instead of 2). Without a filter a few
 * more entries than are wanted mostly do, and are looked at first. Null: not enough matched; then the whole search is asked.
 */
async function walk(query: Query, key: string, part: Part): Promise<Found | null> {
  const [only, ...more] = query.scope.experimentIds;
  if (only === undefined || more.length > 0) return null;
  const wanted = part.offset + part.limit;
  const short = wanted + Math.ceil(wanted / 8) + 8;
  for (const entries of query.isFiltered ? [WALKED] : [short, Math.max(WALKED, 2 * short)]) {
    if (wanted > entries || entries > 8 * WALKED) return null;
    const found = await walkEntries(query, only, key, entries, part);
    if (found) return found;
  }
  return null;
}

/** Null: not enough matched among the entries that were looked at, or the last ones are equal to others behind them. */
async function walkEntries(query: Query, experiment: string, key: string, entries: number, part: Part): Promise<Found | null> {
  const { db, matches, orders, isFiltered } = query;
  const [first, ...others] = orders;
  const { joins, columns } = columnsOf(db, others);
  const desc = first?.desc === true;
  const staged: Column[] = [{ value: db`m.last`, type: 'float8', desc, nullable: false }, ...columns];
  const start = part.after?.[0];
  const bound = typeof start !== 'number' ? db`` : desc ? db`and s.last <= ${start}::float8` : db`and s.last >= ${start}::float8`;
  const direction = desc ? db`desc` : db`asc`;
  // OFFSET 0 keeps Postgres from turning the look at each run into a join of all of them.
  const from = db`walked m cross join lateral (select * from runs x where x.id = m.run_id offset 0) r${joins}`;
  const walked = db`
      walked as materialized (
        select s.run_id, s.last from series s
        where s.experiment_id = ${experiment}::bigint and s.key = ${key} and s.last < 'NaN'::float8 ${bound}
        order by s.last ${direction} limit ${entries}::int
      )`;
  const furthest = desc ? db`min` : db`max`;
  const seen = db`(select count(*)::int from walked) as looked, (select ${furthest}(last) from walked) as edge`;
  // Without a filter such statements are few, and all go along the index: they are described to the driver once, not for each page.
  const isUsual = !isFiltered && others.length === 0;
  const once = <Row extends readonly object[]>(asked: PendingQuery<Row>) => withinTime(isUsual ? asked : unprepared(asked));
  // One that is planned each time is left small.
  const reading = isUsual ? query.reading : undefined;
  const page = selected(db, staged, from, matches, part, reading?.columns);
  const isShort = (rows: number, { looked, edge, c0 }: Reached) => looked >= entries && (rows < part.limit || c0 === edge);
  if (query.idsOnly) {
    // One row for a page: the driver takes 10 µs for each, as long as Postgres for the run.
    const [found] = await once(
      db<(Reached & { found: string[] | null } & Record<string, unknown>)[]>`
        with ${walked}, page as materialized (${page})
        select * from (select json_agg(id) as found, ${furthest}(c0) as c0, ${seen} from page) walk
        ${reading ? db`, (${reading.row}) reading` : db``}`,
    );
    if (!found?.found || isShort(found.found.length, found)) return null;
    return { rows: found.found.map((id) => ({ id })), read: reading ? found : null };
  }
  const rows = await once(db<(FoundRow & Reached)[]>`with ${walked} select p.*, ${seen} from (${page}) p`);
  const last = rows.at(-1);
  return !last || isShort(rows.length, last) ? null : { rows, read: null };
}

/** What a short way to a page has found. */
interface Found {
  rows: FoundRow[];
  read: Page['read'];
}

/** How far a walk came: entries, the value at which it ended, and that of the last run that it found. */
interface Reached {
  looked: number;
  edge: number;
  c0: number;
}

/**
 * The same for the newest runs that match a filter. A filter may ask for series or parts of text, and how many runs it leaves is the
 * guess that Postgres makes worst; the newest few thousand are looked at in the time that it may lose.
 */
async function walkNewest({ db, scope, filter, isByIds, orders }: Query, part: Part): Promise<Found | null> {
  if (!filter || isByIds || orders.length > 0 || part.offset + part.limit > WALKED) return null;
  const { columns } = columnsOf(db, orders);
  const rows = await withinTime(
    unprepared(db<(FoundRow & { looked: number })[]>`
      with newest as materialized (
        select r.* from runs r where ${scope.condition} ${part.after ? db`and ${behind(db, columns, part.after)}` : db``}
        order by ${orderedBy(db, columns)} limit ${WALKED}::int
      )
      select p.*, (select count(*)::int from newest) as looked from (
        ${selected(db, columns, db`newest r cross join lateral (select 1 where ${filter} offset 0) matching`, db`true`, { ...part, after: null })}
      ) p`),
  );
  const [first] = rows;
  if (!first || (rows.length < part.limit && first.looked === WALKED)) return null;
  return { rows, read: null };
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

/** @param more columns of the run that are wanted besides */
function selected(db: Db, columns: Column[], from: Fragment, where: Fragment, { limit, offset, after }: Part, more?: Fragment): Fragment {
  const values = columns.map(({ value }, i) => db`${value} as ${db(nameOf(i))}`);
  if (more) values.push(more);
  return db`
    select replace(r.id::text, '-', '') as id, ${commaSeparated(db, values)} from ${from}
    where ${where} ${after ? db`and ${behind(db, columns, after)}` : db``}
    order by ${orderedBy(db, columns)} limit ${limit} offset ${offset}`;
}
