// Starts the real programs for a test, each with its own temporary home and a free port, and stops exactly those, by process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const checkout = join(dirname(fileURLToPath(import.meta.url)), '../..');
const venv = process.env.CELLKEEP_VENV ?? join(checkout, '.venv');

export interface ServerProcess {
  /** http://127.0.0.1:port, without a slash at its end */
  url: string;
  port: number;
  /** API token of the owner */
  token: string;
  /** address that logs a browser in */
  login: string;
  home: string;
  pid: number;
  /** kill -9, the home stays: start again with the same home and port */
  kill(): Promise<void>;
  /** SIGTERM, the home stays. @returns the exit code */
  terminate(): Promise<number | null>;
  /** stop in order and remove the home */
  stop(): Promise<void>;
}

export interface JupyterProcess {
  /** http://127.0.0.1:port/base/, with a slash at its end */
  url: string;
  token: string;
  /** folder that the file browser shows */
  root: string;
  home: string;
  pid: number;
  stop(): Promise<void>;
}

/** The parent of all homes: reachable for the user `nobody`, as whom Postgres runs when the tests run as root. */
export function newHome(name: string): string {
  return mkdtempSync(join(tmpdir(), `cellkeep-e2e-${name}-`));
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

export async function startServer(options: { home?: string; port?: number; env?: Record<string, string> } = {}): Promise<ServerProcess> {
  const home = options.home ?? newHome('server');
  const node = join(checkout, 'node_modules/.bin/node');
  const cli = join(checkout, 'server/src/cli/cellkeep-server.ts');
  const child = spawn(node, [cli, 'serve', '--json', '--port', String(options.port ?? 0), '--home', home], {
    cwd: checkout,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = keepLog(child, join(home, 'server.log'));
  const line = await firstLine(child, 180_000, () => log());
  const said = JSON.parse(line) as { server: string; token: string; login: string; pid: number };
  return {
    url: said.server.replace(/\/$/, ''),
    port: Number(new URL(said.server).port),
    token: said.token,
    login: said.login,
    home,
    pid: said.pid,
    kill: () => end(child, 'SIGKILL'),
    terminate: async () => {
      await end(child, 'SIGTERM');
      return child.exitCode;
    },
    stop: async () => {
      await end(child, 'SIGTERM');
      await endPostgres(home);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A server that was killed leaves its Postgres running, for the next start to find; a test that ends takes it down. */
async function endPostgres(home: string): Promise<void> {
  const file = join(home, 'postgres/postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!(pid > 1)) return;
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    return; // it is gone; only its file is left
  }
  const until = Date.now() + 10_000;
  while (existsSync(file) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
}

export async function startJupyter(options: {
  server?: Pick<ServerProcess, 'url' | 'token'> | null;
  home?: string;
  env?: Record<string, string>;
  /** "lab" or "notebook" */
  app?: string;
  args?: string[];
}): Promise<JupyterProcess> {
  const home = options.home ?? newHome('jupyter');
  const root = join(home, 'work');
  mkdirSync(root, { recursive: true });
  const port = await freePort();
  const token = 'jupyter-e2e-token';
  const galata = join(home, 'jupyter_server_config.py');
  // Jupyter's own protection stays on: token, cookie, XSRF check. Only the hook for galata's in-page helpers is added.
  writeFileSync(
    galata,
    [
      'from pathlib import Path',
      'import jupyterlab.galata',
      'c = get_config()',
      'c.LabServerApp.extra_labextensions_path = str(Path(jupyterlab.galata.__file__).parent)',
      'c.LabApp.expose_app_in_browser = True',
      'c.JupyterNotebookApp.expose_app_in_browser = True',
    ].join('\n'),
  );
  // No question to the makers of JupyterLab for news, and no cursor that is drawn twice a second.
  for (const [plugin, settings] of Object.entries({
    'apputils-extension/notification': { checkForUpdates: false, fetchNews: 'false' },
    'codemirror-extension/plugin': { defaultConfig: { cursorBlinkRate: 0 } },
  })) {
    const file = join(home, 'settings/@jupyterlab', `${plugin}.jupyterlab-settings`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(settings));
  }
  const baseUrl = '/team/';
  const child = spawn(
    join(venv, 'bin/python'),
    [
      ...['-m', 'jupyter', options.app ?? 'lab', '--no-browser', '--allow-root', `--config=${galata}`, `--ServerApp.root_dir=${root}`],
      ...['--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`, '--ServerApp.port_retries=0', `--ServerApp.base_url=${baseUrl}`],
      ...[`--IdentityProvider.token=${token}`, ...(options.args ?? [])],
    ],
    {
      cwd: root,
      env: {
        // Where Python may not keep what it compiled, each kernel compiles the bridge again.
        ...without(process.env, ['CELLKEEP_URL', 'CELLKEEP_TOKEN', 'CELLKEEP_CONFIG', 'CELLKEEP_HOME', 'PYTHONDONTWRITEBYTECODE']),
        HOME: home,
        OMP_WAIT_POLICY: 'PASSIVE', // as `npm start` does
        // Small products on two cores: with a thread each, the example's network took 33 s of processor time, with one 12 s.
        OPENBLAS_NUM_THREADS: '1',
        PATH: `${join(venv, 'bin')}:${process.env.PATH}`,
        JUPYTER_CONFIG_DIR: join(home, 'config'),
        JUPYTER_DATA_DIR: join(home, 'data'),
        JUPYTER_RUNTIME_DIR: join(home, 'runtime'),
        JUPYTERLAB_SETTINGS_DIR: join(home, 'settings'),
        JUPYTERLAB_WORKSPACES_DIR: join(home, 'workspaces'),
        IPYTHONDIR: join(home, 'ipython'),
        XDG_CONFIG_HOME: join(home, '.config'),
        XDG_CACHE_HOME: join(home, '.cache'),
        XDG_DATA_HOME: join(home, '.local/share'),
        XDG_STATE_HOME: join(home, '.local/state'),
        ...(options.server ? { CELLKEEP_URL: options.server.url, CELLKEEP_TOKEN: options.server.token } : {}),
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log = keepLog(child, join(home, 'jupyter.log'));
  const url = `http://127.0.0.1:${port}${baseUrl}`;
  await answers(`${url}api/status?token=${token}`, child, () => log());
  return {
    url,
    token,
    root,
    home,
    pid: child.pid ?? 0,
    stop: async () => {
      await end(child, 'SIGTERM');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function without(env: NodeJS.ProcessEnv, names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/** Keeps what the process says in a file; the function gives the file's end, for an error message. */
function keepLog(child: ChildProcess, file: string): () => string {
  mkdirSync(dirname(file), { recursive: true });
  const out = createWriteStream(file, { flags: 'a' });
  out.on('error', () => {}); // a test may have filled its disk
  child.stderr?.pipe(out);
  return () => (existsSync(file) ? readFileSync(file, 'utf8').slice(-4_000) : '');
}

async function firstLine(child: ChildProcess, timeout: number, log: () => string): Promise<string> {
  if (!child.stdout) throw new Error('the process has no output');
  const lines = createInterface({ input: child.stdout });
  const timer = AbortSignal.timeout(timeout);
  const line = once(lines, 'line', { signal: timer }).then(([text]) => String(text));
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`it ended with ${code} before it was ready:\n${log()}`);
  });
  return Promise.race([line, exit]);
}

async function answers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const until = Date.now() + 180_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`Jupyter ended with ${child.exitCode}:\n${log()}`);
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers at ${url}:\n${log()}`);
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exit;
  clearTimeout(patience);
}
