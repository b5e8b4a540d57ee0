// kill -9 of any part: what is watched comes back at once; what the launcher leaves behind, the next start takes over.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Home, isUp, type Launcher, launch, newHome, pidOf, stop } from './launcher.ts';

const PATIENCE = { timeout: 30_000, interval: 100 };

let home: Home;
let launcher: Launcher | undefined;
beforeEach(() => {
  home = newHome();
});
afterEach(async () => {
  if (launcher) await stop(launcher);
  expect(home.processes()).toEqual([]);
  home.remove();
});

const start = () => launch(['--json', '--port', '0', '--jupyter-port', '0', '--home', home.folder]);

test.each([
  ['the server', /cellkeep-server\.mjs serve/],
  ['JupyterLab', /-m jupyterlab/],
  ['Postgres', /postgres(\.exe)? -D|bin\/postgres /],
])('%s is back after kill -9', async (_name, words) => {
  launcher = start();
  const { server, jupyter, token } = await launcher.ready;
  const victim = pidOf(home, words);
  process.kill(victim, 'SIGKILL');
  await expect.poll(() => pidOfOrNone(words), PATIENCE).not.toBe(victim);
  await expect.poll(() => isUp(`${server}/api/v1/me`, token), PATIENCE).toBe(true);
  await expect.poll(() => isUp(jupyter ?? ''), PATIENCE).toBe(true);
});

test('after kill -9 of the launcher the next start stops what was left and is ready', async () => {
  launcher = start();
  const first = await launcher.ready;
  const left = home.processes().map(({ pid }) => pid);
  launcher.child.kill('SIGKILL');
  await launcher.ended;
  launcher = start();
  const second = await launcher.ready;
  expect(second.token).toBe(first.token);
  expect(await isUp(`${second.server}/api/v1/me`, second.token)).toBe(true);
  const now = home.processes().map(({ pid }) => pid);
  expect(now.filter((pid) => left.includes(pid))).toEqual([]);
});

test('after kill -9 of everything the next start is ready', async () => {
  launcher = start();
  await launcher.ready;
  for (const { pid } of home.processes()) process.kill(pid, 'SIGKILL');
  launcher.child.kill('SIGKILL');
  await launcher.ended;
  launcher = start();
  const { server, token } = await launcher.ready;
  expect(await isUp(`${server}/api/v1/me`, token)).toBe(true);
});

function pidOfOrNone(words: RegExp): number | null {
  try {
    return pidOf(home, words);
  } catch {
    return null;
  }
}
