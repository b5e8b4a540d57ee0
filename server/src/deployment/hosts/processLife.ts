/** Which process has a number now. Numbers are given again, so that a process is known by its boot and the tick at which it began, too. */
import { readFileSync } from 'node:fs';
import { codeOf } from '../../core/plainError.ts';

/** Null where no process has this number, or only its remains. */
export function lifeOf(pid: number): string | null {
  if (!(pid > 1)) return null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold anything; what follows the last one is fixed (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, ticks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${ticks}`;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error))) return null;
    throw error;
  }
}

/** Resident memory in bytes; null where the process is gone. */
export function residentBytes(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

/** To the process, where it is the one that was meant. @returns whether it was there */
export function signalLife(pid: number, life: string, signal: NodeJS.Signals): boolean {
  if (lifeOf(pid) !== life) return false;
  return signalProcess(pid, signal);
}

/** @param pid negative: its whole group */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (['ESRCH', 'EPERM'].includes(codeOf(error))) return false;
    throw error;
  }
}
