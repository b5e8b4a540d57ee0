/** What is done with many runs at once: groups, archive, tags. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../testing/index.ts';
import { testServer } from '../testing/index.ts';

const server = testServer();
let client: Client;
beforeAll(() => {
  client = server().client;
});

type Made = { params?: Record<string, string>; tags?: Record<string, string>; loss?: number | 'NaN' };

async function runsOf(experimentName: string, made: Made[]) {
  const { runs } = client.tracking;
  const ids: string[] = [];
  let experimentId = '';
  for (const [i, { params, tags, loss }] of made.entries()) {
    const run = await runs.create({ experimentName, name: `${experimentName} ${i}`, params, tags, startedAt: 1_000 + i });
    if (loss !== undefined) await runs.log({ id: run.id, series: [{ key: 'loss', steps: [0], times: [0], values: [loss] }] });
    ids.push(run.id);
    experimentId = run.experimentId;
  }
  return { ids, experimentIds: [experimentId] };
}

const issueOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: { code: string; data: { issues: { field: string; reason: string }[] } }) => ({ code: error.code, ...error.data.issues[0] }),
  );

const eventsOf = async (id: string) =>
  (await server().database.sql`select what, data from events where subject = ${`run:${id}`} order by seq`).map(({ what, data }) => ({
    what,
    data,
  }));

describe('groups', () => {
  const made: Made[] = [
    { params: { model: 'a' }, tags: { team: 'x' }, loss: 1 },
    { params: { model: 'a' }, tags: { team: 'y' }, loss: 3 },
    { params: { model: 'a' }, loss: 'NaN' },
    { params: { model: 'b' }, loss: 5 },
    { loss: 7 },
  ];

  test('have count, mean, least, greatest and spread of finite values, and the runs that have them', async () => {
    const { ids, experimentIds } = await runsOf('groups', made);
    const found = await client.tracking.runs.groups({ experimentIds, by: ['params.model'], metrics: ['loss'] });
    expect(found).toMatchObject({ total: 3, runs: 5, nextCursor: null });
    const [a, b, none] = found.groups;
    expect(a).toEqual({
      values: ['a'],
      labels: ['a'],
      count: 3,
      newest: 1_002,
      // The standard deviation of 1 and 3 is the root of ((1 - 2)² + (3 - 2)²) / (2 - 1).
      metrics: { loss: { count: 2, mean: 2, min: 1, max: 3, std: Math.SQRT2, minRunId: ids[0], maxRunId: ids[1] } },
    });
    expect(b).toMatchObject({ values: ['b'], count: 1, metrics: { loss: { std: null, minRunId: ids[3], maxRunId: ids[3] } } });
    expect(none).toMatchObject({ values: [null], count: 1, metrics: { loss: { mean: 7 } } });
  });

  test('whose values are too large to be summed have a least and a greatest, and no mean', async () => {
    const huge = [1.797e308, 1.797e308, 1e200, -1e200].map((loss, i) => ({ params: { model: i < 2 ? 'sum' : 'square' }, loss }));
    const { experimentIds } = await runsOf('huge', [...huge, { params: { model: 'small' }, loss: 1e139 }]);
    const orderBy = [{ by: 'params.model', direction: 'desc' as const }];
    const { groups } = await client.tracking.runs.groups({ experimentIds, by: ['params.model'], metrics: ['loss'], orderBy });
    expect(groups.map(({ metrics }) => metrics.loss)).toMatchObject([
      { count: 2, mean: null, min: 1.797e308, max: 1.797e308, std: null },
      { count: 2, mean: null, min: -1e200, max: 1e200, std: null },
      { count: 1, mean: 1e139, std: null },
    ]);
  });

  test('by several keys, with a filter, ordered and paged', async () => {
    const { experimentIds } = await runsOf('groups 2', made);
    const asked = {
      experimentIds,
      by: ['params.model', 'tags.team'],
      metrics: ['loss'],
      filter: 'params.model exists',
      orderBy: [{ by: 'metrics.loss.mean', direction: 'desc' as const }],
      limit: 3,
    };
    const first = await client.tracking.runs.groups(asked);
    const second = await client.tracking.runs.groups({ ...asked, cursor: first.nextCursor ?? '' });
    expect([...first.groups, ...second.groups].map(({ values }) => values)).toEqual([
      ['b', null],
      ['a', 'y'],
      ['a', 'x'],
      ['a', null],
    ]);
    expect(second).toMatchObject({ total: 4, nextCursor: null });
    expect(await issueOf(client.tracking.runs.groups({ ...asked, filter: '', cursor: first.nextCursor ?? '' }))).toMatchObject({
      field: 'cursor',
    });
  });

  test('of an experiment say its name; a field that no run is grouped by is refused', async () => {
    const { experimentIds } = await runsOf('groups 3', made);
    const { groups } = await client.tracking.runs.groups({ experimentIds, by: ['experiment', 'status'] });
    expect(groups).toMatchObject([{ values: [experimentIds[0], 'running'], labels: ['groups 3', 'running'], count: 5 }]);
    const refused = (input: { by: string[]; orderBy?: { by: string }[] }) =>
      issueOf(client.tracking.runs.groups({ experimentIds, ...input }));
    expect(await refused({ by: ['params.a', 'metrics.loss'] })).toMatchObject({ code: 'BAD_REQUEST', field: 'by[1]' });
    expect(await refused({ by: ['nonsense'] })).toMatchObject({ code: 'BAD_REQUEST', field: 'by[0]' });
    expect(await refused({ by: ['params.a'], orderBy: [{ by: 'metrics.loss.mean' }] })).toMatchObject({ field: 'orderBy[0].by' });
  });
});

describe('archived runs', () => {
  test('leave the lists whole and come back; each leaves a trace', async () => {
    const { ids, experimentIds } = await runsOf('archive', [{}, {}, {}]);
    const { runs } = client.tracking;
    const listed = async (lifecycle?: 'archived') => (await runs.search({ experimentIds, lifecycle })).runs.map(({ id }) => id).toSorted();
    const two = ids.slice(0, 2);
    expect((await runs.archive({ ids: two })).ids.toSorted()).toEqual(two.toSorted());
    expect(await runs.archive({ ids: two })).toEqual({ ids: [] });
    expect(await listed()).toEqual([ids[2]]);
    expect(await listed('archived')).toEqual(two.toSorted());
    expect((await runs.get({ id: ids[0]! })).lifecycle).toBe('archived');
    expect((await runs.unarchive({ ids })).ids.toSorted()).toEqual(two.toSorted());
    expect(await listed()).toEqual(ids.toSorted());
    expect((await eventsOf(ids[0]!)).map(({ what }) => what)).toEqual(['run.created', 'run.archived', 'run.unarchived']);
  });

  test('are told to who watches', async () => {
    const { ids, experimentIds } = await runsOf('watched', [{}]);
    const heard: unknown[] = [];
    const stop = server().services.live.subscribe((await client.access.me()).workspace.id, ({ topic, runId, payload }) => {
      heard.push({ topic, runId, payload });
    });
    await client.tracking.runs.archive({ matching: { experimentIds, expect: 1 } });
    stop();
    expect(heard).toEqual([{ topic: 'run', runId: ids[0], payload: { change: 'deleted' } }]);
  });

  test('by a filter that finds another number than expected: nothing changes', async () => {
    const { experimentIds } = await runsOf('expect', [{ tags: { a: '1' } }, { tags: { a: '1' } }, {}]);
    const matching = { experimentIds, filter: 'tags.a exists' };
    const archive = (expected: number) => client.tracking.runs.archive({ matching: { ...matching, expect: expected } });
    for (const expected of [1, 3])
      expect(await issueOf(archive(expected))).toMatchObject({
        code: 'CONFLICT',
        field: 'matching.expect',
        reason: expect.stringContaining('nothing was changed'),
      });
    expect((await client.tracking.runs.search({ experimentIds })).total).toBe(3);
    expect((await archive(2)).ids).toHaveLength(2);
  });

  test('no choice, two choices, an unknown run and a viewer are refused', async () => {
    const { ids, experimentIds } = await runsOf('refused', [{}]);
    const { archive } = client.tracking.runs;
    expect(await issueOf(archive({}))).toMatchObject({ code: 'BAD_REQUEST', field: 'ids' });
    expect(await issueOf(archive({ ids, matching: { experimentIds, expect: 1 } }))).toMatchObject({ code: 'BAD_REQUEST', field: 'ids' });
    expect(await issueOf(archive({ ids: [ids[0]!, '0'.repeat(32)] }))).toMatchObject({ code: 'NOT_FOUND', field: 'ids[1]' });
    const viewer = server().clientOf(await server().tokenOf('viewer'));
    expect(await issueOf(viewer.tracking.runs.archive({ ids }))).toMatchObject({ code: 'FORBIDDEN' });
    expect((await client.tracking.runs.get({ id: ids[0]! })).lifecycle).toBe('active');
  });
});

describe('tags of many runs', () => {
  test('are set and removed at once; runs that have them already are not changed', async () => {
    const { ids, experimentIds } = await runsOf('tags', [{ tags: { team: 'x', old: '1' } }, { tags: { team: 'y' } }, {}]);
    const { ids: changed } = await client.tracking.runs.tag({ ids, setTags: { team: 'y' }, removeTags: ['old'] });
    expect(changed.toSorted()).toEqual([ids[0], ids[2]].toSorted());
    const { runs } = await client.tracking.runs.search({ experimentIds });
    expect(runs.map(({ tags }) => tags)).toEqual([{ team: 'y' }, { team: 'y' }, { team: 'y' }]);
    expect((await eventsOf(ids[0]!)).at(-1)).toEqual({ what: 'run.updated', data: { changed: ['tags'] } });
    expect((await eventsOf(ids[1]!)).map(({ what }) => what)).toEqual(['run.created']);
  });

  test('a change of nothing is refused', async () => {
    const { ids } = await runsOf('no tags', [{}]);
    expect(await issueOf(client.tracking.runs.tag({ ids }))).toMatchObject({ code: 'BAD_REQUEST', field: 'setTags' });
  });
});

describe('a page of a table', () => {
  test('carries the columns that are asked for, and counts as it is told', async () => {
    const made = Array.from({ length: 5 }, () => ({ params: { lr: '1', depth: '2' }, tags: { team: 'x' }, loss: 1 }));
    const { experimentIds } = await runsOf('projection', made);
    const { search } = client.tracking.runs;
    const page = await search({
      experimentIds,
      params: ['lr', 'none'],
      tags: [],
      metrics: [],
      details: false,
      limit: 2,
      filter: 'params.lr exists',
    });
    expect(page.runs[0]).toMatchObject({ params: { lr: '1' }, tags: {}, metrics: {}, notes: '', error: null, childCount: 0 });
    expect(page).toMatchObject({ total: 5, totalIs: 'exact' });
    const uncounted = await search({ experimentIds, limit: 2, count: 'none' });
    expect(uncounted).toMatchObject({ total: 3, totalIs: 'unknown' });
    expect(await search({ experimentIds, limit: 2, cursor: uncounted.nextCursor ?? '' })).toMatchObject({ totalIs: 'unknown' });
    expect(await search({ experimentIds, count: 'none' })).toMatchObject({ total: 5, totalIs: 'exact' });
  });
});
