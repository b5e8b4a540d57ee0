// A Jupyter of somebody else: a virtual environment with JupyterLab and Notebook 7 as the registry has them today, into which the wheels
// go; and an empty folder for the server tarball. Nothing of the checkout is on any path.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
export const execute = promisify(execFile);

/** The environment without ours: no node_modules/.bin, no .venv, no settings of a Cellkeep that the person runs. */
export function bareEnv(home: string, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CELLKEEP|JUPYTER|npm_|NODE_OPTIONS|VIRTUAL_ENV|VITEST|DATABASE_URL|PYTHON)/.test(name),
  );
  const path = (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => !folder.includes('node_modules') && !folder.startsWith(join(checkout, '.venv')));
  return { ...Object.fromEntries(kept), PATH: path.join(':'), HOME: home, XDG_CONFIG_HOME: join(home, '.config'), ...more };
}

export const dist = (pattern: RegExp): string => {
  const name = readdirSync(join(checkout, 'dist')).find((entry) => pattern.test(entry));
  if (!name) throw new Error(`dist/ has no file like ${pattern}: npm run build makes them`);
  return join(checkout, 'dist', name);
};

export const build = () => execute(process.execPath, [join(checkout, 'server/start/build.mjs')], { cwd: checkout });

/** @returns the folder of its programs */
export async function makeBareEnvironment(folder: string, wheels: string[]): Promise<string> {
  const ours = join(checkout, '.venv/bin/python');
  // Without its own pip, because Debian's Python may lack ensurepip; ours can install into another environment.
  await execute(ours, ['-m', 'venv', '--without-pip', folder]);
  const python = join(folder, 'bin/python');
  const packages = ['jupyterlab>=4.4,<5', 'notebook>=7,<8', ...wheels];
  // Python compiles what it imports; all the other thousands of files need not be.
  await execute(ours, ['-m', 'pip', '--quiet', '--python', python, 'install', '--no-compile', ...packages], { maxBuffer: 1 << 26 });
  return join(folder, 'bin');
}

export interface RunningProgram {
  line: string;
  stop(): Promise<void>;
}

/** Starts a program and waits for the first line of its output that matches. */
export async function startProgram(
  command: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; until: RegExp },
): Promise<RunningProgram> {
  const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const line = new Promise<string>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (text) => {
        said += `${text}\n`;
        if (options.until.test(text)) resolve(text);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${command} ended with ${code}:\n${said}`)));
  });
  return { line: await line, stop: () => end(child) };
}

/** ms from being asked to end to being made to */
const PATIENCE = 10_000;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  // A Jupyter server whose event loop ends in a bad moment waits for worker threads of anyio that nobody ends any more.
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  await closed;
  clearTimeout(late);
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
