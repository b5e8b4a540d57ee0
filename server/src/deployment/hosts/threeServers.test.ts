/** Three servers of one database, each with hosts of its own, and a client that goes from one to the next as a load balancer leads it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '@cellkeep/schema/deployment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer, type Running } from '../../main.ts';
import { testServer } from '../../testing/index.ts';
import { registerModel, rowsOfModel, storeModel } from '../testModels.ts';

const folder = mkdtempSync(join(tmpdir(), 'cellkeep-three-'));
const env = { ...process.env, CELLKEEP_ENDPOINTS: 'on', CELLKEEP_BLOBS: join(folder, 'blobs') };
const server = testServer({ env });
const others: Running[] = [];
beforeAll(async () => {
  for (const name of ['second', 'third'])
    others.push(await createServer({ home: join(folder, name), databaseUrl: server().database.url, env }));
});
afterAll(async () => {
  await Promise.all(others.map(({ close }) => close()));
  rmSync(folder, { recursive: true, force: true });
});

const name = 'shared';
const deployment = () => server().client.deployment;
const { columns, data } = rowsOfModel('carriers');
const body = JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, data[0]?.[i]])));
const headers = () => ({ authorization: `Bearer ${server().token}`, 'content-type': 'application/json' });

async function until(isSo: (endpoint: Endpoint) => boolean): Promise<Endpoint> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await deployment().endpoints.get({ name });
    if (isSo(found)) return found;
    await sleep(50);
  }
  throw new Error(`it did not become so: ${JSON.stringify(await deployment().endpoints.get({ name }))}`);
}
const live = ({ releases }: Endpoint) => releases.find(({ role, weight }) => role === 'live' && weight > 0)?.version;

test('three servers serve one endpoint: each runs its hosts, one moves the traffic, and one may go without a request lost', async () => {
  const model = await storeModel(server(), 'carriers');
  for (let i = 0; i < 2; i++) await registerModel(server(), 'carriers', model);
  await deployment().endpoints.create({ name });
  await deployment().releases.create({ endpoint: name, modelName: 'carriers', version: 1 });
  const { hosts, directUrl } = await until((found) => found.state === 'ready' && found.hosts.length === 3);
  expect(new Set(hosts.map(({ machine }) => machine)).size).toBe(3);
  expect(new Set(hosts.map(({ address }) => `http://${address}`))).toEqual(new Set([directUrl]));

  const doors = [server(), ...others].map(({ url }) => `${url}/endpoints/${name}/predict`);
  const statuses: number[][] = [[], [], []];
  let isOver = false;
  const asking = (async () => {
    for (let turn = 0; !isOver; turn = (turn + 1) % doors.length) {
      const answer = await fetch(doors[turn] as string, { method: 'POST', body, headers: headers() });
      await answer.arrayBuffer();
      statuses[turn]?.push(answer.status);
    }
  })();
  await deployment().releases.create({ endpoint: name, modelName: 'carriers', version: 2 });
  await until((found) => live(found) === 2);
  const { events } = await server().client.governance.events({ what: 'release.begun' });
  expect(events, 'each release begins once, whichever server moves it').toHaveLength(2);

  doors.pop(); // the balancer leads nobody there any more
  await others.pop()?.close();
  const { hosts: left } = await until((found) => found.hosts.length === 2 && found.state === 'ready');
  expect(hosts.map(({ pid }) => pid)).toEqual(expect.arrayContaining(left.map(({ pid }) => pid)));
  const before = statuses[1]?.length ?? 0;
  await expect.poll(() => (statuses[1]?.length ?? 0) - before, { timeout: 10_000 }).toBeGreaterThan(10);
  isOver = true;
  await asking;
  expect(statuses.map((one) => [...new Set(one)])).toEqual([[200], [200], [200]]);
}, 60_000);
