/** What the server promotes itself: it exports by a process of its own (testPromoter.ts), and runs no code of people who are not named. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { bundleOfModel, registerModel, storeModel } from '../testModels.ts';
import { requeueLost } from './promotionQueue.ts';
import { testPromoter } from './testPromoter.ts';
import { eventually, promoting, textOf } from './testPromotions.ts';

const MINUTE = 60_000;
const clock = Date.UTC(2026, 0, 1);
const server = testServer({ now: () => clock, env: { CELLKEEP_VERIFY_PYTHON: testPromoter(bundleOfModel('carriers')) } });
const { answer, byKernel, deployment, endpointNamed, fresh, promotions, registered, released, until } = promoting(server);

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
      backend: '',
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
