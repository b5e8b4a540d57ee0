import { spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { type Identity, identify, isAlive } from './processes.mjs';
import { Program } from './program.mjs';

let program: Program<number> | undefined;
afterEach(async () => {
  await program?.stop(0);
});

function newProgram(script: string) {
  const launched: Identity[] = [];
  const again: number[] = [];
  let cleanedUp = 0;
  program = new Program<number>({
    name: 'the sleeper',
    launch: () => {
      const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
      return { child, ready: Promise.resolve(child.pid ?? 0) };
    },
    onLaunch: (identity: Identity) => launched.push(identity),
    onReadyAgain: (pid: number) => again.push(pid),
    cleanUp: async () => {
      cleanedUp += 1;
    },
  });
  return { program, launched, again, cleanedUp: () => cleanedUp };
}

test('a program that is killed is started again, and its new process is noted', async () => {
  const { program, launched, again } = newProgram('setInterval(() => {}, 1000)');
  const first = await program.start();
  process.kill(first, 'SIGKILL');
  await expect.poll(() => again.length, { timeout: 5_000 }).toBe(1);
  expect(launched.map(({ pid }) => pid)).toEqual([first, again[0]]);
});

test('a stopped program stays stopped, and is cleaned up after', async () => {
  const { program, launched, cleanedUp } = newProgram('setInterval(() => {}, 1000)');
  const pid = await program.start();
  const identity = identify(pid);
  expect(await program.stop()).toBe(true);
  expect(isAlive(identity)).toBe(false);
  expect([launched.length, cleanedUp()]).toEqual([1, 1]);
});

test('a program that ends at once is tried again after a longer pause each time', async () => {
  const { program, launched } = newProgram('process.exit(3)');
  const since = performance.now();
  await program.start();
  await expect.poll(() => launched.length, { timeout: 5_000 }).toBe(3);
  expect(performance.now() - since).toBeGreaterThan(1_500); // 0.5 s and 1 s
});
