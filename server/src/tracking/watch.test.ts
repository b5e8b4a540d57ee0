import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveEvent, WatchInput } from '@cellkeep/schema/tracking';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const tracking = () => server().client.tracking;

/** A subscription over a WebSocket, past its `hello`. */
async function watching(input: Partial<WatchInput> = {}) {
  const { client, close } = await server().connect();
  const abort = new AbortController();
  const events = (await client.tracking.watch(input as WatchInput, { signal: abort.signal }))[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ type: 'hello' });
  const next = async (type: LiveEvent['type']) => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error('the subscription ended');
      if ((value as LiveEvent).type === type) return value as LiveEvent;
    }
  };
  return {
    run: async () => (await next('run')) as LiveEvent & { type: 'run' },
    points: async () => (await next('points')) as LiveEvent & { type: 'points' },
    experiment: async () => (await next('experiment')) as LiveEvent & { type: 'experiment' },
    close,
  };
}
const log = (id: string, step: number) => tracking().runs.log({ id, series: [{ key: 'a', steps: [step], times: [step], values: [step] }] });

test('a new run, its points and its end arrive; many changes at once as the newest state', async () => {
  const seen = await watching({ points: true });
  const run = await tracking().runs.create({ name: 'watched', experimentName: 'live' });
  expect(await seen.run()).toMatchObject({ change: 'created', run: { id: run.id, name: 'watched' } });
  expect(await seen.experiment()).toMatchObject({ experiment: { name: 'live', runCount: 1, runningCount: 1 } });
  await Promise.all([1, 2, 3].map((step) => log(run.id, step)));
  const { series } = await seen.points();
  expect(series[0]?.steps.toSorted()).toEqual([1, 2, 3]);
  for (const name of ['a', 'b', 'c']) await tracking().runs.update({ id: run.id, name });
  await expect.poll(async () => (await seen.run()).run.name).toBe('c');
  await tracking().runs.delete({ ids: [run.id] });
  expect(await seen.run()).toMatchObject({ change: 'deleted', run: { lifecycle: 'deleted' } });
  await seen.close();
});

describe('filters', () => {
  test('by experiment, by run and by notebook let through what they name', async () => {
    const [here, there] = [
      await tracking().runs.create({ experimentName: 'here' }),
      await tracking().runs.create({ experimentName: 'there' }),
    ];
    const byExperiment = await watching({ experimentIds: [here.experimentId] });
    const byRun = await watching({ runIds: [here.id] });
    await tracking().runs.update({ id: there.id, name: 'not this' });
    await tracking().runs.update({ id: here.id, name: 'this' });
    expect((await byExperiment.run()).run.name).toBe('this');
    expect((await byRun.run()).run.name).toBe('this');

    const byNotebook = await watching({ notebookPath: 'watched.ipynb' });
    const sessionId = crypto.randomUUID();
    const id = crypto.randomUUID().replaceAll('-', '');
    await tracking().ingest({
      writer: crypto.randomUUID(),
      seq: 1,
      records: [
        { type: 'session.start', session: { id: sessionId, kind: 'notebook', notebookPath: 'watched.ipynb', startedAt: 1 } },
        { type: 'run.create', run: { id, name: 'in the notebook', source: { sessionId } } },
      ],
    });
    expect((await byNotebook.run()).run.name).toBe('in the notebook');
    for (const one of [byExperiment, byRun, byNotebook]) await one.close();
  });

  test('points come only to those who asked for them', async () => {
    const run = await tracking().runs.create({});
    const [with_, without] = [await watching({ runIds: [run.id], points: true }), await watching({ runIds: [run.id] })];
    await log(run.id, 1);
    expect(await with_.points()).toMatchObject({ runId: run.id });
    const event = await without.run();
    expect(event.run.metrics.a).toMatchObject({ count: 1 });
    await with_.close();
    await without.close();
  });
});

test('who watches deployment hears of it and of no runs; what is not as the contract says is not told', async () => {
  const { client, close } = await server().connect();
  const events = (await client.tracking.watch({ deployment: true, points: false }))[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ type: 'hello' });
  await tracking().runs.create({ name: 'somebody else’s' });
  const { user } = await client.access.me();
  const [row] = await server().database.sql`select workspace_id as "workspaceId" from users where id = ${user.id}`;
  server().services.live.publish({ workspaceId: row?.workspaceId, topic: 'endpoint', payload: { id: 'nonsense' } });
  const endpoint = await client.deployment.endpoints.create({ name: 'watched-endpoint', description: '', settings: {} });
  expect((await events.next()).value).toMatchObject({ type: 'endpoint', endpoint: { id: endpoint.id, name: 'watched-endpoint' } });
  await close();
});

test('another workspace hears nothing', async () => {
  const heard: unknown[] = [];
  const stop = server().services.live.subscribe(crypto.randomUUID(), (message) => heard.push(message));
  await tracking().runs.create({});
  await sleep(0);
  stop();
  expect(heard).toEqual([]);
});

test('a subscription ends with its connection', async () => {
  const before = server().services.live.size;
  const seen = await watching();
  expect(server().services.live.size).toBe(before + 1);
  await seen.close();
  await expect.poll(() => server().services.live.size).toBe(before);
});

test('over HTTP the same events come as a stream', async () => {
  const answer = await server().fetch('watch?points=true');
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (word: string) => {
    while (!text.includes(word)) text += (await reader.read()).value ?? '';
  };
  await until('"hello"');
  const run = await tracking().runs.create({ name: 'streamed' });
  await until(run.id);
  await reader.cancel();
  await expect.poll(() => server().services.live.size).toBe(0);
});
