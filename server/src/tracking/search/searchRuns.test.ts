import { randomUUID } from 'node:crypto';
import type { SearchInput } from '@cellkeep/schema/tracking';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFailure } from '../../core/failure.ts';
import { type TestDatabase, testDatabase } from '../../testing/index.ts';
import { runKeys, searchRuns } from './index.ts';
import { addExperiment, addNotebook, addRuns, addWorkspace, search, type TestRun, type TestWorkspace, testRun } from './testRuns.ts';

let database: TestDatabase;
let workspace: TestWorkspace;
beforeAll(async () => {
  database = await testDatabase();
  workspace = await addWorkspace(database.sql);
});
afterAll(() => database.drop());

/** A new experiment with a run for each; a search in it answers their places in this list. */
async function runsOf(given: Partial<TestRun>[]) {
  const experimentId = await addExperiment(database.sql, workspace, randomUUID());
  const runs = given.map((one) => testRun(experimentId, one));
  await addRuns(database.sql, workspace, runs);
  const placeOf = new Map(runs.map(({ id }, i) => [id, i]));
  const find = async (input: Partial<SearchInput> = {}) => {
    const found = await searchRuns(database.sql, workspace.id, search({ experimentIds: [experimentId], ...input }));
    return { ...found, places: found.ids.map((id) => placeOf.get(id)) };
  };
  const where = async (filter: string) => (await find({ filter })).places.toSorted();
  return { experimentId, runs, find, where };
}

async function issueOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isFailure(error)) throw new Error('expected a failure', { cause: error });
  return { code: error.code, ...error.data.issues[0] };
}

describe('a run that lacks the key', () => {
  test('matches no comparison, neither plain nor under NOT; IS NULL finds it', async () => {
    const { where } = await runsOf([
      { metrics: { auc: 0.9 }, params: { model: 'a', lr: '0.1' } },
      { metrics: { auc: 0.1 }, params: { model: 'b', lr: 'auto' } },
      {},
    ]);
    expect(await where('metrics.auc > 0.5')).toEqual([0]);
    expect(await where('not metrics.auc > 0.5')).toEqual([1]);
    expect(await where("params.model != 'a'")).toEqual([1]);
    expect(await where("not params.model = 'a'")).toEqual([1]);
    expect(await where("not params.model in ('a')")).toEqual([1]);
    expect(await where("params.model is null or params.model != 'a'")).toEqual([1, 2]);
    expect(await where('metrics.auc is null')).toEqual([2]);
    expect(await where('not metrics.auc is null')).toEqual([0, 1]);
    // A value that says no number is no less than one, and no more.
    expect(await where('params.lr < 1')).toEqual([0]);
    expect(await where('not params.lr < 1')).toEqual([]);
  });
});

describe('values', () => {
  test('NaN equals NaN and is neither less nor greater', async () => {
    const { where } = await runsOf([{ metrics: { m: Number.NaN } }, { metrics: { m: 1 } }, { metrics: { m: Infinity } }]);
    expect(await where('metrics.m = NaN')).toEqual([0]);
    expect(await where('metrics.m > 0')).toEqual([1, 2]);
    expect(await where('metrics.m < inf')).toEqual([1]);
    expect(await where('metrics.m in (NaN, 1)')).toEqual([0, 1]);
  });

  test('hostile text is text', async () => {
    const texts = [`'; drop table runs; --`, `x' or '1'='1`, '$1', '100%', '100 of 100', 'a_b', 'aXb', 'C:\\data', '"}', '\\'];
    const { where } = await runsOf(texts.map((text) => ({ name: text, params: { [text]: text }, tags: { k: text } })));
    for (const [i, text] of texts.entries()) {
      const quoted = `'${text.replaceAll("'", "''")}'`;
      expect(await where(`params.\`${text}\` = ${quoted} and tags.k = ${quoted} and name = ${quoted}`)).toEqual([i]);
      expect(await where(`tags.k in (${quoted})`)).toEqual([i]);
    }
    expect(await where("name like '100%'")).toEqual([3, 4]);
    expect(await where("name like '100\\%'")).toEqual([3]);
    expect(await where("name like 'a\\_b'")).toEqual([5]);
    expect(await where("name like 'c:\\data'")).toEqual([]);
    expect(await where("name ilike 'c:\\data'")).toEqual([7]);
    expect(await where("name like '\\'")).toEqual([9]); // a pattern that Postgres by itself refuses
    expect(await where("'%'")).toEqual([3]);
  });

  test('a param that no float64 can hold fails no search', async () => {
    const { where, find } = await runsOf(
      ['1e999', '1e-999', '9'.repeat(4_000), '5', '0x10', '1_000', ' 5'].map((k) => ({ params: { k } })),
    );
    expect(await where('params.k > 1')).toEqual([3]);
    expect((await find({ orderBy: [{ by: 'params.k', direction: 'asc' }] })).places[0]).toBe(3);
  });

  test('words look for the name and the notes in any case', async () => {
    const { where } = await runsOf([{ name: 'Random Forest' }, { notes: '# the FOREST again' }, { tags: { a: 'forest' } }]);
    expect(await where('forest')).toEqual([0, 1]);
    expect(await where("not 'random forest'")).toEqual([1, 2]);
  });
});

