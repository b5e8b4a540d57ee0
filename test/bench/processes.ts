/** Programs that the measurements start: how they are ended, and how much memory they and their children take. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  pid: number;
  child: ChildProcess;
  /** File of what it says. */
  log: string;
  /** SIGTERM to its process group, SIGKILL after ten seconds. */
  stop: () => Promise<void>;
}

interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  cwd: string;
  /** Where stderr goes, and stdout unless it is read. */
  log: string;
  readStdout?: boolean;
  /** Its stdin can be written. */
  writeStdin?: boolean;
}

const started = new Set<Program>();

export function startProgram(
  command: string,
  args: string[],
  { env = process.env, cwd, log, readStdout = false, writeStdin = false }: ProgramOptions,
): Program {
  const descriptor = openSync(log, 'a');
  // A group of its own: what it forks is ended with it.
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: [writeStdin ? 'pipe' : 'ignore', readStdout ? 'pipe' : descriptor, descriptor],
  });
  closeSync(descriptor);
  child.on('error', () => {}); // its end tells
  const program: Program = {
    pid: child.pid ?? 0,
    child,
    log,
    async stop() {
      started.delete(program);
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const ended = once(child, 'exit');
      process.kill(-child.pid, 'SIGTERM');
      const late = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    },
  };
  started.add(program);
  return program;
}

/** Whatever a failed measurement left. */
export async function stopPrograms(): Promise<void> {
  await Promise.all([...started].map((program) => program.stop()));
}

/** @returns milliseconds until the address answers 200 */
export async function untilAnswers(url: string, { child, log }: Program, patience = 120_000): Promise<number> {
  const since = performance.now();
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`the program ended (${child.exitCode}) before ${url} answered:\n${readFileSync(log, 'utf8').slice(-1_000)}`);
    const ok = await fetch(url).then(
      (response) => response.arrayBuffer().then(() => response.ok),
      () => false,
    );
    const took = performance.now() - since;
    if (ok) return took;
    if (took > patience) throw new Error(`${url} does not answer after ${patience} ms`);
    await sleep(10);
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

export interface Memory {
  /** MiB; pages that processes share count in each of them. */
  rss: number;
  /** MiB; shared pages are divided among their users. null where the kernel does not tell. */
  pss: number | null;
  processes: number;
}

export function memoryOf(roots: readonly number[]): Memory {
  const pids = withChildren(roots);
  const each = pids.map((pid) => ({ rss: kibOf(`/proc/${pid}/status`, 'VmRSS') ?? 0, pss: kibOf(`/proc/${pid}/smaps_rollup`, 'Pss') }));
  const pss = each.every((one) => one.pss !== null) ? each.reduce((sum, one) => sum + (one.pss ?? 0), 0) / 1024 : null;
  return { rss: each.reduce((sum, { rss }) => sum + rss, 0) / 1024, pss, processes: pids.length };
}

/** µs of processor time that they and the children that live have taken. */
export function cpuOf(roots: readonly number[]): number {
  const ticks = withChildren(roots).map((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [user = 0, system = 0] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13)
        .map(Number);
      return user + system;
    } catch {
      return 0; // ended meanwhile
    }
  });
  return ticks.reduce((sum, one) => sum + one, 0) * 10_000; // a tick is a hundredth of a second wherever Node runs
}

function withChildren(roots: readonly number[]): number[] {
  const parents = readdirSync('/proc').flatMap((name) => {
    const parent = /^\d+$/.test(name) ? parentOf(name) : null;
    return parent === null ? [] : [{ pid: Number(name), parent }];
  });
  const found = new Set(roots);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null; // ended meanwhile
  }
}

function kibOf(file: string, field: string): number | null {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
    return found ? Number(found[1]) : null;
  } catch {
    return null;
  }
}
