// Runs `npm start`'s program for a test, in a home of its own on free ports, and tells which processes belong to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

export interface Ready {
  server: string;
  jupyter: string | null;
  token: string;
}

export interface Launcher {
  child: ChildProcess;
  /** the line of --json, once ready; rejects with what was said where it ends before */
  ready: Promise<Ready>;
  /** exit code, and all that was said */
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  stderr(): string;
}

export interface Home {
  folder: string;
  /** every process whose command line, working folder or environment names this home: Postgres, JupyterLab and kernels among them */
  processes(): { pid: number; words: string[] }[];
  remove(): void;
}

export function launch(args: string[], env: Record<string, string | undefined> = {}): Launcher {
  const child = spawn(process.execPath, [join(checkout, 'server/start/start.mjs'), ...args], {
    cwd: checkout,
    env: { ...process.env, DATABASE_URL: undefined, CELLKEEP_HOME: undefined, npm_config_json: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  const ready = new Promise<Ready>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      if (args.includes('--json') && stdout.includes('\n')) resolve(JSON.parse(stdout));
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    void ended.then(({ code }) => reject(new Error(`ended with ${code} before it was ready:\n${stderr}`)));
  });
  ready.catch(() => {}); // a test that expects the end looks at `ended` alone
  return { child, ready, ended, stderr: () => stderr };
}

export function newHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-start-'));
  return {
    folder,
    processes: () => processesIn(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function processesIn(folder: string) {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const inside =
        readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ||
        words.some((word) => word.includes(folder)) ||
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
      return inside ? [{ pid, words }] : [];
    } catch {
      return []; // it ended while we looked
    }
  });
}

/** The first process of the home that was started with such words. */
export function pidOf(home: Home, words: RegExp): number {
  const found = home.processes().find((process) => words.test(process.words.join(' ')));
  if (!found) throw new Error(`no process like ${words} in ${JSON.stringify(home.processes(), null, 1)}`);
  return found.pid;
}

export async function stop(launcher: Launcher, signal: NodeJS.Signals = 'SIGINT') {
  if (launcher.child.exitCode === null && launcher.child.signalCode === null) launcher.child.kill(signal);
  return launcher.ended;
}

export const isUp = (url: string, token?: string) =>
  fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} }).then(
    (response) => response.ok,
    () => false,
  );