describe('where it looks', () => {
  test('notebooks by where they are now; a replaced one is found there no more', async () => {
    const [mine, gone] = [
      await addNotebook(database.sql, workspace, 'n/a.ipynb'),
      await addNotebook(database.sql, workspace, 'n/a.ipynb', true),
    ];
    const { find, where } = await runsOf([{ notebookId: mine }, { notebookId: gone }, {}]);
    expect((await find({ notebookPath: 'n/a.ipynb' })).places).toEqual([0]);
    expect((await find({ notebookPath: 'n/b.ipynb' })).places).toEqual([]);
    expect(await where("notebook like 'n/%'")).toEqual([0]);
    expect(await where("notebook != 'x'")).toEqual([0]);
    expect(await where('notebook is null')).toEqual([1, 2]);
  });

  test('children of a run', async () => {
    const parent = randomUUID().replaceAll('-', '');
    const { find, where } = await runsOf([{ id: parent }, { parentRunId: parent }]);
    expect((await find({ parentRunId: parent })).places).toEqual([1]);
    expect(await where('parent_run_id is null')).toEqual([0]);
    expect(await where(`parent_run_id like '${parent.slice(0, 9)}%'`)).toEqual([1]);
  });

  test('active, deleted or all; a deleted experiment hides its active runs', async () => {
    const place = await addWorkspace(database.sql);
    const [kept, gone] = [await addExperiment(database.sql, place, 'kept'), await addExperiment(database.sql, place, 'gone', true)];
    const runs = [testRun(kept), testRun(kept, { isDeleted: true }), testRun(gone), testRun(gone, { isDeleted: true })];
    await addRuns(database.sql, place, runs);
    const find = async (input: Partial<SearchInput>) => {
      const { ids, total } = await searchRuns(database.sql, place.id, search(input));
      expect(total).toBe(ids.length);
      return ids.map((id) => runs.findIndex((run) => run.id === id)).toSorted();
    };
    expect(await find({})).toEqual([0]);
    expect(await find({ experimentIds: [gone] })).toEqual([]);
    expect(await find({ lifecycle: 'deleted' })).toEqual([1, 3]);
    expect(await find({ lifecycle: 'all' })).toEqual([0, 1, 2, 3]);
    await database.sql`update runs set archived_at = now() where id in (${runs[0]!.id}, ${runs[1]!.id})`;
    expect(await find({})).toEqual([]);
    expect(await find({ lifecycle: 'archived' })).toEqual([0]);
    expect(await find({ lifecycle: 'deleted' })).toEqual([1, 3]);
    expect(await find({ lifecycle: 'all', orderBy: [{ by: 'metrics.m', direction: 'asc' }] })).toEqual([0, 1, 2, 3]);
  });

  test('an unknown experiment, none, and one of another workspace match nothing', async () => {
    const { experimentId } = await runsOf([{}]);
    const other = await addWorkspace(database.sql);
    for (const [id, experimentIds] of [
      [workspace.id, ['999999999999999999']],
      [workspace.id, []],
      [other.id, [experimentId]],
      [other.id, undefined],
    ] as const) {
      expect(await searchRuns(database.sql, id, search({ experimentIds: experimentIds && [...experimentIds] }))).toEqual({
        ids: [],
        nextCursor: null,
        total: 0,
        totalIs: 'exact',
      });
    }
  });
});

