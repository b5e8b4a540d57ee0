/**
 * A program that the server starts to work for a user: in a process group and a folder of its own, with nothing of the server's
 * environment. It learns address, token and task from one line of its stdin, so that nothing of it stands on a command line or in an
 * environment that the code it runs could read; when that pipe closes, because the server is gone, it is to end itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from './childEnvironment.ts';
import { codeOf } from './plainError.ts';

/** ms that a process gets to end by itself */
const PATIENCE = 5_000;
const LAST_WORDS = 2_000; // characters of stderr
/** ms from a child's exit to that of its stderr, which others may have open */
const LET_GO = 1_000;

export interface ChildStart {
  program: string;
  args: string[];
  /** Where it works; removed by whoever made it. */
  scratch: string;
  /** Keeps what is worth keeping from one child to the next: environments that were built. */
  folder: string;
  /** What it is told, as one line of JSON. */
  task: unknown;
}

export function startChild({ program, args, scratch, folder, task }: ChildStart): ChildProcess {
  const child = spawn(program, args, {
    cwd: scratch,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: {
      ...childEnvironment({ installs: true }),
      HOME: scratch,
      TMPDIR: scratch,
      XDG_CACHE_HOME: join(folder, 'cache'),
      CELLKEEP_HOME: folder,
    },
  });
  child.stdin?.on('error', () => {}); // it ended before it listened; its exit says why
  child.stdin?.write(`${JSON.stringify(task)}\n`);
  return child;
}

/** How a child ended. */
export interface LastWords {
  /** Null: by a signal, or it was never begun. */
  code: number | null;
  /** The end of its stderr, or why there is none. */
  lastWords: string;
}

/** What it has started ends with it, and does not keep its stderr open. */
export function ended(child: ChildProcess): Promise<LastWords> {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-LAST_WORDS);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, lastWords: error.message }));
    child.once('exit', () => {
      signalGroup(child, 'SIGKILL');
      // Whoever has left the group may hold it for ever.
      setTimeout(() => child.stderr?.destroy(), LET_GO).unref();
    });
    child.once('close', (code, signal) =>
      resolve({ code, lastWords: text.trim() || (signal ? `its process was ended by ${signal}` : '') }),
    );
  });
}

/** The whole group: the child, and what it has started. */
export async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  signalGroup(child, 'SIGTERM');
  const waited = sleep(PATIENCE, 'late', { ref: false });
  if ((await Promise.race([gone, waited])) === 'late') signalGroup(child, 'SIGKILL');
  await gone;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes(codeOf(error))) throw error; // gone already; or whoever is left runs as another user
  }
}
