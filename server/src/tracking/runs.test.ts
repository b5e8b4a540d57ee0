import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const tracking = () => server().client.tracking;
const id = () => randomUUID().replaceAll('-', '');

/** The answer of a call that is to be refused: code and field. */
async function refusal(call: Promise<unknown>): Promise<[string, string]> {
  const error = (await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )) as { code: string; data: { issues: { field: string }[] } } | null;
  if (!error) throw new Error('it was not refused');
  return [error.code, error.data.issues[0]?.field ?? ''];
}
const eventsOf = async (subject: string) => (await server().client.governance.events({ subject })).events.map(({ what }) => what).reverse();

describe('creating a run', () => {
  test('gives it a name, a start and the experiment Default, whose id is 0', async () => {
    const run = await tracking().runs.create({});
    expect(run).toMatchObject({ experimentId: '0', experimentName: 'Default', status: 'running', lifecycle: 'active', endedAt: null });
    expect(run.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(run.id).toMatch(/^[0-9a-f]{32}$/);
    expect(await eventsOf(`run:${run.id}`)).toEqual(['run.created']);
  });

  test('may be repeated with the same id, and changes nothing then', async () => {
    const input = { id: id(), name: 'one', experimentName: 'repeated', params: { lr: '0.1' }, tags: { a: 'b' } };
    const first = await tracking().runs.create(input);
    await tracking().runs.update({ id: first.id, name: 'renamed' });
    const again = await tracking().runs.create({ ...input, params: { lr: '0.2' } });
    expect(again).toMatchObject({ id: first.id, name: 'renamed', params: { lr: '0.1' } });
    expect(await eventsOf(`run:${first.id}`)).toEqual(['run.created', 'run.updated']);
  });

  test.each([
    ['another name', { name: 'two' }, 'name'],
    ['another experiment', { experimentName: 'elsewhere' }, 'experimentId'],
    ['another parent', { parentRunId: '0'.repeat(32) }, 'parentRunId'],
  ])('with the same id and %s is a conflict', async (_, difference, field) => {
    const input = { id: id(), name: 'one', experimentName: 'conflicts' };
    await tracking().runs.create(input);
    expect(await refusal(tracking().runs.create({ ...input, ...difference }))).toEqual(['CONFLICT', field]);
    const { experiments } = await tracking().experiments.list({ name: 'elsewhere' });
    expect(experiments).toEqual([]);
  });

  test('under an unknown parent or experiment, or in a deleted one, is refused', async () => {
    expect(await refusal(tracking().runs.create({ parentRunId: id() }))).toEqual(['NOT_FOUND', 'parentRunId']);
    expect(await refusal(tracking().runs.create({ experimentId: '999999' }))).toEqual(['NOT_FOUND', 'experimentId']);
    const gone = await tracking().experiments.create({ name: 'gone' });
    await tracking().experiments.delete({ id: gone.id });
    expect(await refusal(tracking().runs.create({ experimentId: gone.id }))).toEqual(['CONFLICT', 'experimentId']);
  });

  test('many at once with one id make one run; with one new experiment name one experiment', async () => {
    const input = { id: id(), name: 'race', experimentName: 'raced' };
    const made = await Promise.all(Array.from({ length: 12 }, () => tracking().runs.create(input)));
    expect(new Set(made.map(({ experimentId }) => experimentId)).size).toBe(1);
    expect((await tracking().experiments.list({ name: 'raced' })).experiments).toHaveLength(1);
    expect(await eventsOf(`run:${input.id}`)).toEqual(['run.created']);
  });

  test('hostile text is kept as the text it is', async () => {
    const text = `'; drop table runs; -- <script>alert(1)</script> \\ \u202e {{7*7}}`;
    const run = await tracking().runs.create({
      name: text.trim(),
      notes: text,
      tags: { a: text },
      params: { constructor: text, __proto__x: text },
    });
    expect(await tracking().runs.get({ id: run.id })).toMatchObject({ notes: text, tags: { a: text }, params: { constructor: text } });
  });
});

describe('changing a run', () => {
  test('renames, tags, annotates; what is not named stays', async () => {
    const { id: runId } = await tracking().runs.create({ tags: { keep: '1', drop: '2' }, notes: 'before' });
    const run = await tracking().runs.update({ id: runId, name: 'new', setTags: { add: '3' }, removeTags: ['drop'] });
    expect(run).toMatchObject({ name: 'new', notes: 'before', tags: { keep: '1', add: '3' } });
    expect(run.tags.drop).toBeUndefined();
  });

  test('ends it at the time given, or now; running again takes the end back', async () => {
    const { id: runId, startedAt } = await tracking().runs.create({});
    expect(await tracking().runs.update({ id: runId, status: 'finished', endedAt: startedAt + 5 })).toMatchObject({
      endedAt: startedAt + 5,
    });
    expect(await tracking().runs.update({ id: runId, status: 'running' })).toMatchObject({ status: 'running', endedAt: null });
    const failed = await tracking().runs.update({ id: runId, status: 'failed', error: { name: 'ValueError', message: 'no' } });
    expect(failed.endedAt).toBeGreaterThanOrEqual(startedAt);
    expect(failed.error).toEqual({ name: 'ValueError', message: 'no', traceback: '' });
  });

  test('keeps an end that it is given while it goes on, until it ends with that', async () => {
    const { id: runId, startedAt } = await tracking().runs.create({});
    const endedAt = startedAt + 7;
    expect(await tracking().runs.update({ id: runId, endedAt })).toMatchObject({ status: 'running', endedAt });
    expect(await tracking().runs.update({ id: runId, notes: 'more' })).toMatchObject({ status: 'running', endedAt });
    expect(await tracking().runs.update({ id: runId, status: 'finished' })).toMatchObject({ status: 'finished', endedAt });
  });

  test('with nothing new leaves no trace in the log', async () => {
    const { id: runId, name } = await tracking().runs.create({});
    await tracking().runs.update({ id: runId, name });
    expect(await eventsOf(`run:${runId}`)).toEqual(['run.created']);
  });

  test('logs params and tags beside points', async () => {
    const { id: runId } = await tracking().runs.create({ params: { lr: '0.1' } });
    await tracking().runs.log({ id: runId, params: { depth: '3', lr: '0.2' }, tags: { a: 'b' } });
    expect(await tracking().runs.get({ id: runId })).toMatchObject({ params: { depth: '3', lr: '0.2' }, tags: { a: 'b' } });
  });

  test('that is not there is NOT_FOUND', async () => {
    expect(await refusal(tracking().runs.update({ id: id(), name: 'x' }))).toEqual(['NOT_FOUND', 'id']);
    expect(await refusal(tracking().runs.get({ id: id() }))).toEqual(['NOT_FOUND', 'id']);
    expect(await refusal(tracking().runs.log({ id: id() }))).toEqual(['NOT_FOUND', 'id']);
  });
});

describe('deleting runs', () => {
  test('takes those below along, and restore brings them all back', async () => {
    const parent = await tracking().runs.create({ experimentName: 'family' });
    const child = await tracking().runs.create({ experimentName: 'family', parentRunId: parent.id });
    const grandchild = await tracking().runs.create({ experimentName: 'family', parentRunId: child.id });
    const all = [parent.id, child.id, grandchild.id].sort();
    expect((await tracking().runs.get({ id: parent.id })).childCount).toBe(1);
    const { ids } = await tracking().runs.delete({ ids: [parent.id] });
    expect(ids.sort()).toEqual(all);
    const inFamily = { experimentIds: [parent.experimentId] };
    expect((await tracking().runs.search(inFamily)).total).toBe(0);
    expect((await tracking().runs.search({ ...inFamily, lifecycle: 'deleted' })).total).toBe(3);
    expect((await tracking().runs.delete({ ids: [parent.id] })).ids).toEqual([]);
    expect((await tracking().runs.restore({ ids })).ids.sort()).toEqual(all);
    expect((await tracking().runs.search(inFamily)).total).toBe(3);
    expect(await eventsOf(`run:${grandchild.id}`)).toEqual(['run.created', 'run.deleted', 'run.restored']);
  });

  test('of which one is unknown changes none', async () => {
    const { id: runId } = await tracking().runs.create({});
    expect(await refusal(tracking().runs.delete({ ids: [runId, 'e'.repeat(32)] }))).toEqual(['NOT_FOUND', 'ids[1]']);
    expect((await tracking().runs.get({ id: runId })).lifecycle).toBe('active');
  });
});

describe('experiments', () => {
  test('are listed last used first, and paged', async () => {
    for (const name of ['page a', 'page b', 'page c']) await tracking().experiments.create({ name });
    await tracking().runs.create({ experimentName: 'page a' });
    const first = await tracking().experiments.list({ name: 'PAGE ', limit: 2 });
    expect(first.experiments.map(({ name, runCount, runningCount }) => [name, runCount, runningCount])).toEqual([
      ['page a', 1, 1],
      ['page c', 0, 0],
    ]);
    const second = await tracking().experiments.list({ name: 'PAGE ', limit: 2, cursor: first.nextCursor! });
    expect([second.experiments.map(({ name }) => name), second.nextCursor]).toEqual([['page b'], null]);
    expect(await refusal(tracking().experiments.list({ cursor: 'x' }))).toEqual(['BAD_REQUEST', 'cursor']);
  });

  test('a deleted one gives its name free, and cannot come back while another has it', async () => {
    const old = await tracking().experiments.create({ name: 'again', description: 'old', tags: { team: 'a' } });
    expect(await refusal(tracking().experiments.create({ name: 'again' }))).toEqual(['CONFLICT', 'name']);
    await tracking().experiments.delete({ id: old.id });
    const next = await tracking().runs.create({ experimentName: 'again' });
    expect(next.experimentId).not.toBe(old.id);
    expect(await refusal(tracking().experiments.restore({ id: old.id }))).toEqual(['CONFLICT', 'name']);
    await tracking().experiments.update({ id: next.experimentId, name: 'newer', setTags: { x: 'y' } });
    expect(await tracking().experiments.restore({ id: old.id })).toMatchObject({ name: 'again', lifecycle: 'active', tags: { team: 'a' } });
    expect(await refusal(tracking().experiments.update({ id: old.id, name: 'newer' }))).toEqual(['CONFLICT', 'name']);
  });

  test('runs of a deleted one are not found until it is back', async () => {
    const run = await tracking().runs.create({ experimentName: 'hidden' });
    const found = async () => (await tracking().runs.search({ experimentIds: [run.experimentId] })).total;
    await tracking().experiments.delete({ id: run.experimentId });
    expect(await found()).toBe(0);
    await tracking().experiments.restore({ id: run.experimentId });
    expect(await found()).toBe(1);
  });
});

test('a viewer reads and changes nothing', async () => {
  const viewer = server().clientOf(await server().tokenOf('viewer')).tracking;
  const run = await tracking().runs.create({ experimentName: 'seen' });
  expect((await viewer.runs.get({ id: run.id })).id).toBe(run.id);
  const changes = [
    () => viewer.runs.create({}),
    () => viewer.runs.update({ id: run.id, name: 'x' }),
    () => viewer.runs.log({ id: run.id }),
    () => viewer.runs.delete({ ids: [run.id] }),
    () => viewer.experiments.create({ name: 'x' }),
    () => viewer.experiments.delete({ id: run.experimentId }),
    () => viewer.ingest({ writer: randomUUID(), seq: 1, records: [] }),
  ];
  for (const change of changes) expect((await refusal(change()))[0]).toBe('FORBIDDEN');
  expect((await tracking().runs.get({ id: run.id })).name).toBe(run.name);
});

test('the log of all this is a whole chain', async () => {
  expect(await server().client.governance.verifyEvents({})).toMatchObject({ brokenAt: null, unsealed: 0 });
});
