import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Promotion } from '@cellkeep/schema/deployment';
import { describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { bundleOfModel, registerModel, storeModel } from '../testModels.ts';
import { requeueLost } from './promotionQueue.ts';
import { testPromoter } from './testPromoter.ts';

const MINUTE = 60_000;
let clock = Date.UTC(2026, 0, 1);
let names = 0;
const server = testServer({ now: () => clock, env: { CELLKEEP_VERIFY_PYTHON: testPromoter(bundleOfModel('carriers')) } });
const deployment = () => server().client.deployment;
const promotions = () => deployment().promotions;
const fresh = (word: string) => `${word}-${++names}`;
const cell = { kind: 'cell', notebookPath: 'flights.ipynb', cellId: 'c4', variable: 'model' } as const;

async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await look();
    if (found) return found;
    await sleep(25);
  }
  throw new Error('it did not come true within ten seconds');
}
const until = (id: string, status: Promotion['status']) =>
  eventually(async () => {
    const promotion = await promotions().get({ id });
    return promotion.status === status && promotion;
  });
const stepsOf = ({ steps }: Promotion) => Object.fromEntries(steps.map(({ step, status }) => [step, status]));
const textOf = ({ steps }: Promotion, wanted: string) => steps.find(({ step }) => step === wanted)?.text;
const endpointNamed = (name: string) =>
  deployment()
    .endpoints.get({ name })
    .catch(() => null);

/** What the server does once all hosts have loaded a release; no host runs in these tests. */
async function answer(releaseId: string, role: 'live' | 'failed', message = ''): Promise<void> {
  const { sql } = server().services;
  await sql`update releases set role = ${role}, message = ${message}, weight = ${role === 'live' ? 1 : 0} where id = ${releaseId}`;
}
const released = (id: string) => eventually(async () => (await promotions().get({ id })).releaseId);

async function registered(word = 'late'): Promise<{ modelName: string; version: number; loggedModelId: string }> {
  const modelName = fresh(word);
  const loggedModelId = await storeModel(server(), 'carriers');
  return { modelName, loggedModelId, version: await registerModel(server(), modelName, loggedModelId) };
}

/** As a kernel does it, up to the registered version. */
async function byKernel(more: Record<string, unknown> = {}): Promise<Promotion> {
  const { modelName, version } = await registered();
  const endpoint = fresh('flights');
  const { id } = await promotions().start({ source: cell, modelName, endpoint, where: 'client', ...more });
  return promotions().update({ id, version, steps: [{ step: 'register', status: 'done', text: `version ${version}` }] });
}

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

