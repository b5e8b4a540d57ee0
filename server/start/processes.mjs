// Processes by identity rather than by number alone: Linux uses process ids again, so a number from a file is only followed where the
// process also began at the instant that the file says. Nothing here ever stops a process by its name.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** @typedef {{ pid: number, began: string }} Identity `began`: this boot's id and the clock ticks since boot */

/** @param {number} pid @returns {Identity | null} null where it does not run (any more) */
export function identify(pid) {
  const stat = statOf(pid);
  return stat && { pid, began: `${bootId()}:${stat.began}` };
}

/** @param {Identity | null | undefined} identity */
export function isAlive(identity) {
  return !!identity && identify(identity.pid)?.began === identity.began;
}

/**
 * Asks a process to stop and waits; after `patience` milliseconds it is killed.
 * @param {Identity} identity
 * @param {{ signal?: NodeJS.Signals, patience?: number }} [options]
 * @returns {Promise<boolean>} whether it stopped when asked
 */
export async function stopProcess(identity, { signal = 'SIGTERM', patience = 10_000 } = {}) {
  if (await signalAndWait(identity, signal, patience)) return true;
  await signalAndWait(identity, 'SIGKILL', 5_000);
  return false;
}

/** @param {Identity} identity @param {NodeJS.Signals} signal @param {number} patience */
async function signalAndWait(identity, signal, patience) {
  const deadline = performance.now() + patience;
  if (!isAlive(identity)) return true;
  try {
    process.kill(identity.pid, signal);
  } catch {
    return !isAlive(identity);
  }
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await delay(25);
  }
  return true;
}

/**
 * Processes that were given a file whose path begins so, for instance kernels by their connection file.
 * @param {string} beginning absolute, of a path that is ours alone
 * @returns {Identity[]}
 */
export function processesGiven(beginning) {
  const found = [];
  for (const pid of allPids()) {
    if (pid === process.pid) continue;
    const words = commandLine(pid);
    if (words.some((word) => word.startsWith(beginning) || word.includes(`=${beginning}`))) {
      const identity = identify(pid);
      if (identity) found.push(identity);
    }
  }
  return found;
}

/** @param {number} pid @returns {string[]} empty where it is gone or not ours to read */
function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function allPids() {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** @param {number} pid */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name before it may hold blanks
    if (fields[0] === 'Z' || fields[0] === 'X') return null; // ended, only not yet collected by its parent
    return { began: fields[19] };
  } catch {
    return null;
  }
}

/** @type {string | undefined} */
let knownBootId;
function bootId() {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBootId;
}
