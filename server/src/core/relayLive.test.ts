import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/index.ts';
import { createLive, type LiveMessage } from './live.ts';
import { type Relay, relayLive } from './relayLive.ts';

let database: TestDatabase;
const open: Relay[] = [];
const log = pino({ level: 'silent' });

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  for (const relay of open.splice(0)) await relay.stop();
});
afterAll(() => database.drop());

/** A server of this database, and what it hears of others. */
async function server(options = { gatheredFor: 5, beat: 50 }) {
  const live = createLive();
  const [heard, servers]: [LiveMessage[], string[]] = [[], []];
  live.onAny((message) => {
    if (message.from !== undefined) heard.push(message);
  });
  live.onServer((change, name) => servers.push(`${change} ${name}`));
  const relay = await relayLive(database.sql, live, log, options);
  open.push(relay);
  return { live, heard, servers, relay };
}

async function two() {
  const [a, b] = [await server(), await server()];
  await expect.poll(() => [a.servers, b.servers]).toEqual([[`came ${b.relay.server}`], [`came ${a.relay.server}`]]);
  return [a, b] as const;
}

const run = (runId: string): LiveMessage => ({ workspaceId: 'w', topic: 'run', runId, payload: { change: 'updated' } });

test('what one server publishes the others hear, in its order, and it does not come back', async () => {
  const [a, b] = await two();
  const here: LiveMessage[] = [];
  b.live.subscribe('w', (message) => here.push(message));
  for (const id of ['1', '2', '3']) a.live.publish(run(id));
  await expect.poll(() => here.map(({ runId }) => runId)).toEqual(['1', '2', '3']);
  expect(here[0]).toEqual({ ...run('1'), from: a.relay.server });
  b.live.publish(run('4'));
  await expect.poll(() => a.heard.map(({ runId }) => runId)).toEqual(['4']);
});

test('a run that changes many times at once is told once', async () => {
  const [a, b] = await two();
  for (let i = 0; i < 100; i++) a.live.publish(run('same'));
  a.live.publish(run('last'));
  await expect.poll(() => b.heard.at(-1)?.runId).toBe('last');
  expect(b.heard.length).toBeLessThan(10);
});

test('texts in any script that are longer than a notice, and columns of points with NaN, come as they were', async () => {
  const [a, b] = await two();
  const text = 'Я думаю 😀 "\\ '.repeat(1_400);
  const values = Float64Array.from({ length: 2_000 }, (_, i) => (i % 7 === 0 ? Number.NaN : i / 3));
  a.live.publish({ workspaceId: 'w', topic: 'comment', payload: { text } });
  a.live.publish({ workspaceId: 'w', topic: 'points', runId: 'r', payload: { key: 'loss', points: { values } } });
  await expect.poll(() => b.heard.length).toBe(2);
  expect(b.heard[0]?.payload).toEqual({ text });
  expect(b.heard[1]?.payload).toEqual({ key: 'loss', points: { values } });
});

test('what is far too large is left out, and what comes after it is not', async () => {
  const [a, b] = await two();
  a.live.publish({ workspaceId: 'w', topic: 'points', payload: 'x'.repeat(1_000_000) });
  a.live.publish(run('after'));
  await expect.poll(() => b.heard.map(({ topic }) => topic)).toEqual(['run']);
});

test('a server that stops is gone at once; one that falls silent is gone after three beats', async () => {
  const [a, b] = await two();
  await b.relay.stop();
  await expect.poll(() => a.servers.at(-1)).toBe(`gone ${b.relay.server}`);
  const [notice] = await database.sql`select pg_notify('cellkeep_live', ${`${JSON.stringify({ from: 'ghost', kind: 'beat' })}\n`}) as sent`;
  expect(notice).toBeDefined();
  await expect.poll(() => a.servers.slice(-2)).toEqual(['came ghost', 'gone ghost']);
});

test('a notice that is none keeps nobody from hearing the next', async () => {
  const [a, b] = await two();
  for (const text of [
    '',
    '{',
    'null',
    '{"from":"x","kind":"messages","part":3,"parts":5,"text":"]"}',
    '{"from":"x","kind":"messages","text":"{"}',
  ])
    await database.sql`select pg_notify('cellkeep_live', ${text})`;
  a.live.publish(run('after'));
  await expect.poll(() => b.heard.map(({ runId }) => runId)).toEqual(['after']);
});

test('alone, a server sends nothing but its beat', async () => {
  const notices: string[] = [];
  const { unlisten } = await database.sql.listen('cellkeep_live', (text) => notices.push(text));
  const a = await server({ gatheredFor: 5, beat: 60_000 });
  await expect.poll(() => notices.length).toBe(1);
  a.live.publish(run('1'));
  await a.relay.stop();
  await expect.poll(() => notices.map((text) => JSON.parse(text.split('\n', 1)[0] ?? '').kind)).toEqual(['beat', 'bye']);
  await unlisten();
});
