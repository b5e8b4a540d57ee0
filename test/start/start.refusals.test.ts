// What `npm start` refuses: one clear line, exit code 1 (2 for a wrong option), nothing left running.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Home, type Launcher, launch, newHome, stop } from './launcher.ts';

let home: Home;
let launcher: Launcher | undefined;
let squatter: Server | undefined;
beforeEach(() => {
  home = newHome();
});
afterEach(async () => {
  squatter?.close();
  squatter = undefined;
  if (launcher) await stop(launcher);
  launcher = undefined;
  expect(home.processes()).toEqual([]);
  home.remove();
});

async function takePort(): Promise<number> {
  squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const address = squatter.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const ours = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('cellkeep: '));

test('--help tells the options and starts nothing', async () => {
  const { code, stdout } = await launch(['--help']).ended;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/--server-only[\s\S]*--json/)]);
});

test('an unknown option is named, with the way to the known ones', async () => {
  const { code, stdout, stderr } = await launch(['--prot', '1']).ended;
  expect([code, stdout, ours(stderr)]).toEqual([2, '', [expect.stringMatching(/'--prot'.*--help/)]]);
});

test.each([
  ['--port', 'the server'],
  ['--jupyter-port', 'JupyterLab'],
])('a taken %s is named, with how to choose another', async (option, what) => {
  const port = await takePort();
  const others = option === '--port' ? ['--jupyter-port', '0'] : ['--port', '0'];
  const { code, stderr } = await launch([option, String(port), ...others, '--home', home.folder, '--no-browser']).ended;
  expect([code, ours(stderr)]).toEqual([1, [expect.stringContaining(`port ${port} for ${what} is taken`)]]);
});

test('a home that is a file is refused', async () => {
  const file = join(home.folder, 'file');
  writeFileSync(file, '');
  const { code, stderr } = await launch(['--port', '0', '--home', file, '--server-only', '--no-browser']).ended;
  expect([code, ours(stderr)]).toEqual([1, [expect.stringContaining('choose another --home')]]);
});

test('what the server says before it gives up is passed on', async () => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
  const { code, stderr } = await launch(['--port', '0', '--home', home.folder, '--server-only', '--no-browser'], env).ended;
  expect([code, ours(stderr)]).toEqual([1, [expect.stringMatching(/127\.0\.0\.1:1|ECONNREFUSED|DATABASE_URL/)]]);
});

test('a second launcher in the same home is told where the first one runs', async () => {
  launcher = launch(['--json', '--server-only', '--port', '0', '--home', home.folder]);
  const { server } = await launcher.ready;
  const { code, stderr } = await launch(['--server-only', '--port', '0', '--home', home.folder, '--no-browser']).ended;
  expect([code, ours(stderr)]).toEqual([1, [expect.stringContaining(`already running at ${server}`)]]);
});
