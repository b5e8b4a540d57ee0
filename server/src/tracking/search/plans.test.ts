import type { SearchInput } from '@cellkeep/schema/tracking';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/index.ts';
import { searchRuns } from './index.ts';
import { addExperiment, addWorkspace, generateRuns, search, type TestWorkspace } from './testRuns.ts';

let database: TestDatabase;
let workspace: TestWorkspace;
let experimentId: string;
/** A pool that keeps what it was asked. */
let watched: Sql;
const asked: { query: string; values: unknown[] }[] = [];

beforeAll(async () => {
  database = await testDatabase();
  workspace = await addWorkspace(database.sql);
  experimentId = await addExperiment(database.sql, workspace, 'a');
  await generateRuns(database.sql, workspace, experimentId, 20_000);
  // The driver puts what it sends in place of the values: they are copied before.
  const debug = (_: number, query: string, values: unknown[]) => asked.push({ query, values: [...values] });
  watched = postgres(database.url, { max: 2, debug, onnotice: () => {} });
}, 120_000);
afterAll(async () => {
  await watched.end();
  await database.drop();
});

/** The plans of a search's page and of its count. */
async function plansOf(input: Partial<SearchInput>): Promise<{ page: string; count: string }> {
  asked.length = 0;
  await searchRuns(watched, workspace.id, search({ experimentIds: [experimentId], ...input }));
  const searches = asked.filter(({ query }) => /from (runs r|series m)/.test(query));
  const plans = { page: '', count: '' };
  for (const { query, values } of searches) {
    const rows = await database.sql.unsafe(`explain (analyze, timing off) ${query}`, values as string[]);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    if (/count\(/.test(query)) plans.count = plan;
    else plans.page += `${plan}\n`;
  }
  return plans;
}

test('the order by a metric is read from its index', async () => {
  for (const direction of ['asc', 'desc'] as const) {
    const { page, count } = await plansOf({ orderBy: [{ by: 'metrics.m3', direction }] });
    expect(page).toMatch(/Index (Only )?Scan (Backward )?using series_order/);
    expect(page).not.toMatch(/Seq Scan on (series|runs)/);
    expect(count).not.toContain('series');
  }
});

test('with a filter by a param too', async () => {
  const { page } = await plansOf({ orderBy: [{ by: 'metrics.m3', direction: 'desc' }], filter: "params.model = 'forest'" });
  expect(page).toMatch(/using series_order/);
  expect(page).not.toMatch(/Seq Scan on series/);
});

test('a rare value of a param or tag is found by its index', async () => {
  for (const filter of ["params.seed = '777'", "tags.note = 'n777'"]) {
    const { page, count } = await plansOf({ filter });
    for (const plan of [page, count]) expect(plan).toMatch(/Bitmap Index Scan on runs_(params|tags)/);
  }
});

test('a condition on a metric reads the series by an index', async () => {
  const { page, count } = await plansOf({ filter: 'metrics.m1 > 0.99' });
  for (const plan of [page, count]) {
    expect(plan).toMatch(/using series_(order|run)|on series_(order|run)/);
    expect(plan).not.toMatch(/Seq Scan on series/);
  }
});

test('the newest runs come from the index of the experiment', async () => {
  const { page } = await plansOf({});
  expect(page).toMatch(/using runs_newest/);
  expect(page).not.toContain('Sort');
});
