import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contract, contract } from '@cellkeep/schema';
import type { Endpoint } from '@cellkeep/schema/deployment';
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { beforeAll, expect, test } from 'vitest';
import { rowsOfModel, storeModel } from '../../server/src/deployment/testModels.ts';
import type { TestServer } from '../../server/src/testing/index.ts';
import { processIsAlive, realServer, until } from './realServer.ts';

/** With real hosts and a real model, on one server that is killed and started again. */
const server = realServer({ CELLKEEP_ENDPOINTS: 'on' });
const client = (): ContractRouterClient<Contract> => {
  const { url, token } = server.process;
  return createORPCClient(new OpenAPILink(contract, { url: `${url}/api/v1`, headers: { authorization: `Bearer ${token}` } }));
};
const deployment = () => client().deployment;

const MODEL = 'late-flights';
beforeAll(async () => {
  const { url, token } = server.process;
  const as = { url, token, clientOf: client } as unknown as TestServer;
  const id = await storeModel(as, 'carriers');
  await client().registry.models.create({ name: MODEL });
  for (let version = 1; version <= 3; version++) await client().registry.versions.create({ name: MODEL, loggedModelId: id });
});

const { columns, data } = rowsOfModel('carriers');
const body = JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, data[0]?.[i]])));

const get = (name: string) => deployment().endpoints.get({ name });
const release = (endpoint: string, version: number) => deployment().releases.create({ endpoint, modelName: MODEL, version });
const whenLive = (name: string, version: number) =>
  until(
    `version ${version} is live`,
    async () => {
      const endpoint = await get(name);
      return (
        endpoint.releases.find(({ role, weight }) => role === 'live' && weight > 0)?.version === version &&
        endpoint.state === 'ready' &&
        endpoint
      );
    },
    60_000,
  );
async function endpoint(name: string): Promise<Endpoint> {
  await deployment().endpoints.create({ name });
  await release(name, 1);
  return whenLive(name, 1);
}

/** Asks over some connections, until it is stopped. @param pause ms between two requests of one connection */
function load(url: string, headers: Record<string, string>, { connections = 4, pause = 0 } = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const [statuses, versions, failed] = [new Map<number, number>(), new Map<string, number>(), [] as string[]];
  const count = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);
  let isOver = false;
  const ask = () =>
    new Promise<void>((resolve) => {
      const sent = request(url, {
        agent,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
      });
      const end = (error: unknown) => {
        failed.push(String(error));
        resolve();
      };
      sent.once('error', end).once('response', (answer) => {
        count(statuses, answer.statusCode ?? 0);
        count(versions, String(answer.headers['x-cellkeep-version']));
        text(answer).then(() => resolve(), end);
      });
      sent.end(body);
    });
  const running = Array.from({ length: connections }, async () => {
    while (!isOver) {
      await ask();
      if (pause > 0) await sleep(pause);
    }
  });
  return {
    statuses,
    versions,
    failed,
    async stop() {
      isOver = true;
      await Promise.all(running);
      agent.destroy();
    },
  };
}

test('releases take each other’s place under full load, and no request is lost', async () => {
  const name = 'swapped';
  const { directUrl } = await endpoint(name);
  const { secret } = await deployment().endpointTokens.create({ endpoint: name, label: 'load' });
  const direct = load(`${directUrl}/predict`, { authorization: `Bearer ${secret}` });
  const door = load(
    `${server.process.url}/endpoints/${name}/predict`,
    { authorization: `Bearer ${server.process.token}` },
    { connections: 2 },
  );
  await until('both are answered', () => direct.statuses.get(200) && door.statuses.get(200));
  // The second one as a canary, which goes its way by itself: counters of real hosts, judged by its plan.
  const plan = { steps: [0.3, 1], stepSeconds: 1, minRequests: 20, maxP95Ratio: 1_000, maxErrorShare: 0 };
  await deployment().releases.create({ endpoint: name, modelName: MODEL, version: 2, how: 'canary', plan });
  await whenLive(name, 2);
  await until('version 2 answers', () => direct.versions.get('2') && door.versions.get('2'));
  await deployment().releases.rollBack({ endpoint: name });
  await release(name, 3);
  await whenLive(name, 3);
  await until('version 3 answers', () => direct.versions.get('3') && door.versions.get('3'));
  await Promise.all([direct.stop(), door.stop()]);
  console.log('answers', Object.fromEntries(direct.versions), 'through the door', Object.fromEntries(door.versions));
  for (const { statuses, failed, versions } of [direct, door]) {
    expect(failed).toEqual([]);
    expect([...statuses.keys()]).toEqual([200]);
    expect([...versions.keys()].sort()).toEqual(['1', '2', '3']);
  }
});

