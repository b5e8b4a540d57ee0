// `npm start` as a person sees it: addresses that log in, an orderly end, a second start that remembers.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Home, isUp, type Launcher, launch, newHome, stop } from './launcher.ts';

let home: Home;
let launcher: Launcher | undefined;
beforeEach(() => {
  home = newHome();
});
afterEach(async () => {
  if (launcher) await stop(launcher, 'SIGTERM');
  expect(home.processes()).toEqual([]);
  home.remove();
});

const start = (...args: string[]) => launch(['--json', '--port', '0', '--jupyter-port', '0', '--home', home.folder, ...args]);

async function openKernel(jupyter: string): Promise<void> {
  const { origin, searchParams } = new URL(jupyter);
  const headers = { authorization: `token ${searchParams.get('token')}` };
  const answer = await fetch(`${origin}/api/kernels`, { method: 'POST', headers, body: '{}' });
  expect(answer.status).toBe(201);
}

test('both addresses log the person in, and no token stands on a command line', async () => {
  launcher = start();
  const { server, jupyter, token } = await launcher.ready;
  expect(await isUp(`${server}/api/v1/me`, token)).toBe(true);
  const lab = await fetch(jupyter ?? '');
  expect([lab.status, lab.url]).toEqual([200, expect.stringContaining('/lab')]);
  const jupyterToken = new URL(jupyter ?? '').searchParams.get('token');
  const commandLines = home.processes().map(({ words }) => words.join(' '));
  expect(commandLines.length).toBeGreaterThan(2);
  for (const line of commandLines) {
    expect(line).not.toContain(token);
    expect(line).not.toContain(jupyterToken);
  }
});

test('JupyterLab reaches the server through its own port', async () => {
  launcher = start();
  const { jupyter } = await launcher.ready;
  const { origin, searchParams } = new URL(jupyter ?? '');
  const answer = await fetch(`${origin}/cellkeep/api/v1/me`, { headers: { authorization: `token ${searchParams.get('token')}` } });
  expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ user: expect.anything() })]);
});

test('Ctrl-C stops kernels, JupyterLab, server and Postgres, and says so', async () => {
  launcher = start();
  const { jupyter } = await launcher.ready;
  await openKernel(jupyter ?? '');
  expect(home.processes().some(({ words }) => words.some((word) => /kernel-.*\.json/.test(word)))).toBe(true);
  const { code, stderr } = await stop(launcher, 'SIGINT');
  expect([code, stderr]).toEqual([0, expect.stringContaining('stopping')]);
  expect(home.processes()).toEqual([]);
});

test('a second start has the same token and stands by itself', async () => {
  launcher = start();
  const first = await launcher.ready;
  await stop(launcher);
  launcher = start();
  const second = await launcher.ready;
  expect(second.token).toBe(first.token);
  expect(await isUp(`${second.server}/api/v1/me`, second.token)).toBe(true);
});

test('--server-only starts no JupyterLab', async () => {
  launcher = start('--server-only');
  const { jupyter, server } = await launcher.ready;
  expect([jupyter, await isUp(`${server}/health`)]).toEqual([null, true]);
  expect(home.processes().some(({ words }) => words.includes('jupyterlab'))).toBe(false);
});
