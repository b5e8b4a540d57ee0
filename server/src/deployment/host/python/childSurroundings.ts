/** What a process that runs a model's code finds around it: nothing of the server's, whose environment holds secrets. */
import { childEnvironment } from '../../../core/childEnvironment.ts';

export function surroundings(scratch: string, { installs = false } = {}): NodeJS.ProcessEnv {
  const kept = childEnvironment({ installs });
  return { ...kept, HOME: scratch, TMPDIR: scratch, PYTHONUNBUFFERED: '1', PYTHONFAULTHANDLER: '1', PYTHONDONTWRITEBYTECODE: '1' };
}

const CRASHES: Partial<Record<NodeJS.Signals, string>> = {
  SIGSEGV: 'segmentation fault',
  SIGBUS: 'bus error',
  SIGABRT: 'abort',
  SIGILL: 'illegal instruction',
  SIGFPE: 'arithmetic error',
};

/** How a process ended, for a person. */
export function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'it was killed from outside (SIGKILL), as by the system when memory runs out';
  if (signal) return CRASHES[signal] ? `it crashed: ${CRASHES[signal]} (${signal})` : `it was ended by ${signal}`;
  return `it ended itself with exit code ${code}`;
}

/** The process and what it has started; a process group of its own. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error; // gone already; or whoever is left runs as another user
  }
}
