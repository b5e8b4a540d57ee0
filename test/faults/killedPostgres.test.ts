import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { type RealServer, realServer, until } from './realServer.ts';
import { artifactWriter, ingestWriter, logWriter, moreOfEach, type Writer } from './writers.ts';

const server = realServer();
let writers: Writer[] = [];

afterEach(async () => {
  await Promise.allSettled(writers.map((writer) => writer.stop()));
});

const startWriters = async () => {
  writers = await Promise.all([
    ...Array.from({ length: 3 }, () => ingestWriter(server)),
    ...Array.from({ length: 3 }, () => logWriter(server)),
    artifactWriter(server),
  ]);
  await moreOfEach(writers, 3);
};

/** Nobody was answered anything but success or "try again", and all is there once. */
async function checkWriters(): Promise<void> {
  await Promise.all(writers.map((writer) => writer.stop()));
  for (const writer of writers) {
    await writer.check(true);
    expect(
      [...writer.answers.keys()].filter((status) => ![200, 201, 503].includes(status)),
      'statuses',
    ).toEqual([]);
    expect([...writer.codes].filter((code) => code !== 'SERVICE_UNAVAILABLE')).toEqual([]);
    expect(writer.longest, 'ms that one request waited').toBeLessThan(15_000);
  }
}

/** Postgres processes that serve a connection. */
function backends(of: RealServer): number[] {
  const postmaster = of.postgresPid();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
        return parent === postmaster && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('cellkeep cellkeep');
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function killPostgresAndWait(): Promise<number> {
  const { pid } = server.process;
  const postmaster = server.postgresPid();
  process.kill(postmaster, 'SIGKILL');
  const before = performance.now();
  await until('Postgres runs again', () => readPid() !== null && readPid() !== postmaster && isReady());
  expect(server.process.pid).toBe(pid);
  expect(await server.isAlive()).toBe(true);
  return performance.now() - before;
}

const readPid = (): number | null => {
  try {
    return server.postgresPid();
  } catch {
    return null;
  }
};
const isReady = async () => (await fetch(`${server.process.url}/ready`)).ok;

test('kill -9 of Postgres while many write: the server starts it again by itself, says "try again" meanwhile and loses nothing', async () => {
  await startWriters();
  for (let round = 0; round < 2; round++) {
    const away = await killPostgresAndWait();
    console.log(`round ${round}: Postgres away for ${Math.round(away)} ms`);
    await moreOfEach(writers, 3);
  }
  await checkWriters();
});

test('kill -9 of single connections of Postgres, which makes it restart within itself, is survived the same way', async () => {
  await startWriters();
  const pids = await until('there are connections', () => (backends(server).length > 0 ? backends(server) : null));
  process.kill(pids[0]!, 'SIGKILL');
  await moreOfEach(writers, 3);
  await checkWriters();
});

test('a Postgres that outlived its killed server is watched too: killed, it is started again', async () => {
  const postmaster = server.postgresPid();
  await server.process.kill();
  await server.start();
  expect(server.postgresPid(), 'the new server goes on with the Postgres that ran').toBe(postmaster);
  await startWriters();
  await killPostgresAndWait();
  await moreOfEach(writers, 3);
  await checkWriters();
});

test('while Postgres stands still the server answers health and says that it is not ready; then it goes on', async () => {
  const postmaster = server.postgresPid();
  const frozen = [...backends(server), postmaster];
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  try {
    expect(await server.isAlive()).toBe(true);
    expect(await isReady()).toBe(false);
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT');
  }
  await until('it is ready again', isReady);
});

test('live changes and the audit log go on after it', async () => {
  const run = await server.newRun({ name: 'after the crashes' });
  expect(await server.ask('GET', `/runs/${run}`)).toMatchObject({ name: 'after the crashes' });
  expect(await server.ask('POST', '/events/verify')).toMatchObject({ brokenAt: null });
  // Changes to tokens reach the server by LISTEN, over a connection that was killed: a new token is known, a revoked one is refused.
  const secret = await server.tokenOf('viewer');
  expect((await server.send('GET', '/me', undefined, { token: secret })).status).toBe(200);
  const { tokens } = await server.ask<{ tokens: { id: string; prefix: string }[] }>('GET', '/tokens');
  await server.ask('DELETE', `/tokens/${tokens.find(({ prefix }) => secret.startsWith(prefix))?.id}`);
  await until(
    'the revoked token is refused',
    async () => (await server.send('GET', '/me', undefined, { token: secret })).status === 401,
    5_000,
  );
});
