import { type ClientRequest, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { newHome } from '../e2e/processes.ts';
import { listens, points, processIsAlive, RealServer, until } from './realServer.ts';
import { ingestWriter, logWriter, moreOfEach } from './writers.ts';

const server = new RealServer(newHome('faults'));
beforeAll(() => server.start());
afterAll(() => server.stop());

/** A request of which the server has half. */
function half(method: string, path: string, body: Buffer, type = 'application/json') {
  const { url, token } = server.process;
  const headers = { authorization: `Bearer ${token}`, 'content-type': type, 'content-length': body.length, connection: 'close' };
  const sent: ClientRequest = request(`${url}/api/v1${path}`, { method, headers, agent: false });
  const answer = new Promise<{ status: number; body: string }>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => void text(response).then((body) => resolve({ status: response.statusCode ?? 0, body })));
  });
  const middle = Math.floor(body.length / 2);
  const begun = new Promise<void>((resolve) => sent.write(body.subarray(0, middle), () => resolve()));
  return { answer, begun, finish: () => sent.end(body.subarray(middle)) };
}

test('SIGTERM: requests under way are answered and stored, new ones refused, live connections told; exit code 0; the next start is quick', async () => {
  const run = await server.newRun();
  const logs = Array.from({ length: 8 }, (_, i) =>
    half('POST', `/runs/${run}/log`, Buffer.from(JSON.stringify({ series: [points(`k${i}`, 0, 500)] }))),
  );
  const upload = half('PUT', `/runs/${run}/artifacts/files/late.bin`, Buffer.alloc(2_000_000, 7), 'application/octet-stream');
  const requests = [...logs, upload];
  await Promise.all(requests.map(({ begun }) => begun));
  const socket = new WebSocket(`${server.process.url.replace('http', 'ws')}/api/v1/rpc`, {
    headers: { authorization: `Bearer ${server.process.token}` },
  });
  await new Promise((resolve) => socket.once('open', resolve));
  const told = new Promise<number>((resolve) => socket.once('close', resolve));

  const postgres = server.postgresPid();
  const ended = server.process.terminate();
  await until('it takes no new connections', async () => !(await listens(server.process.port)), 5_000);
  for (const { finish } of requests) finish();
  const answers = await Promise.all(requests.map(({ answer }) => answer));
  expect(answers.map(({ status }) => status)).toEqual([...logs.map(() => 200), 201]);
  expect(await told, 'close code "going away"').toBe(1001);
  expect(await ended, 'exit code').toBe(0);
  expect(processIsAlive(postgres), 'Postgres runs').toBe(false);

  const ready = await server.start();
  console.log(`ready again after ${Math.round(ready)} ms`);
  expect(ready, 'ms; a second start is ready in 5 s on a quiet machine').toBeLessThan(30_000);
  for (let i = 0; i < logs.length; i++) expect((await server.history(run, `k${i}`)).total).toBe(500);
  expect(await server.ask('GET', `/runs/${run}/artifacts`)).toMatchObject({ artifacts: [{ path: 'late.bin', size: 2_000_000 }] });
});

test('SIGTERM while many write: what was acknowledged is there after the next start, and nobody was answered an error of ours', async () => {
  const writers = await Promise.all([ingestWriter(server), ingestWriter(server), logWriter(server), logWriter(server)]);
  await moreOfEach(writers, 5);
  expect(await server.process.terminate()).toBe(0);
  await server.start();
  await moreOfEach(writers, 3);
  await Promise.all(writers.map((writer) => writer.stop()));
  for (const writer of writers) {
    await writer.check(true);
    expect([...writer.answers.keys()].filter((status) => ![0, 200, 503].includes(status))).toEqual([]);
  }
});

test('a request that never ends does not keep the server from stopping', async () => {
  const run = await server.newRun();
  const endless = half('POST', `/runs/${run}/log`, Buffer.from(JSON.stringify({ series: [points('k', 0, 100)] })));
  const broken = expect(endless.answer).rejects.toBeDefined();
  await endless.begun;
  const before = performance.now();
  expect(await server.process.terminate()).toBe(0);
  expect(performance.now() - before, 'ms').toBeLessThan(30_000);
  await broken;
  await server.start();
  expect((await server.history(run, 'k')).total).toBe(0);
});
