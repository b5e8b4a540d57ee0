/**
 * Hosts that outlived their server, found without a database: what a host writes goes to a file of `<home>/hosts`, and nothing else writes
 * there. For `reset`, after which nobody would know them any more.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, PlainError } from '../../core/plainError.ts';
import { lifeOf, signalLife, signalProcess } from './processLife.ts';

/** @param home its real path @returns how many there were */
export async function endLeftHosts(home: string, patience = 5_000): Promise<number> {
  const left = findLeftHosts(join(home, 'hosts'));
  for (const { pid, life } of left) signalLife(pid, life, 'SIGTERM');
  const end = Date.now() + patience;
  for (const { pid, life } of left) {
    while (lifeOf(pid) === life && Date.now() < end) await sleep(20);
    if (lifeOf(pid) === life) signalProcess(-pid, 'SIGKILL'); // with its workers: it leads their group
    for (const last = Date.now() + patience; lifeOf(pid) === life; await sleep(20)) {
      if (Date.now() > last) throw new PlainError(`the host with process ${pid} does not end: end it first`);
    }
  }
  return left.length;
}

function findLeftHosts(logs: string): { pid: number; life: string }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap((pid) => {
    const life = lifeOf(pid);
    return life !== null && [1, 2].every((stream) => isLogOf(logs, pid, stream)) ? [{ pid, life }] : [];
  });
}

/** The file may be gone while it is still written to. */
function isLogOf(logs: string, pid: number, stream: number): boolean {
  const path = linkOf(`/proc/${pid}/fd/${stream}`);
  return path.startsWith(`${logs}/`) && /^[0-9a-f-]{36}\.log( \(deleted\))?$/.test(path.slice(logs.length + 1));
}

/** Empty where it has none, or is somebody else's. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOf(error))) return '';
    throw error;
  }
}
