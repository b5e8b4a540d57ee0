// A page at a place, without the pages before it: the same runs as the whole list has there.
import { randomUUID } from 'node:crypto';
import type { SearchInput } from '@cellkeep/schema/tracking';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/index.ts';
import { searchRuns } from './index.ts';
import { addExperiment, addRuns, addWorkspace, search, type TestWorkspace, testRun } from './testRuns.ts';

let database: TestDatabase;
let workspace: TestWorkspace;
const experimentIds: string[] = [];
beforeAll(async () => {
  database = await testDatabase();
  workspace = await addWorkspace(database.sql);
  for (let e = 0; e < 2; e++) {
    const id = await addExperiment(database.sql, workspace, randomUUID());
    experimentIds.push(id);
    // Numbers, some of them alike, then NaN, then none: all three stages of an order by a metric.
    const metrics = (i: number) => (i < 6 ? { m: Math.floor(i / 2) } : i < 9 ? { m: Number.NaN } : {});
    const runs = Array.from({ length: 12 }, (_, i) => testRun(id, { metrics: metrics(i), params: { p: String(i % 3) } }));
    await addRuns(database.sql, workspace, runs);
  }
});
afterAll(() => database.drop());

const orders: [string, Partial<SearchInput>][] = [
  ['newest first', {}],
  ['by a metric', { orderBy: [{ by: 'metrics.m', direction: 'desc' }] }],
  [
    'by a metric, least first, then by a param',
    {
      orderBy: [
        { by: 'metrics.m', direction: 'asc' },
        { by: 'params.p', direction: 'desc' },
      ],
    },
  ],
  ['by a param', { orderBy: [{ by: 'params.p', direction: 'asc' }] }],
  ['with a filter', { filter: "params.p != '1'", orderBy: [{ by: 'metrics.m', direction: 'desc' }] }],
];

test.each(orders)('%s, in one experiment and in two', async (_, input) => {
  for (const scope of [experimentIds.slice(0, 1), experimentIds]) {
    const asked = { ...input, experimentIds: scope };
    const find = (more: Partial<SearchInput>) => searchRuns(database.sql, workspace.id, search({ ...asked, ...more }));
    const { ids: all, total } = await find({ limit: 1_000 });
    expect(all.length).toBe(total);
    for (let offset = 0; offset <= total + 1; offset++) {
      const page = await find({ offset, limit: 4 });
      expect(page.ids, `from ${offset}`).toEqual(all.slice(offset, offset + 4));
      expect(page.total).toBe(total);
      expect(page.nextCursor === null).toBe(offset + 4 >= total);
      // The page behind it goes on there; one that is counted from its cursor too.
      if (!page.nextCursor) continue;
      expect((await find({ cursor: page.nextCursor, limit: 4 })).ids).toEqual(all.slice(offset + 4, offset + 8));
      expect((await find({ cursor: page.nextCursor, offset: 3, limit: 4 })).ids).toEqual(all.slice(offset + 7, offset + 11));
    }
  }
});