test('kill -9 of one of two hosts under load: the door loses no request, the endpoint’s own address those that it was answering', async () => {
  const name = 'killed';
  await deployment().endpoints.create({ name, settings: { replicas: 2 } });
  await release(name, 1);
  await whenLive(name, 1);
  const restarted = (times: number) =>
    until(
      `hosts were started again: ${times}`,
      async () => {
        const { hosts, directUrl } = await get(name);
        const ready = hosts.filter(({ state }) => state === 'ready');
        return ready.length === 2 && ready.reduce((sum, { restarts }) => sum + restarts, 0) === times && { hosts, directUrl };
      },
      60_000,
    );
  const { hosts, directUrl } = await restarted(0);
  const other = await get('swapped');
  const asOwner = { authorization: `Bearer ${server.process.token}` };
  const spared = load(`${other.url}/predict`, asOwner, { connections: 2, pause: 10 });
  const connections = 16;
  const door = load(`${server.process.url}/endpoints/${name}/predict`, asOwner, { connections });
  const direct = load(`${directUrl}/predict`, asOwner, { connections });
  await until('both are answered', () => door.statuses.get(200) && direct.statuses.get(200));
  process.kill(hosts[0]?.pid ?? 0, 'SIGKILL');
  const [before, beside] = [door.statuses.get(200) ?? 0, direct.statuses.get(200) ?? 0];
  await until(
    'the other one answers both',
    () => (door.statuses.get(200) ?? 0) > before + 200 && (direct.statuses.get(200) ?? 0) > beside + 200,
  );
  await Promise.all([door.stop(), direct.stop(), spared.stop()]);
  for (const { statuses, failed } of [door, spared]) expect([[...statuses.keys()], failed]).toEqual([[200], []]);
  // One at most on each connection to the host that ended; asked again, the other one answers.
  expect([...direct.statuses.keys()]).toEqual([200]);
  expect(direct.failed.length).toBeLessThanOrEqual(connections);
  for (const error of direct.failed) expect(error).toMatch(/ECONNRESET|hang up|EPIPE/);
  console.log('lost on the direct address', direct.failed.length, 'of', direct.statuses.get(200));
  const again = await restarted(1);
  expect((await get('swapped')).hosts[0]?.pid).toBe(other.hosts[0]?.pid);
  await deployment().endpoints.delete({ name });
  await until('its hosts are gone', () => again.hosts.every(({ pid }) => !processIsAlive(pid)));
});

/** 0 while it is started again: its file is not there then. */
function pidOfPostgres(): number {
  try {
    return server.postgresPid();
  } catch {
    return 0;
  }
}

test('kill -9 of Postgres: hosts go on answering, and none is taken for one that hangs', async () => {
  const { hosts, directUrl } = await get('swapped');
  const { secret } = await deployment().endpointTokens.create({ endpoint: 'swapped', label: 'without a database' });
  const asking = load(`${directUrl}/predict`, { authorization: `Bearer ${secret}` }, { pause: 10 });
  const postgres = server.postgresPid();
  process.kill(postgres, 'SIGKILL');
  await until('another Postgres runs', () => pidOfPostgres() !== postgres && pidOfPostgres() !== 0);
  await until('the server reads it', async () => (await get('swapped').catch(() => null))?.state === 'ready');
  const answered = asking.statuses.get(200) ?? 0;
  await until('more is answered', () => (asking.statuses.get(200) ?? 0) > answered + 100);
  await asking.stop();
  expect([[...asking.statuses.keys()], asking.failed]).toEqual([[200], []]);
  expect((await get('swapped')).hosts).toMatchObject([{ pid: hosts[0]?.pid, restarts: 0 }]);
});

test('kill -9 of the server: its hosts go on answering, and the next server puts its own in their place without a request lost', async () => {
  const before = await get('swapped');
  const { secret } = await deployment().endpointTokens.create({ endpoint: 'swapped', label: 'load' });
  const asking = load(`${before.directUrl}/predict`, { authorization: `Bearer ${secret}` }, { pause: 5 });
  await until('it answers', () => asking.statuses.get(200));
  const pid = before.hosts[0]?.pid ?? 0;
  await server.process.kill();
  const answered = asking.statuses.get(200) ?? 0;
  await until('it answers without a server', () => (asking.statuses.get(200) ?? 0) > answered + 100);
  await server.start();
  const after = await until('a host of the new server is alone', async () => {
    const found = await get('swapped');
    return found.state === 'ready' && found.hosts.length === 1 && found.hosts[0]?.pid !== pid && found;
  });
  expect(processIsAlive(pid)).toBe(false);
  expect(after.directUrl).toBe(before.directUrl);
  const taken = asking.statuses.get(200) ?? 0;
  await until('the new host answers', () => (asking.statuses.get(200) ?? 0) > taken + 100);
  await asking.stop();
  expect([[...asking.statuses.keys()], asking.failed]).toEqual([[200], []]);
});

test('the endpoint’s own page is shown through the door to who may ask, under the server’s policy', async () => {
  const page = `${(await get('swapped')).url}/`;
  expect((await fetch(page)).status).toBe(401);
  const answer = await fetch(page, { headers: { authorization: `Bearer ${server.process.token}` } });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
  const document = await fetch(`${page}openapi.json`, { headers: { authorization: `Bearer ${server.process.token}` } });
  expect(await document.json()).toMatchObject({ openapi: '3.1.0', info: { title: 'swapped' } });
});

test('neither the database’s address nor a token stands where other processes can read it', async () => {
  const { hosts } = await get('swapped');
  for (const part of ['cmdline', 'environ']) {
    const said = readFileSync(`/proc/${hosts[0]?.pid}/${part}`, 'utf8');
    expect(said).not.toContain(server.process.token);
    expect(said).not.toMatch(/postgres/);
  }
});

test('a server that stops in order takes its hosts with it, and the next one starts them again', async () => {
  const pid = (await get('swapped')).hosts[0]?.pid ?? 0;
  expect(await server.process.terminate()).toBe(0);
  expect(processIsAlive(pid)).toBe(false);
  await server.start();
  const { url } = await whenLive('swapped', 3);
  const headers = { authorization: `Bearer ${server.process.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/predict`, { method: 'POST', body, headers });
  expect(answer.headers.get('x-cellkeep-version')).toBe('3');
});
