import { FAST_COUNT, type SearchInput, type SearchOutput } from '@cellkeep/schema/tracking';
import type { Db } from '../../core/context.ts';
import { type Cursor, readCursor, searchDigest, writeCursor } from './cursor.ts';
import { type Order, ordersOf } from './order.ts';
import { marksOf, pageOf, type Query } from './pages.ts';
import { prepare } from './prepare.ts';
import { resolveField } from './resolve.ts';
import type { Asker } from './scope.ts';
import { type Fragment, unprepared } from './sqlValues.ts';
import { withinTime } from './withinTime.ts';

export interface Found extends Pick<SearchOutput, 'nextCursor' | 'total' | 'totalIs'> {
  /** 32 hex digits each, in order. */
  ids: string[];
}

type Count = Pick<Found, 'total' | 'totalIs'>;

/**
 * Finds, orders and pages runs. `now` (ms since the epoch) is what relative times in the filter count from, on all pages of a search.
 *
 * @throws BAD_REQUEST with field `filter` (and the column), `orderBy[i].by` or `cursor`; SERVICE_UNAVAILABLE where it takes too long
 */
export async function searchRuns(db: Db, workspaceId: string, input: SearchInput & Asker, now = Date.now()): Promise<Found> {
  const { read: _, ...found } = await searchAndRead(db, workspaceId, input, async () => null, now);
  return found;
}

/** The same; `read` works on the page's ids while the runs are still being counted. */
export async function searchAndRead<T>(
  db: Db,
  workspaceId: string,
  input: SearchInput & Asker,
  read: (ids: string[]) => Promise<T>,
  now = Date.now(),
): Promise<Found & { read: T }> {
  const of = searchDigest(input, workspaceId);
  const cursor = input.cursor === undefined ? null : readCursor(input.cursor, of);
  const started = cursor?.now ?? now;
  const named = ordersOf(input.orderBy);
  const prepared = await prepare(db, workspaceId, input, started);
  const { experimentIds } = prepared.scope;
  if (experimentIds.length === 0) return { ids: [], nextCursor: null, total: 0, totalIs: 'exact', read: await read([]) };
  const orders = await Promise.all(named.map(async (order) => ({ ...order, field: await resolveField(db, experimentIds, order.field) })));
  const query: Query = { ...prepared, db, orders };
  const wanted = input.limit + 1; // one more says whether there is a next page
  // Without a filter the count is read from an index and may as well begin now; with one, a page that is not full has counted already.
  const early = cursor || query.isFiltered || input.count === 'none' ? null : settled(countOf(query, 'exact'));
  const { places } = await pageOf(query, wanted, input.offset, cursor);
  const page = places.slice(0, input.limit);
  const ids = page.map(({ id }) => id);
  const reading = settled(read(ids));
  const seen = input.offset + places.length;
  const isLast = places.length < wanted && (places.length > 0 || input.offset === 0);
  const count = await counted(cursor, isLast, seen, early, () => countOf(query, input.count));
  const last = page.at(-1);
  const isMore = places.length > page.length && last;
  const nextCursor = isMore ? writeCursor({ of, now: started, ...count, stage: last.stage, after: marksOf(last) }) : null;
  return { ids, nextCursor, ...count, read: await reading };
}

/** A promise whose failure waits until somebody asks for it: another one may fail before. */
function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

async function counted(
  cursor: Cursor | null,
  isLast: boolean,
  seen: number,
  early: Promise<Count> | null,
  count: () => Promise<Count>,
): Promise<Count> {
  if (cursor) return { total: cursor.total, totalIs: cursor.totalIs };
  if (isLast) return { total: seen, totalIs: 'exact' };
  const found = await (early ?? count());
  return found.totalIs === 'unknown' ? { ...found, total: seen } : found;
}

/** Matches of a filter are counted one by one: a first page must not wait for a hundred thousand of them. */
async function countOf({ db, matches }: Query, how: SearchInput['count']): Promise<Count> {
  if (how === 'none') return { total: 0, totalIs: 'unknown' };
  const matching = db`from runs r where ${matches}`;
  const counting =
    how === 'exact'
      ? db<{ total: number }[]>`select count(*)::int as total ${matching}`
      : db<{ total: number }[]>`select count(*)::int as total from (select ${matching} limit ${FAST_COUNT + 1}::int) found`;
  const [row] = await withinTime(unprepared(counting));
  const total = row?.total ?? 0;
  return how === 'fast' && total > FAST_COUNT ? { total: FAST_COUNT, totalIs: 'atLeast' } : { total, totalIs: 'exact' };
}

/** A search in another grammar than ours, already as SQL. */
export interface RunQuery {
  /** Whose runs are looked through; `matches` says so as well. */
  experimentIds: string[];
  /** On the run `r`. */
  matches: Fragment;
  /** Whether it leaves out more than some deleted runs: how far the index is looked through, 2,000 runs or about a page. */
  isFiltered: boolean;
  orders: Order[];
  limit: number;
  offset: number;
}

/**
 * Ids of runs in order, 32 hex digits each; ties as in every search, newest first, then by id. `read` is what `reading` reads of them;
 * null where they had to be found by another statement.
 */
export async function findRuns<Read extends object>(
  db: Db,
  { experimentIds, matches, isFiltered, orders, limit, offset }: RunQuery,
  reading?: Query['reading'],
): Promise<{ ids: string[]; read: Read | null }> {
  if (experimentIds.length === 0) return { ids: [], read: null };
  const scope = { experimentIds, condition: matches };
  const query: Query = { db, scope, matches, filter: null, orders, isFiltered, idsOnly: true, reading };
  const { places, read } = await pageOf(query, limit, offset, null);
  return { ids: places.map(({ id }) => id), read: read as Read | null };
}
