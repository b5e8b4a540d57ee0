/**
 * What Postgres does for a search: 100,000 runs, with 10 metrics each in a usual run of the tests and with 100 where CELLKEEP_MANY_METRICS
 * says so (ten million rows take a minute or two to make). Plans are looked at, not clocks.
 */
import { FAST_COUNT, type SearchInput } from '@cellkeep/schema/tracking';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addManyRuns, manyRunId } from '../../../../test/fixtures/manyRuns.ts';
import { type TestDatabase, testDatabase } from '../../testing/index.ts';
import { runKeys, searchRuns } from './index.ts';
import { addWorkspace, search, type TestWorkspace } from './testRuns.ts';

const RUNS = 100_000;
const METRICS = Number(process.env.CELLKEEP_MANY_METRICS ?? 10);
/** Blocks of 8 KiB that a search may look at; the two tables have 8,000 and, with 100 metrics, 170,000. */
const MOST_BLOCKS = 45_000;

let database: TestDatabase;
let workspace: TestWorkspace;
let experimentId: string;
/** A pool that keeps what it was asked. */
let watched: Sql;
const asked: { query: string; values: unknown[] }[] = [];

beforeAll(async () => {
  database = await testDatabase();
  workspace = await addWorkspace(database.sql);
  ({ experimentId } = await addManyRuns(database.sql, { runs: RUNS, metrics: METRICS }));
  // The driver puts what it sends in place of the values: they are copied before.
  const debug = (_: number, query: string, values: unknown[]) => asked.push({ query, values: [...values] });
  watched = postgres(database.url, { max: 2, debug, onnotice: () => {} });
}, 600_000);
afterAll(async () => {
  await watched.end();
  await database.drop();
});

interface Plan {
  text: string;
  /** Without those that only count: a count stops at its bound, so that reading the table from its beginning may well be the shortest way. */
  finding: string;
  /** 8 KiB blocks that it looked at */
  blocks: number;
}

/** The plans of everything that a search asks of runs and series. */
async function plansOf(input: Partial<SearchInput>): Promise<{ all: Plan; found: number; total: number }> {
  asked.length = 0;
  const given = search({ experimentIds: [experimentId], ...input });
  const { ids, total } = await searchRuns(watched, workspace.id, given, Date.UTC(2026, 10, 25));
  const all: Plan = { text: '', finding: '', blocks: 0 };
  for (const { query, values } of asked.filter(({ query }) => /(from|join) (runs|series|newest|walked)\b/.test(query))) {
    const rows = await database.sql.unsafe(`explain (analyze, buffers, timing off) ${query}`, values as string[]);
    const text = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    const [, hit = 0, read = 0] = /^\s*Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/m.exec(text) ?? [];
    all.text += `${text}\n`;
    if (!/^\s*select count\(\*\)/.test(query)) all.finding += `${text}\n`;
    all.blocks += Number(hit) + Number(read);
  }
  return { all, found: ids.length, total };
}

const NO_SCAN = /Seq Scan on (series|runs)\b/;

test.each<[what: string, input: Partial<SearchInput>, index: RegExp]>([
  ['the newest runs', {}, /using runs_newest/],
  ['an order by a metric, least first', { orderBy: [{ by: 'metrics.loss', direction: 'asc' }] }, /using series_order/],
  [
    'an order by a metric, greatest first',
    { orderBy: [{ by: 'metrics.accuracy', direction: 'desc' }] },
    /Scan Backward using series_order/,
  ],
  [
    'the same with a filter by a param',
    { filter: "params.model = 'boost'", orderBy: [{ by: 'metrics.loss', direction: 'asc' }] },
    /using series_order/,
  ],
  ['a rare value of a param', { filter: "params.seed = '777'" }, /Bitmap Index Scan on runs_params/],
  ['a rare value of a tag', { filter: "tags.ticket = 'ML-777'" }, /Bitmap Index Scan on runs_tags/],
  ['the few runs above a bound of a metric', { filter: 'metrics.accuracy > 0.9' }, /using series_order/],
  [
    'the few best, in another order',
    { filter: 'metrics.accuracy > 0.9', orderBy: [{ by: 'metrics.loss', direction: 'asc' }] },
    /using series_order/,
  ],
  ['the many above a bound of a metric', { filter: 'metrics.accuracy > 0.6', count: 'none' }, /using series_run/],
  ['words of the notes', { filter: "notes ~ 'larger diverged' and params.model = 'net'" }, /Bitmap Index Scan on runs_(words|params)/],
  ['a part of a name', { filter: "name like '%calm-77777%'" }, /Bitmap Index Scan on runs_words/],
  ['a text', { filter: "'calm-77777'" }, /Bitmap Index Scan on runs_words/],
  ['the last week', { filter: 'start_time > -7d and duration > 10m' }, /using runs_newest/],
  ['runs that differ in one param alone', { filter: `params differ from ${manyRunId(777)} only in (lr)` }, /runs_params|using runs_newest/],
  ['children', { filter: `parent_run_id = '${manyRunId(10)}'` }, /runs_parent/],
  ['archived runs', { experimentIds: undefined, lifecycle: 'archived' }, /runs_archived|runs_newest/],
])('%s: found by an index', async (_, input, index) => {
  const { all, found } = await plansOf(input);
  expect(all.text).toMatch(index);
  expect(all.finding).not.toMatch(NO_SCAN);
  expect(all.blocks).toBeLessThan(MOST_BLOCKS);
  expect(found).toBeGreaterThan(input.filter?.includes('only in') ? -1 : 0);
});

test('whose runs they are, as they say themselves: found by an index', async () => {
  await database.sql`update runs set source = source || '{"user": "zed"}' where id = ${manyRunId(777)}`;
  const { all, found } = await plansOf({ filter: "user = 'zed'" });
  expect(found).toBe(1);
  expect(all.blocks).toBeLessThan(1_000); // the newest 2,000 are looked through first
  expect(all.text).toMatch(/runs_user/);
});

test('all runs are counted in the index, matches of a filter to a bound', async () => {
  const { all, total } = await plansOf({});
  expect(all.text).toMatch(/Index Only Scan using runs_newest/);
  expect(total).toBeGreaterThan(90_000);
  const filtered = await searchRuns(database.sql, workspace.id, search({ experimentIds: [experimentId], filter: 'metrics.loss > 0' }));
  expect(filtered).toMatchObject({ total: FAST_COUNT, totalIs: 'atLeast' });
  const exact = await searchRuns(
    database.sql,
    workspace.id,
    search({ experimentIds: [experimentId], filter: 'metrics.loss > 0', count: 'exact' }),
  );
  expect(exact.totalIs).toBe('exact');
  expect(exact.total).toBeGreaterThan(90_000);
});

test('keys are answered from some thousand runs, and soon from all', async () => {
  await database.sql`update runs set params = params || '{"ancient": "1"}' where id = ${manyRunId(1)}`;
  const first = await runKeys(database.sql, workspace.id, [experimentId]);
  expect(first.params).toContain('lr');
  expect(first.metrics).toHaveLength(METRICS);
  const whole = await runKeys(database.sql, workspace.id, [experimentId], true);
  expect(whole.params).toContain('ancient');
  expect((await runKeys(database.sql, workspace.id, [experimentId])).params).toContain('ancient');
});
