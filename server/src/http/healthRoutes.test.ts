import postgres from 'postgres';
import { expect, test } from 'vitest';
import { startTestServer, testServer } from '../testing/index.ts';

const server = testServer();
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${server().url}${path}`, { headers });

test('health and ready need no token', async () => {
  const [health, ready] = [await get('/health'), await get('/ready')];
  expect([health.status, await health.text()]).toEqual([200, 'OK']);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
});

test('metrics need a token, also as the password of Basic', async () => {
  expect((await get('/metrics')).status).toBe(401);
  const basic = Buffer.from(`prometheus:${server().token}`).toString('base64');
  for (const authorization of [`Bearer ${server().token}`, `Basic ${basic}`]) {
    const response = await get('/metrics', { authorization });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain; version=0\.0\.4/)]);
  }
});

test('metrics count requests by how they ended, open WebSockets and live subscriptions', async () => {
  const { socket, close } = await server().connect();
  await get('/health');
  await get('/api/v1/me');
  const text = await (await get('/metrics', { authorization: `Bearer ${server().token}` })).text();
  expect(socket.readyState).toBe(socket.OPEN);
  for (const line of [
    /^cellkeep_request_seconds_count\{method="GET",status="2xx"\} \d+$/m,
    /status="4xx"\} [1-9]/,
    /^cellkeep_websockets 1$/m,
    /^cellkeep_live_subscriptions 0$/m,
    /^process_resident_memory_bytes \d/m,
  ]) {
    expect(text).toMatch(line);
  }
  await close();
});

test('without its database the server is alive, is not ready, and recovers', async () => {
  const alone = await startTestServer();
  const name = new URL(alone.database.url).pathname.slice(1);
  const admin = postgres(alone.database.url.replace(name, 'postgres'), { max: 1 });
  try {
    // Nobody may connect, and whoever is connected is thrown out: what a restart of Postgres looks like.
    await admin`alter database ${admin(name)} allow_connections false`;
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    const ready = await fetch(`${alone.url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'the database does not answer' }]);
    expect((await fetch(`${alone.url}/health`)).status).toBe(200);
  } finally {
    await admin`alter database ${admin(name)} allow_connections true`;
    await admin.end();
  }
  await expect.poll(async () => (await fetch(`${alone.url}/ready`)).status, { timeout: 10_000 }).toBe(200);
  await alone.client.access.me();
  await alone.close();
});