describe('by the server', () => {
  test('what has its bundle is served without Python, registered under the name first', async () => {
    const [modelName, endpoint, loggedModelId] = [fresh('late'), fresh('flights'), await storeModel(server(), 'carriers')];
    const { id, steps } = await promotions().start({ source: { kind: 'loggedModel', loggedModelId }, modelName, endpoint });
    expect(steps.filter(({ status }) => status === 'skipped').map(({ step }) => step)).toEqual(['snapshot', 'export', 'check']);
    await answer(await released(id), 'live');
    expect(await until(id, 'done')).toMatchObject({ version: 1, loggedModelId });
    expect((await server().client.registry.versions.get({ name: modelName, version: 1 })).loggedModelId).toBe(loggedModelId);
  });

  test('a version that is promoted under its own name is not registered again', async () => {
    const { modelName, version } = await registered();
    const { id } = await promotions().start({ source: { kind: 'version', modelName, version }, modelName, endpoint: fresh('flights') });
    await answer(await released(id), 'live');
    expect((await until(id, 'done')).version).toBe(version);
    expect((await server().client.registry.models.get({ name: modelName })).versionCount).toBe(1);
  });

  test('a run’s last model is exported by a process that knows its token and task from its stdin alone', async () => {
    const runId = (await server().client.tracking.runs.create({ name: 'forest' })).id;
    const loggedModelId = await storeModel(server(), 'carriers', { runId, hasBundle: false });
    const modelName = fresh('late');
    const { id, status } = await promotions().start({ source: { kind: 'run', runId }, modelName, endpoint: fresh('flights') });
    expect(status).toBe('queued');
    await answer(await released(id), 'live');
    const done = await until(id, 'done');
    expect(done).toMatchObject({ version: 1, loggedModelId });
    const seen = JSON.parse(textOf(done, 'export') ?? '{}');
    expect(seen).toMatchObject({ holdsToken: false, source: { kind: 'run', runId }, trust: null });
    expect(seen.args.slice(0, 4)).toEqual(['-m', 'cellkeep', 'promote', '--supervised']);
  });

  test.each([
    ['dies', 'crash', 'out of memory'],
    ['finds that the export answers otherwise', 'differs', 'the export answers otherwise'],
  ])('a process that %s fails it with its reason, and nothing is served', async (_, word, reason) => {
    const loggedModelId = await storeModel(server(), 'carriers', { hasBundle: false });
    const [modelName, endpoint] = [fresh(word), fresh('flights')];
    const { id } = await promotions().start({ source: { kind: 'loggedModel', loggedModelId }, modelName, endpoint });
    expect((await until(id, 'failed')).error).toBe(reason);
    expect(await endpointNamed(endpoint)).toBeNull();
  });

  test('cancelling ends its process', async () => {
    const loggedModelId = await storeModel(server(), 'carriers', { hasBundle: false });
    const source = { kind: 'loggedModel', loggedModelId } as const;
    const { id } = await promotions().start({ source, modelName: fresh('hang'), endpoint: fresh('flights') });
    const pid = Number(await eventually(async () => textOf(await promotions().get({ id }), 'export')));
    await promotions().cancel({ id });
    await eventually(async () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
    expect((await promotions().get({ id })).status).toBe('cancelled');
  });

  test('one whose server died begins anew, twice at most', async () => {
    const loggedModelId = await storeModel(server(), 'carriers', { hasBundle: false });
    const source = { kind: 'loggedModel', loggedModelId } as const;
    const { id } = await promotions().start({ source, modelName: fresh('hang'), endpoint: fresh('flights') });
    const { sql } = server().services;
    const statuses: string[] = [];
    for (let crash = 0; crash < 3; crash++) {
      await until(id, 'running');
      await sql`update promotions set heartbeat_at = ${new Date(clock - 61_000)} where id = ${id}`;
      await requeueLost(server().services);
      statuses.push((await promotions().get({ id })).status);
    }
    expect(statuses[2]).toBe('lost');
    expect(statuses.slice(0, 2)).not.toContain('lost');
  });

  test('what a server had begun to serve when it died is served by the next', async () => {
    const { id, endpoint } = await byKernel();
    const { sql } = server().services;
    await sql`
      update promotions set made = '{"endpoint": true}', release_id = ${randomUUID()}, heartbeat_at = ${new Date(clock - MINUTE)} where id = ${id}`;
    await answer(await released(id), 'live');
    expect(textOf(await until(id, 'done'), 'serve')).toContain(endpoint!);
  });
});

describe('another person’s pickle', () => {
  const asPython = (bundle: ReturnType<typeof bundleOfModel>) => ({
    ...bundle,
    runtime: 'python' as const,
    python: {
      ...{ file: 'model.onnx', format: 'cloudpickle' as const, version: '3', requirements: [], modules: [] },
      takes: 'frame' as const,
      dtype: '',
      dtypes: {},
    },
  });

  test('runs for nobody who has not named that person', async () => {
    const token = await server().tokenOf('editor');
    const author = (await server().clientOf(token).access.me()).user.name;
    const loggedModelId = await storeModel(server(), 'carriers', { token, change: asPython });
    const start = (trustUser?: string) =>
      promotions().start({
        ...{ source: { kind: 'loggedModel', loggedModelId }, modelName: fresh('late'), endpoint: fresh('flights') },
        ...(trustUser && { trustUser }),
      });
    await expect(start()).rejects.toMatchObject({ data: { issues: [{ field: 'trustUser', reason: expect.stringContaining(author) }] } });
    expect(await refusal(start('somebody else'))).toEqual(['CONFLICT', 'trustUser']);
    const { id } = await start(author);
    await released(id);
    await promotions().cancel({ id });
  });

  test('is not put behind an endpoint directly either', async () => {
    const token = await server().tokenOf('editor');
    const trustUser = (await server().clientOf(token).access.me()).user.name;
    const modelName = fresh('late');
    const version = await registerModel(server(), modelName, await storeModel(server(), 'carriers', { token, change: asPython }));
    const endpoint = fresh('flights');
    await deployment().endpoints.create({ name: endpoint });
    expect(await refusal(deployment().releases.create({ endpoint, modelName, version }))).toEqual(['CONFLICT', 'trustUser']);
    expect((await deployment().releases.create({ endpoint, modelName, version, trustUser })).role).toBe('starting');
  });

  test('a file that somebody else has put into the model’s folder is that person’s code', async () => {
    const loggedModelId = await storeModel(server(), 'carriers', { change: asPython });
    const token = await server().tokenOf('editor');
    const intruder = (await server().clientOf(token).access.me()).user.name;
    const { artifactLocation } = await server().client.registry.loggedModels.get({ id: loggedModelId });
    await fetch(`${server().url}/api/2.0/mlflow-artifacts/artifacts/${artifactLocation.split(':/')[1]}/model.onnx`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: 'print("pwned")',
    });
    const start = promotions().start({
      source: { kind: 'loggedModel', loggedModelId },
      modelName: fresh('late'),
      endpoint: fresh('flights'),
    });
    await expect(start).rejects.toMatchObject({ data: { issues: [{ field: 'trustUser', reason: expect.stringContaining(intruder) }] } });
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
