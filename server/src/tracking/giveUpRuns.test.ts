import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/index.ts';
import { giveUpRuns, lostAfter } from './giveUpRuns.ts';

const PATIENCE = 60_000;
let server: TestServer;
let clock = 1_000_000_000_000;
const later = (ms: number) => {
  clock += ms;
};

beforeAll(async () => {
  server = await startTestServer({ now: () => clock });
  later(PATIENCE * 2); // the server has been there long enough to have heard everybody
});
afterAll(() => server.close());

async function liveRun() {
  const sessionId = randomUUID();
  const writer = randomUUID();
  const id = randomUUID().replaceAll('-', '');
  let seq = 0;
  const send = (...records: unknown[]) => server.client.tracking.ingest({ writer, seq: ++seq, records });
  await send({ type: 'session.start', session: { id: sessionId, kind: 'script', notebookPath: null, startedAt: clock } });
  await send({ type: 'run.create', run: { id, startedAt: clock, source: { sessionId } } });
  return { id, sessionId, send };
}
const stateOf = async (id: string) => {
  const { status, endedAt } = await server.client.tracking.runs.get({ id });
  return { status, endedAt };
};

test('a run whose process is silent is lost since it was last heard of, and lives again with its next word', async () => {
  const { id, send } = await liveRun();
  const heard = clock;
  later(PATIENCE - 1_000);
  await giveUpRuns(server.services, PATIENCE);
  expect((await stateOf(id)).status).toBe('running');
  later(2_000);
  expect(await giveUpRuns(server.services, PATIENCE)).toBe(1);
  expect(await stateOf(id)).toEqual({ status: 'lost', endedAt: heard });
  await send({ type: 'heartbeat', runIds: [id] });
  expect(await stateOf(id)).toEqual({ status: 'running', endedAt: null });
});

test('heartbeats and points keep it alive', async () => {
  const { id, send } = await liveRun();
  for (const record of [
    { type: 'heartbeat', runIds: [id] },
    { type: 'points', runId: id, series: [] },
  ]) {
    later(PATIENCE - 1_000);
    await send(record);
    await giveUpRuns(server.services, PATIENCE);
    expect((await stateOf(id)).status).toBe('running');
  }
});

test('where the session ended in order, its open run is finished, not lost', async () => {
  const { id, sessionId, send } = await liveRun();
  const ended = clock + 5;
  await send({ type: 'session.end', sessionId, at: ended });
  later(PATIENCE + 1_000);
  await giveUpRuns(server.services, PATIENCE);
  expect(await stateOf(id)).toEqual({ status: 'finished', endedAt: ended });
});

test('records that a dead process left are heard late: the run ended with its last point', async () => {
  const { id, send } = await liveRun();
  const last = clock - 2 * 86_400_000;
  await send(
    { type: 'run.create', run: { id, source: {} } },
    { type: 'points', runId: id, series: [{ key: 'a', steps: [1], times: [clock - 7], values: [1] }] },
  );
  await server.services.sql`update runs set started_at = ${last - 1_000} where id = ${id}`;
  await server.services.sql`update series set last_time = ${last} where run_id = ${id}`;
  later(PATIENCE + 1_000);
  await giveUpRuns(server.services, PATIENCE);
  expect(await stateOf(id)).toEqual({ status: 'lost', endedAt: last });
});

test('a run that no process stands behind waits for ever', async () => {
  const { id } = await server.client.tracking.runs.create({});
  later(PATIENCE * 100);
  await giveUpRuns(server.services, PATIENCE);
  expect((await stateOf(id)).status).toBe('running');
});

test('a server that has just started gives nobody up: nobody could reach it', async () => {
  const { id } = await liveRun();
  later(PATIENCE * 2);
  expect(await giveUpRuns({ ...server.services, startedAt: clock - PATIENCE / 2 }, PATIENCE)).toBe(0);
  expect((await stateOf(id)).status).toBe('running');
});

test.each([
  [undefined, 60_000],
  ['5', 5_000],
  ['x', 60_000],
  ['-1', 60_000],
])('CELLKEEP_LOST_AFTER_SECONDS=%s means %i ms', (given, ms) => {
  expect(lostAfter({ CELLKEEP_LOST_AFTER_SECONDS: given })).toBe(ms);
});
