import { describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { registerModel, storeModel } from '../testModels.ts';
import { requeueLost } from './promotionQueue.ts';
import { cell, eventually, promoting, stepsOf, textOf } from './testPromotions.ts';

const MINUTE = 60_000;
let clock = Date.UTC(2026, 0, 1);
const server = testServer({ now: () => clock });
const { answer, byKernel, deployment, endpointNamed, fresh, promotions, released, until } = promoting(server);

describe('by the kernel that holds the model', () => {
  test('its steps are told while they go, and the end of one it was told of before is kept', async () => {
    const { id, steps } = await promotions().start({ source: cell, modelName: fresh('late'), endpoint: 'flights', where: 'client' });
    expect(steps.map(({ step }) => step)).toEqual(['snapshot', 'export', 'check', 'register', 'serve']);
    clock += 1_000;
    const begun = await promotions().update({ id, steps: [{ step: 'snapshot', status: 'running' }] });
    clock += 1_000;
    const both = await promotions().update({
      id,
      steps: [
        { step: 'snapshot', status: 'done', text: '24 cells' },
        { step: 'export', status: 'running' },
      ],
    });
    expect(begun.steps[0]).toMatchObject({ status: 'running', startedAt: clock - 1_000, endedAt: null });
    expect(both.steps[0]).toMatchObject({ status: 'done', text: '24 cells', startedAt: clock - 1_000, endedAt: clock });
    expect(stepsOf(both)).toMatchObject({ export: 'running', check: 'waiting' });
    const again = await promotions().update({ id, steps: [{ step: 'export', status: 'running', startedAt: clock + 60_000 }] });
    expect(again.steps[1]?.startedAt, 'handed to another process').toBe(clock);
    const ended = await promotions().update({ id, status: 'failed', error: 'the model is a generator' });
    expect(ended).toMatchObject({ status: 'failed', error: 'the model is a generator', endedAt: clock });
    expect(stepsOf(ended)).toMatchObject({ snapshot: 'done', export: 'failed', check: 'skipped', serve: 'skipped' });
    const late = await promotions().update({ id, steps: [{ step: 'export', status: 'done' }] });
    expect(late).toEqual(ended);
  });

  test('the registered version is served: the endpoint is made, and its address told once the release is live', async () => {
    const { id, endpoint, modelName, version } = await byKernel({ options: { alias: 'champion' } });
    const { client, close } = await server().connect();
    const heard = await client.tracking.watch({ deployment: true });
    await heard.next(); // hello
    const asked = await promotions().serve({ id });
    expect([asked.status, asked.error]).toEqual(['running', null]);
    const releaseId = await released(id);
    expect(await deployment().releases.get({ id: releaseId })).toMatchObject({ modelName, version, role: 'starting' });
    await eventually(async () => textOf(await promotions().get({ id }), 'serve') === 'warming up');
    await answer(releaseId, 'live');
    const done = await until(id, 'done');
    expect(textOf(done, 'serve')).toBe(`${server().url}/endpoints/${endpoint}`);
    const { aliases } = await server().client.registry.models.get({ name: modelName });
    expect(aliases).toEqual([{ alias: 'champion', version }]);
    for await (const event of heard) if (event.type === 'promotion' && event.promotion.status === 'done') break;
    await close();
  });

  test('asking twice serves once', async () => {
    const { id, endpoint } = await byKernel();
    await Promise.all([promotions().serve({ id }), promotions().serve({ id })]);
    await answer(await released(id), 'live');
    await until(id, 'done');
    expect((await promotions().serve({ id })).status).toBe('done');
    expect((await deployment().releases.list({ endpoint: endpoint! })).releases).toHaveLength(1);
  });

  test('one that is only registered ends with its alias set and without an endpoint', async () => {
    const { id, modelName, version } = await byKernel({ endpoint: null, options: { serve: false, alias: 'next' } });
    await promotions().serve({ id });
    expect(stepsOf(await until(id, 'done')).serve).toBe('skipped');
    expect((await server().client.registry.aliases.get({ name: modelName, alias: 'next' })).version).toBe(version);
  });

  test('one of which nothing is heard for five minutes is lost', async () => {
    const { id } = await byKernel();
    clock += 4 * MINUTE;
    await requeueLost(server().services);
    expect((await promotions().get({ id })).status).toBe('running');
    clock += 2 * MINUTE;
    await requeueLost(server().services);
    expect(await promotions().get({ id })).toMatchObject({ status: 'lost', error: expect.stringContaining('five minutes') });
  });
});

describe('nothing half-deployed is left', () => {
  test('of a release that no host can load: the endpoint that was made for it goes, the alias has never moved', async () => {
    const { id, endpoint, modelName, version } = await byKernel({ options: { alias: 'champion' } });
    const before = await registerModel(server(), modelName, await storeModel(server(), 'forest'));
    await server().client.registry.aliases.set({ name: modelName, alias: 'champion', version: before });
    await promotions().serve({ id });
    const releaseId = await released(id);
    await eventually(async () => textOf(await promotions().get({ id }), 'serve') === 'warming up');
    expect((await server().client.registry.aliases.get({ name: modelName, alias: 'champion' })).version).toBe(before);
    await answer(releaseId, 'failed', 'model.onnx has no output "label"');
    const failed = await until(id, 'failed');
    expect(failed.error).toBe('model.onnx has no output "label"');
    expect(stepsOf(failed).serve).toBe('failed');
    await eventually(async () => (await endpointNamed(endpoint!)) === null);
    expect((await server().client.registry.aliases.get({ name: modelName, alias: 'champion' })).version).toBe(before);
    expect((await server().client.registry.versions.get({ name: modelName, version })).version).toBe(version); // it is whole
  });

  test('of one whose alias a gate holds back: nothing is put behind an endpoint', async () => {
    const { id, endpoint, modelName } = await byKernel({ options: { alias: 'champion' } });
    await server().client.registry.gates.put({ name: modelName, rules: [], stages: [], aliases: ['champion'], approvals: 1, revision: 0 });
    await promotions().serve({ id });
    expect((await until(id, 'failed')).error).toContain('another person must agree before');
    expect(await endpointNamed(endpoint!)).toBeNull();
    const { made } = await eventually(async () => {
      const [row] = await server().services.sql<{ made: object | null }[]>`select made from promotions where id = ${id}`;
      return row?.made === null && row;
    });
    expect(made).toBeNull();
  });

  test('a gate that closes while its release starts leaves the alias where it was, and is not asked again and again', async () => {
    const { id, modelName, version, endpoint } = await byKernel({ options: { alias: 'champion' } });
    await promotions().serve({ id });
    const releaseId = await released(id);
    await server().client.registry.gates.put({ name: modelName, rules: [], stages: [], aliases: ['champion'], approvals: 1, revision: 0 });
    await answer(releaseId, 'live');
    const failed = await until(id, 'failed');
    expect(failed.error).toMatch(/it serves at .*, and the alias champion was not moved: .*must agree/);
    expect((await server().client.registry.models.get({ name: modelName })).aliases).toEqual([]);
    const [row] = await server().services.sql<{ made: object | null }[]>`select made from promotions where id = ${id}`;
    expect(row?.made).toBeNull();
    const { releases } = await deployment().releases.list({ endpoint: endpoint! });
    expect(releases).toMatchObject([{ version, role: 'live' }]);
  });

  test('of one that was cancelled while its release starts', async () => {
    const { id, endpoint } = await byKernel();
    await promotions().serve({ id });
    const releaseId = await released(id);
    expect((await promotions().cancel({ id })).status).toBe('cancelled');
    await eventually(async () => (await endpointNamed(endpoint!)) === null);
    expect((await deployment().releases.get({ id: releaseId })).role).toBe('retired');
  });

  test('an endpoint that was there before stays, and so does what it serves', async () => {
    const first = await byKernel();
    await promotions().serve({ id: first.id });
    await answer(await released(first.id), 'live');
    await until(first.id, 'done');
    const second = await byKernel({ endpoint: first.endpoint });
    await promotions().serve({ id: second.id });
    const releaseId = await released(second.id);
    await promotions().cancel({ id: second.id });
    await eventually(async () => (await deployment().releases.get({ id: releaseId })).role === 'retired');
    const { releases } = await deployment().endpoints.get({ name: first.endpoint! });
    expect(releases.map(({ role }) => role)).toEqual(['retired', 'live']);
  });

  test('an endpoint that was made for it stays where somebody else uses it by now', async () => {
    const { id, endpoint } = await byKernel();
    await promotions().serve({ id });
    const releaseId = await released(id);
    await deployment().endpointTokens.create({ endpoint: endpoint!, label: 'the app' });
    await promotions().cancel({ id });
    await eventually(async () => (await deployment().releases.get({ id: releaseId })).role === 'retired');
    expect(await endpointNamed(endpoint!)).not.toBeNull();
  });
});

describe('refused, and nothing is changed', () => {
  test('a cell’s model on the server, serving without an endpoint, a plan that is no canary’s, what is not there', async () => {
    const modelName = fresh('late');
    const start = (more: object) =>
      refusal(promotions().start({ source: cell, modelName, endpoint: 'flights', where: 'client', ...more } as never));
    expect(await start({ where: 'server' })).toEqual(['BAD_REQUEST', 'where']);
    expect(await start({ endpoint: null })).toEqual(['BAD_REQUEST', 'endpoint']);
    expect(await start({ endpoint: '../etc' })).toEqual(['BAD_REQUEST', 'endpoint']);
    expect(await start({ options: { plan: {} } })).toEqual(['BAD_REQUEST', 'options.plan']);
    expect(await start({ options: { alias: 'latest' } })).toEqual(['BAD_REQUEST', 'options.alias']);
    expect(await start({ where: 'server', source: { kind: 'run', runId: '0'.repeat(32) } })).toEqual(['NOT_FOUND', 'source.runId']);
    const runId = (await server().client.tracking.runs.create({ name: 'no model' })).id;
    expect(await start({ where: 'server', source: { kind: 'run', runId } })).toEqual(['NOT_FOUND', 'source.runId']);
    await server().client.registry.models.create({ name: modelName });
    await server().client.registry.versions.create({ name: modelName, source: `runs:/${runId}/model`, runId });
    expect(await start({ where: 'server', source: { kind: 'version', modelName, version: 1 } })).toEqual(['CONFLICT', 'source']);
    expect((await promotions().list({ endpoint: '../etc' })).promotions).toEqual([]);
  });

  test('serving what is not registered or has no bundle, an end that only the server may tell, one id for two things', async () => {
    const { id } = await promotions().start({ source: cell, modelName: fresh('late'), endpoint: fresh('flights'), where: 'client' });
    expect(await refusal(promotions().serve({ id }))).toEqual(['CONFLICT', 'version']);
    expect(await refusal(promotions().update({ id, status: 'done' }))).toEqual(['BAD_REQUEST', 'status']);
    expect(await refusal(promotions().update({ id, status: 'failed' }))).toEqual(['BAD_REQUEST', 'error']);
    expect(await refusal(promotions().update({ id, version: 9 }))).toEqual(['NOT_FOUND', 'name']);
    expect(await refusal(promotions().start({ id, source: cell, modelName: 'other', endpoint: 'flights', where: 'client' }))).toEqual([
      'CONFLICT',
      'id',
    ]);
    const bare = fresh('bare');
    const version = await registerModel(server(), bare, await storeModel(server(), 'forest', { hasBundle: false }));
    const other = await promotions().start({ source: cell, modelName: bare, endpoint: fresh('flights'), where: 'client' });
    await promotions().update({ id: other.id, version });
    expect(await refusal(promotions().serve({ id: other.id }))).toEqual(['CONFLICT', 'version']);
    expect((await promotions().get({ id: other.id })).status).toBe('running');
  });

  test('a viewer starts none, and nobody tells of another person’s', async () => {
    const { id } = await byKernel();
    const viewer = server().clientOf(await server().tokenOf('viewer')).deployment.promotions;
    const editor = server().clientOf(await server().tokenOf('editor')).deployment.promotions;
    expect(await refusal(viewer.start({ source: cell, modelName: 'x', endpoint: 'x', where: 'client' }))).toEqual(['FORBIDDEN', '']);
    expect(await refusal(editor.update({ id, status: 'cancelled' }))).toEqual(['FORBIDDEN', 'id']);
    expect(await refusal(editor.serve({ id }))).toEqual(['FORBIDDEN', 'id']);
    expect(await refusal(editor.cancel({ id }))).toEqual(['FORBIDDEN', '']);
    expect((await viewer.get({ id })).status).toBe('running');
  });

  test('a cursor that is none of this list', async () => {
    const forged = Buffer.from(JSON.stringify([1, "x'; drop table promotions"])).toString('base64url');
    expect(await refusal(promotions().list({ cursor: forged }))).toEqual(['BAD_REQUEST', 'cursor']);
  });
});

test('promotions are listed newest first, page by page, by endpoint and by notebook', async () => {
  const [endpoint, notebookPath] = [fresh('flights'), fresh('notes')];
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    clock += 1_000;
    const source = { ...cell, notebookPath };
    ids.unshift((await promotions().start({ source, modelName: 'late', endpoint, where: 'client' })).id);
  }
  const first = await promotions().list({ endpoint, limit: 2 });
  const second = await promotions().list({ endpoint, limit: 2, cursor: first.nextCursor! });
  expect([...first.promotions, ...second.promotions].map(({ id }) => id)).toEqual(ids);
  expect(second.nextCursor).toBeNull();
  expect((await promotions().list({ notebookPath })).promotions).toHaveLength(3);
});
