// The home folder of one Cellkeep, and who runs in it. <home>/running.json names the launcher and what it started, each with the instant
// at which it began; it is claimed by a hard link, so two launchers cannot both hold it, and outlives a launcher that was killed. The
// next one then stops what was left over, in order, and starts afresh.
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive, processesGiven, stopProcess } from './processes.mjs';
import { PlainError, say } from './progress.mjs';

const PATIENCE_STOPPING = 30_000; // ms
const PATIENCE_RUNNING = 1_500; // ms; one whose npm was killed notices within that time that it is to stop
const LOG_LIMIT = 10 * 1024 * 1024; // bytes; the previous log is kept beside it

/** @typedef {import('./processes.mjs').Identity} Identity */
/** @typedef {{ launcher: Identity, server?: Identity, jupyter?: Identity, addresses?: string[], stopping?: boolean }} Running */

/** @param {string} home */
export const filesOf = (home) => ({
  running: join(home, 'running.json'),
  token: join(home, 'token'),
  jupyterToken: join(home, 'jupyter', 'token'),
  jupyter: join(home, 'jupyter'),
  runtime: join(home, 'jupyter', 'runtime'),
  logs: join(home, 'logs'),
});

/**
 * Takes the home folder for this launcher; fails where another one runs in it.
 * @param {string} home
 */
export async function claimHome(home) {
  const files = filesOf(home);
  try {
    // As root, Postgres runs as nobody and must be able to pass through to its own folder; it cannot list this one.
    mkdirSync(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    for (const folder of [files.jupyter, files.runtime, files.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(home, error);
  }
  /** @type {Running} */
  const running = { launcher: /** @type {Identity} */ (identify(process.pid)) };
  const draft = join(home, `running.${process.pid}.json`);
  const write = () => {
    try {
      writeFileSync(draft, `${JSON.stringify(running, null, 1)}\n`, { mode: 0o600 });
    } catch (error) {
      throw unusable(home, error);
    }
  };
  for (;;) {
    write();
    try {
      linkSync(draft, files.running);
      break;
    } catch (error) {
      rmSync(draft, { force: true }); // whoever runs here goes on; nothing of ours stays
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw unusable(home, error);
      await clearLeftovers(home);
    }
  }
  rmSync(draft);
  return {
    /** @param {Partial<Running>} change */
    note(change) {
      Object.assign(running, change);
      write();
      renameSync(draft, files.running);
    },
    release() {
      rmSync(files.running, { force: true });
    },
  };
}

/** @param {string} home */
async function clearLeftovers(home) {
  const files = filesOf(home);
  const left = await stillRunning(files.running);
  if (left && isAlive(left.launcher)) {
    const where = left.addresses?.length ? ` at ${left.addresses.join(' and ')}` : '';
    throw new PlainError(
      `already running${where} (process ${left.launcher.pid}): stop that one first, or choose another --home, --port and --jupyter-port`,
    );
  }
  if (left && [left.jupyter, left.server].some(isAlive)) say('  stopping what a killed start left running');
  if (left?.jupyter) await stopProcess(left.jupyter);
  await stopKernels(home);
  if (left?.server) await stopProcess(left.server);
  rmSync(files.running, { force: true });
}

/** What runs in the home; one that is just being stopped is waited for. @param {string} file */
async function stillRunning(file) {
  const since = performance.now();
  for (;;) {
    const left = readRunning(file);
    const patience = left?.stopping ? PATIENCE_STOPPING : PATIENCE_RUNNING;
    if (!left || !isAlive(left.launcher) || performance.now() - since > patience) return left;
    await delay(50);
  }
}

/** Kernels end with their Jupyter; this ends those that outlived one that was killed. @param {string} home */
export async function stopKernels(home) {
  const kernels = processesGiven(join(filesOf(home).runtime, 'kernel-'));
  await Promise.all(kernels.map((kernel) => stopProcess(kernel, { patience: 2_000 })));
}

/** @param {string} file @returns {Running | null} null where it is missing or was cut short */
function readRunning(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** @param {string} home @param {string} name */
export function openLog(home, name) {
  const file = join(filesOf(home).logs, `${name}.log`);
  if (existsSync(file) && statSync(file).size > LOG_LIMIT) renameSync(file, `${file}.1`);
  const descriptor = openSync(file, 'a', 0o600);
  return { file, descriptor, from: statSync(file).size };
}

/** The token that logs into JupyterLab; kept, so that an open browser tab survives a restart. @param {string} home */
export function jupyterToken(home) {
  const file = filesOf(home).jupyterToken;
  if (existsSync(file)) {
    const kept = readFileSync(file, 'utf8').trim();
    if (kept) return kept;
  }
  const made = randomBytes(24).toString('hex');
  writeFileSync(file, made, { mode: 0o600 });
  return made;
}

/** @param {string} home @param {unknown} error */
function unusable(home, error) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC') return new PlainError(`no space left on the disk that holds ${home}: free some, or choose another --home`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new PlainError(`cannot write to ${home}: choose another --home`);
  if (code === 'ENOTDIR' || code === 'EEXIST') return new PlainError(`${home} is no folder: choose another --home`);
  return error;
}
