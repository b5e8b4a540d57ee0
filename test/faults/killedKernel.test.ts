import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkout } from '../e2e/processes.ts';
import { processIsAlive, realServer, until, valueAt } from './realServer.ts';

const server = realServer({ CELLKEEP_LOST_AFTER_SECONDS: '2' });
const python = join(process.env.CELLKEEP_VENV ?? join(checkout, '.venv'), 'bin/python');

let home = '';
let driver: ChildProcess | null = null;
let kernelPid = 0;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cellkeep-faults-kernel-'));
});
afterEach(async () => {
  if (driver && driver.exitCode === null) {
    const exit = once(driver, 'exit');
    driver.stdin?.end();
    await exit;
  }
  driver = null;
  expect(kernelPid > 0 && processIsAlive(kernelPid), 'the kernel runs').toBe(false);
  rmSync(home, { recursive: true, force: true });
});

const environment = () => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(CELLKEEP|JPY)_/.test(name))),
  CELLKEEP_URL: server.process.url,
  CELLKEEP_TOKEN: server.process.token,
  CELLKEEP_HOME: home,
  CELLKEEP_CONFIG: join(home, 'config.json'),
  CELLKEEP_SYSTEM_INTERVAL: '0',
  IPYTHONDIR: join(home, 'ipython'),
});

interface Told {
  kernel?: number;
  run?: string;
  /** steps below this one are in the spool */
  spooled?: number;
}

/** A real kernel that logs for ever; `told` joins what it has said so far. */
async function startKernel(): Promise<Told> {
  const child = spawn(python, [join(checkout, 'test/faults/kernel.py')], { env: environment(), stdio: ['pipe', 'pipe', 'inherit'] });
  driver = child;
  const told: Told = {};
  createInterface({ input: child.stdout }).on('line', (line) => Object.assign(told, JSON.parse(line)));
  await until('the kernel logs', () => (told.spooled ?? 0) > 0, 60_000);
  kernelPid = told.kernel ?? 0;
  return told;
}

interface Run {
  status: string;
  endedAt: number | null;
}
const runOf = async (id: string | undefined) => (await server.send<Run>('GET', `/runs/${id}`)).body;

test('kill -9 of a kernel: its run is lost after a silence and lives again when it is heard of; a run of the plain API stays as it is', async () => {
  const plain = await server.newRun({ name: 'made by an API call' });
  const told = await startKernel();
  await until('some points have arrived', async () => (await server.history(told.run ?? '', 'loss')).total > 100);
  expect(await runOf(told.run)).toMatchObject({ status: 'running' });
  const spooled = told.spooled ?? 0;
  process.kill(kernelPid, 'SIGKILL');
  const lost = await until('the run is lost', async () => ((await runOf(told.run)).status === 'lost' ? runOf(told.run) : null), 15_000);
  expect((await lost).endedAt).not.toBeNull();
  // What it had not sent lies in its spool; the next process of this user brings it.
  sync();
  const { steps, values } = await server.history(told.run ?? '', 'loss');
  expect(steps.length).toBeGreaterThanOrEqual(spooled);
  expect(steps).toEqual(steps.map((_, i) => i));
  expect(values).toEqual(steps.map(valueAt));

  const writer = randomUUID();
  await server.ask('POST', '/ingest', { writer, seq: 1, records: [{ type: 'heartbeat', runIds: [told.run] }] });
  expect(await runOf(told.run)).toMatchObject({ status: 'running', endedAt: null });
  await until('it is lost again', async () => (await runOf(told.run)).status === 'lost', 15_000);
  expect(await runOf(plain), 'who never beats is not missed').toMatchObject({ status: 'running' });
});

test('kill -9 of a kernel while the server is away, too: all that reached its spool arrives, once, by the hand of another process', async () => {
  const told = await startKernel();
  await server.process.kill();
  const before = told.spooled ?? 0;
  await until('it logs on without a server', () => (told.spooled ?? 0) > before + 500);
  const spooled = told.spooled ?? 0;
  process.kill(kernelPid, 'SIGKILL');
  await server.start();
  sync();
  const { steps, values } = await server.history(told.run ?? '', 'loss');
  expect(steps.length).toBeGreaterThanOrEqual(spooled);
  expect(steps).toEqual(steps.map((_, i) => i));
  expect(values).toEqual(steps.map(valueAt));
  expect(readdirSync(join(home, 'spool')), 'spools that nobody needs any more').toEqual([]);
  await until('the run is lost', async () => (await runOf(told.run)).status === 'lost', 15_000);
});

function sync(): void {
  const { status, stderr } = spawnSync(python, ['-m', 'cellkeep', 'sync'], { env: environment(), encoding: 'utf8' });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
}