describe('pages', () => {
  const values = [3, 1, Number.NaN, 2, 1, Infinity];
  const given = [...values.map((m): Partial<TestRun> => ({ metrics: { m } })), {}, {}];

  test('numbers first in both directions, then NaN, then runs without; ties newest first', async () => {
    const { find } = await runsOf(given);
    expect((await find({ orderBy: [{ by: 'metrics.m', direction: 'asc' }] })).places).toEqual([4, 1, 3, 0, 5, 2, 7, 6]);
    expect((await find({ orderBy: [{ by: 'metrics.m', direction: 'desc' }] })).places).toEqual([5, 0, 3, 4, 1, 2, 7, 6]);
    expect((await find()).places).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
  });

  test('params: numbers by their value before text, in any case', async () => {
    const { find } = await runsOf(
      ['10', '9', 'b', 'A', undefined, '1e-3'].map((k): Partial<TestRun> => ({ params: k === undefined ? {} : { k } })),
    );
    expect((await find({ orderBy: [{ by: 'params.k', direction: 'asc' }] })).places).toEqual([5, 1, 0, 3, 2, 4]);
    expect((await find({ orderBy: [{ by: 'params.k', direction: 'desc' }] })).places).toEqual([0, 1, 5, 2, 3, 4]);
  });

  test('a run that is added or deleted meanwhile neither repeats nor hides another', async () => {
    for (const orderBy of [[], [{ by: 'metrics.m', direction: 'desc' as const }]]) {
      const { find, runs, experimentId } = await runsOf(given);
      const before = (await find({ orderBy })).ids;
      const first = await find({ orderBy, limit: 3 });
      await addRuns(database.sql, workspace, [testRun(experimentId, { metrics: { m: 1e9 }, startedAt: Date.UTC(2100, 1) })]);
      await database.sql`update runs set deleted_at = now() where id = ${before[0]!}`;
      const second = await find({ orderBy, limit: 3, cursor: first.nextCursor! });
      const third = await find({ orderBy, limit: 3, cursor: second.nextCursor! });
      expect([...first.ids, ...second.ids, ...third.ids]).toEqual(before);
      expect(third.nextCursor).toBeNull();
      expect(third.total).toBe(runs.length); // as counted for the first page
    }
  });

  test("'-1h' means the same on all pages", async () => {
    const now = Date.now();
    const { experimentId, runs } = await runsOf([0, 1, 2].map((i) => ({ startedAt: now - i * 60_000 })));
    const input = search({ experimentIds: [experimentId], filter: "start_time > '-1h'", limit: 1 });
    const { nextCursor } = await searchRuns(database.sql, workspace.id, input, now);
    const later = await searchRuns(database.sql, workspace.id, { ...input, cursor: nextCursor! }, now + 86_400_000);
    expect(later.ids).toEqual([runs[1]!.id]);
  });

  test('a cursor holds the longest keys', async () => {
    const long = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`k${i}`, '\u0001😀'.repeat(2_000)]));
    const { find } = await runsOf([{ tags: long }, { tags: long }]);
    const orderBy = Object.keys(long).map((key) => ({ by: `tags.${key}`, direction: 'asc' as const }));
    const { nextCursor, places } = await find({ orderBy, limit: 1 });
    expect(places).toEqual([1]);
    expect((await find({ orderBy, limit: 1, cursor: nextCursor! })).places).toEqual([0]);
  });

  test('a broken, foreign or forged cursor is refused by name', async () => {
    const { find } = await runsOf(given);
    const orderBy = [{ by: 'metrics.m', direction: 'asc' as const }];
    const { nextCursor } = await find({ orderBy, limit: 2 });
    const said = JSON.parse(Buffer.from(nextCursor!, 'base64url').toString());
    const forged = (change: object) => Buffer.from(JSON.stringify({ ...said, ...change })).toString('base64url');
    const cursors = [
      '',
      'x',
      'bnVsbA',
      `${nextCursor}x`,
      forged({ after: [] }),
      forged({ after: ['a', 'b', 'c'] }),
      forged({ after: [1e3, null, null] }),
    ];
    for (const cursor of cursors) expect(await issueOf(find({ orderBy, cursor }))).toMatchObject({ code: 'BAD_REQUEST', field: 'cursor' });
    for (const other of [{ orderBy: [] }, { orderBy, filter: 'a' }, { orderBy, lifecycle: 'all' as const }])
      expect(await issueOf(find({ ...other, cursor: nextCursor! }))).toMatchObject({
        field: 'cursor',
        reason: expect.stringContaining('another search'),
      });
  });

  test('an order that is none is named', async () => {
    const { find } = await runsOf([]);
    const order = (by: string) =>
      issueOf(
        find({
          orderBy: [
            { by: 'name', direction: 'asc' },
            { by, direction: 'asc' },
          ],
        }),
      );
    expect(await order('start_tme')).toMatchObject({ code: 'BAD_REQUEST', field: 'orderBy[1].by', remedy: 'did you mean start_time?' });
    expect(await order('metric')).toMatchObject({ field: 'orderBy[1].by' });
    expect(await order('metrics.')).toMatchObject({ field: 'orderBy[1].by', reason: 'a key is missing after metrics.' });
    expect(await order('metrics.a\0')).toMatchObject({ field: 'orderBy[1].by' });
    expect(
      (
        await find({
          orderBy: [
            { by: 'metrics."val auc"', direction: 'asc' },
            { by: "params.it's; --", direction: 'asc' },
          ],
        })
      ).ids,
    ).toEqual([]);
  });
});

test('keys are those of active runs, sorted', async () => {
  const { experimentId } = await runsOf([
    { metrics: { b: 1, a: 2 }, params: { lr: '1' }, tags: { team: 'x' } },
    { metrics: { a: 2, c: 1 }, params: { Depth: '1' } },
    { metrics: { gone: 1 }, params: { gone: '1' }, tags: { gone: '1' }, isDeleted: true },
  ]);
  const expected = { metrics: ['a', 'b', 'c'], params: ['Depth', 'lr'], tags: ['team'] };
  expect(await runKeys(database.sql, workspace.id, [experimentId])).toEqual(expected);
  expect(await runKeys(database.sql, workspace.id, ['424242'])).toEqual({ metrics: [], params: [], tags: [] });
  expect((await runKeys(database.sql, workspace.id, undefined)).metrics).toEqual(expect.arrayContaining(['a', 'b', 'c']));
});
