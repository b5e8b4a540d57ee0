import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify, isAlive, processesGiven, stopProcess } from './processes.mjs';

const sleeper = (script = 'setInterval(() => {}, 1000)', ...words: string[]) =>
  spawn(process.execPath, ['-e', `${script}; process.stdout.write('up')`, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });

test('a process is alive from its start until it was asked to stop', async () => {
  const child = sleeper();
  const identity = identify(child.pid ?? 0);
  expect(isAlive(identity)).toBe(true);
  expect(await stopProcess(identity!)).toBe(true);
  expect(isAlive(identity)).toBe(false);
});

test('another process with the same number is not taken for it', async () => {
  const child = sleeper();
  const real = identify(child.pid ?? 0)!;
  const other = { ...real, began: 'another boot:1' };
  expect(isAlive(other)).toBe(false);
  await stopProcess(other);
  expect(isAlive(real)).toBe(true);
  await stopProcess(real);
});

test('a process that does not stop when asked is killed', async () => {
  const child = sleeper("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
  await once(child.stdout, 'data');
  const identity = identify(child.pid ?? 0)!;
  expect(await stopProcess(identity, { patience: 100 })).toBe(false);
  expect(isAlive(identity)).toBe(false);
});

test('a child that ended and was not collected yet counts as gone', async () => {
  const child = sleeper();
  const identity = identify(child.pid ?? 0)!;
  process.kill(identity.pid, 'SIGKILL');
  await expect.poll(() => isAlive(identity)).toBe(false);
});

test('kernels are found by the connection file that they were given, and nothing else is', async () => {
  const runtime = '/tmp/cellkeep-processes-test/runtime/kernel-';
  const kernel = sleeper(undefined, '--', '-f', `${runtime}1.json`);
  const spacer = sleeper(undefined, '--', '/tmp/cellkeep-processes-test/runtime/other.json');
  await Promise.all([once(kernel.stdout, 'data'), once(spacer.stdout, 'data')]);
  expect(processesGiven(runtime).map(({ pid }) => pid)).toEqual([kernel.pid]);
  for (const child of [kernel, spacer]) await stopProcess(identify(child.pid ?? 0)!);
});
