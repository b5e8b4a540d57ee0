import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { postgres } from '../../core/driver.ts';
import { testServer } from '../../testing/index.ts';
import { rowsOfModel } from '../testModels.ts';
import { type TestEndpoint, testEndpoint } from './testHost.ts';

const server = testServer();
const started: { child: ChildProcess; cache: string }[] = [];
afterEach(() => {
  for (const { child, cache } of started.splice(0)) {
    child.kill('SIGKILL');
    rmSync(cache, { recursive: true, force: true });
  }
});

const { columns, data } = rowsOfModel('carriers');
const row = JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, data[0]?.[i]])));
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

async function spawnHost(endpoint: TestEndpoint) {
  const cache = mkdtempSync(join(tmpdir(), 'cellkeep-host-'));
  const child = spawn(process.execPath, [MAIN], { stdio: ['pipe', 'pipe', 'pipe'] });
  started.push({ child, cache });
  const said = { out: '', err: '' };
  child.stdout?.on('data', (text) => {
    said.out += text;
  });
  child.stderr?.on('data', (text) => {
    said.err += text;
  });
  const task = {
    ...{ hostId: randomUUID(), endpointId: endpoint.id, databaseUrl: server().database.url, blobs: join(server().home, 'blobs'), cache },
    ...{ machine: 'test', host: '127.0.0.1', port: 0, python: '' },
  };
  child.stdin?.end(`${JSON.stringify(task)}\n`); // as if its server had died right after
  await expect.poll(() => said.out + (child.exitCode === null ? '' : said.err), { timeout: 60_000 }).toContain('\n');
  const port = /^ready on port (\d+)$/m.exec(said.out)?.[1];
  const ask = async () => {
    const headers = { authorization: `Bearer ${endpoint.secret}`, 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}/predict`, { method: 'POST', body: row, headers });
    await response.text();
    return response.status;
  };
  return { child, cache, said, ask };
}

const logged = async (endpoint: TestEndpoint): Promise<number> => {
  const [found] = await server().database.sql<{ n: number }[]>`
    select coalesce(sum(requests), 0)::int as n from prediction_chunks where endpoint_id = ${endpoint.id}`;
  return found?.n ?? 0;
};

// It starts from its sources, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

test('SIGTERM ends a host with 0, once everything that it was asked is answered and in the log', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  const { child, ask } = await spawnHost(endpoint);
  const statuses = await Promise.all(Array.from({ length: 50 }, ask));
  const last = Array.from({ length: 20 }, ask);
  await Promise.race(last);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const answered = await Promise.allSettled(last);
  expect(await exited).toEqual([0, null]);
  const ok = [...statuses, ...answered.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))];
  expect(new Set(ok)).toEqual(new Set([200]));
  expect(await logged(endpoint)).toBeGreaterThanOrEqual(ok.length);
  const [host] = await server().database.sql`select state from hosts where endpoint_id = ${endpoint.id}`;
  expect(host?.state).toBe('stopped');
});

test('while the database is away a host goes on, keeps its log, and writes it when the database is back; reset meanwhile, it ends', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  const { child, cache, said, ask } = await spawnHost(endpoint);
  expect(await ask()).toBe(200);
  const { url } = server().database;
  const name = new URL(url).pathname.slice(1);
  const admin = postgres(url.replace(name, 'postgres'), { max: 1 });
  const takeAway = async () => {
    await admin`alter database ${admin(name)} with allow_connections false`;
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and application_name = 'cellkeep host'`;
  };
  try {
    await takeAway();
    for (let i = 0; i < 30; i++) expect(await ask()).toBe(200);
    await expect.poll(() => said.err, { timeout: 10_000 }).toContain('the database does not answer');
  } finally {
    await admin`alter database ${admin(name)} with allow_connections true`;
  }
  await expect.poll(() => logged(endpoint), { timeout: 15_000 }).toBe(31);
  await expect.poll(() => said.err, { timeout: 10_000 }).toContain('the database is there again'); // said once all is written
  const exited = once(child, 'exit');
  try {
    rmSync(cache, { recursive: true });
    await takeAway();
    expect(await exited).toEqual([0, null]);
    expect(said.err).toContain('the home of its server was reset: this host ends');
  } finally {
    await admin`alter database ${admin(name)} with allow_connections true`;
    await admin.end();
  }
});
