// What `npm run build` leaves, installed by somebody who has no checkout: the server from its tarball, the bridge and the extension from
// their wheels, in a Jupyter that was already there.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumFlags } from '../e2e/chromiumFlags.ts';
import { bareEnv, build, dist, execute, freePort, makeBareEnvironment, type RunningProgram, startProgram } from './bareEnvironment.ts';

const NEW_PAGE = 60_000; // ms; a first JupyterLab page compiles much

let folder: string;
let bin: string;
let server: RunningProgram;
let address: { server: string; token: string };
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cellkeep-wheels-'));
  await build();
  const wheels = [dist(/^cellkeep-[\d.]+.*\.whl$/), dist(/^cellkeep_jupyterlab-.*\.whl$/)];
  const serverFolder = join(folder, 'server');
  mkdirSync(serverFolder);
  const install = execute('npm', ['install', '--no-audit', '--no-fund', '--prefix', serverFolder, dist(/^cellkeep-server-.*\.tgz$/)], {
    cwd: serverFolder,
    env: { ...bareEnv(folder), ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  [bin] = await Promise.all([makeBareEnvironment(join(folder, 'venv'), wheels), install]);
  server = await startProgram(
    join(serverFolder, 'node_modules/.bin/cellkeep-server'),
    ['serve', '--json', '--port', '0', '--home', join(folder, 'home')],
    {
      cwd: serverFolder,
      env: bareEnv(folder),
      until: /^\{"server"/,
    },
  );
  address = JSON.parse(server.line);
  browser = await chromium.launch({
    executablePath: process.env.CELLKEEP_CHROMIUM ?? '/usr/bin/chromium',
    args: chromiumFlags,
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the server hands out its UI and its OpenAPI document', async () => {
  const page = await fetch(`${address.server}/`, { headers: { accept: 'text/html' } });
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<base')]);
  const document = await fetch(`${address.server}/api/v1/openapi.json`, { headers: { authorization: `Bearer ${address.token}` } });
  expect(await document.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
  for (const path of ['docs', 'docs/page.js', 'docs/page.css']) expect((await fetch(`${address.server}/api/v1/${path}`)).status).toBe(200);
});

test('the tarball and the wheels hold no tests', async () => {
  const listed = await execute('tar', ['-tf', dist(/^cellkeep-server-.*\.tgz$/)]);
  const wheels = await Promise.all(
    [dist(/^cellkeep-[\d.]+.*\.whl$/), dist(/^cellkeep_jupyterlab-.*\.whl$/)].map((wheel) =>
      execute(join(bin, 'python'), ['-m', 'zipfile', '-l', wheel]),
    ),
  );
  const names = [listed, ...wheels].flatMap(({ stdout }) => stdout.split('\n'));
  expect(names.length).toBeGreaterThan(50);
  expect(names).toContain('package/server/dist/cellkeep-host.mjs');
  expect(names.filter((name) => /(^|\/)tests?\/|\.test\.|test_/.test(name))).toEqual([]);
});

type Told = (home: string) => Promise<NodeJS.ProcessEnv>;

const byVariables: Told = async (home) => bareEnv(home, { CELLKEEP_URL: address.server, CELLKEEP_TOKEN: address.token });

const byLogin: Told = async (home) => {
  await execute(join(bin, 'cellkeep'), ['login', address.server, '--token', address.token], { env: bareEnv(home) });
  expect(readdirSync(join(home, '.config/cellkeep'))).toEqual(['config.json']);
  return bareEnv(home);
};

// Each application once and each way to tell it of the server once: neither knows of the other.
describe.each([
  ['JupyterLab', 'CELLKEEP_URL and CELLKEEP_TOKEN', 'lab', '/lab', byVariables],
  ['Notebook 7', '`cellkeep login`', 'notebook', '/notebooks/first.ipynb', byLogin],
])('%s, by %s', (_name, _way, app, path, told) => {
  let home: string;
  let page: Page;
  let jupyter: RunningProgram | undefined;
  beforeEach(() => {
    home = mkdtempSync(join(folder, `${app}-`));
    mkdirSync(join(home, 'work'));
    writeFileSync(join(home, 'work/first.ipynb'), JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  });
  afterEach(async () => {
    await page?.close();
    await jupyter?.stop();
  });

  async function startJupyter(env: NodeJS.ProcessEnv): Promise<string> {
    const port = await freePort();
    const args = [
      '--no-browser',
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      `--ServerApp.root_dir=${join(home, 'work')}`,
    ];
    // The page tells its application to the test, which then can ask for a command by its name.
    args.push('--LabApp.expose_app_in_browser=True', '--JupyterNotebookApp.expose_app_in_browser=True');
    if (process.getuid?.() === 0) args.push('--allow-root');
    jupyter = await startProgram(join(bin, 'python'), ['-m', 'jupyter', app, ...args], {
      cwd: home,
      env: { ...env, JUPYTER_TOKEN: 'a-token' },
      until: /is running at/,
    });
    return `http://127.0.0.1:${port}`;
  }

  async function seeSidebarConnect(origin: string): Promise<void> {
    page = await browser.newPage();
    const bodies: string[] = [];
    page.on('request', (request) => bodies.push(`${request.url()} ${JSON.stringify(request.headers())}`));
    await page.goto(`${origin}${path}?token=a-token`, { timeout: NEW_PAGE });
    await page.waitForFunction(() => 'jupyterapp' in window, undefined, { timeout: NEW_PAGE });
    const sidebar = page.locator('#cellkeep-experiments');
    await expect
      .poll(
        async () => {
          // Notebook 7 closes its side bars once more when the notebook is loaded, which may be after this.
          await page.evaluate(async () => {
            const { jupyterapp } = window as unknown as {
              jupyterapp: { restored: Promise<void>; commands: { execute(id: string): Promise<void> } };
            };
            await jupyterapp.restored;
            await jupyterapp.commands.execute('cellkeep:tracking-open-sidebar');
          });
          return sidebar.isVisible();
        },
        { timeout: NEW_PAGE, interval: 1_000 },
      )
      .toBe(true);
    await sidebar.getByRole('button', { name: 'Connection: live' }).waitFor({ state: 'visible', timeout: NEW_PAGE });
    expect(bodies.filter((text) => text.includes(address.token))).toEqual([]);
  }

  test('its sidebar connects', async () => {
    await seeSidebarConnect(await startJupyter(await told(home)));
  });
});
