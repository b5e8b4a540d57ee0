/**
 * What is known of a running Postgres from the outside: its `postmaster.pid`, which it writes itself. A hard kill of the server leaves
 * Postgres running; the next start finds it by this file and goes on with it.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Postmaster {
  pid: number;
  port: number;
  /** Folder of its Unix socket. */
  socketFolder: string;
  /** It accepts connections. */
  ready: boolean;
}

/** Null where there is no such file or it is only half written. */
export function readPostmaster(data: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  if (!(pid > 1)) return null;
  return { pid, port: Number(lines[3]), socketFolder: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' };
}

/** Whether this process is a Postgres on this data: another may have got the number of one that was killed. */
export function runsOn(pid: number, data: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === data;
  } catch {
    return false;
  }
}

export function someoneRunsOn(data: string): boolean {
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && runsOn(Number(name), data));
}

/** Whether any process has this number, be it one that has ended and whose parent has not looked yet. */
export function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits for a process that may not be our child. @returns whether it has ended within `patience` milliseconds */
export async function hasEnded(pid: number, patience: number): Promise<boolean> {
  const until = performance.now() + patience;
  while (isAlive(pid)) {
    if (performance.now() > until) return false;
    await sleep(10);
  }
  return true;
}
