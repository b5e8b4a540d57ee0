/**
 * One Python process that asks one model; kernel-bridge/src/cellkeep/serving/worker.py is what it runs. Frames go over a socket of their own
 * (its fd 3), what it prints goes into the log. It ends with this process, also when that is killed: it holds the other end of a pipe.
 */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { Bundle } from '@cellkeep/schema/registry';
import { type Answers, ModelFailure, type Rows } from '../model.ts';
import { endOf, killGroup, surroundings } from './childSurroundings.ts';
import { frameReader, jsonFrame, readAnswers, rowsFrame } from './frames.ts';
import { readLines } from './userLines.ts';

/** bytes of one answer */
const MOST_ANSWER = 1024 * 1024 * 1024;
/** ms until a model has to be loaded */
const LOAD_TIME = 600_000;
/** ms between its exit and the end of its output, which others may have open */
const LET_GO = 500;

export interface WorkerStart {
  bundle: Bundle;
  /** Of the model's files. */
  folder: string;
  python: string;
  /** Of the worker's code. */
  code: string;
  scratch: string;
  /** bytes */
  memory: number;
  /** Threads of BLAS and OpenMP. */
  threads: number;
  say: (line: string, stream: 'out' | 'err' | 'host') => void;
}

export interface PythonWorker {
  pid: number | undefined;
  /** Rejects with a ModelFailure where it cannot load the model. */
  ready: Promise<void>;
  /** One call at a time. Rejects with a ModelFailure: of the model's code, or `isGone`. */
  ask: (calls: readonly Rows[]) => Promise<Answers[]>;
  /** @param reason what calls are told */
  kill: (reason: string) => void;
  /** How it ended; never rejects. */
  gone: Promise<string>;
}

interface Waiting {
  take: (frame: Buffer) => void;
  fail: (error: Error) => void;
}

export function startWorker({ bundle, folder, python, code, scratch, memory, threads, say }: WorkerStart): PythonWorker {
  const many = String(threads);
  const child = spawn(python, [code], {
    cwd: scratch,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...surroundings(scratch), OMP_NUM_THREADS: many, OPENBLAS_NUM_THREADS: many, MKL_NUM_THREADS: many },
  });
  let waiting: Waiting | null = null;
  let killed: string | null = null;
  const lastErrors: string[] = [];
  const channel = child.stdio[3] as Duplex;
  const answer = (frame: Buffer) => {
    const one = waiting;
    waiting = null;
    one?.take(frame);
  };
  const kill = (reason: string) => {
    killed ??= reason;
    killGroup(child.pid);
  };
  const take = frameReader(MOST_ANSWER, answer);
  channel.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      kill((error as Error).message);
    }
  });
  channel.on('error', () => {}); // its exit says why
  child.stdin?.on('error', () => {});
  readLines(child.stdout as NonNullable<typeof child.stdout>, (line) => say(line, 'out'));
  readLines(child.stderr as NonNullable<typeof child.stderr>, (line) => {
    lastErrors.push(line.slice(0, 500));
    if (lastErrors.length > 5) lastErrors.shift();
    say(line, 'err');
  });

  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${python} cannot be started: ${error.message}`));
    child.once('exit', (exitCode, signal) => {
      killGroup(child.pid); // what it has started
      const late = setTimeout(() => [child.stdout, child.stderr, channel].forEach((stream) => void stream?.destroy()), LET_GO);
      child.once('close', () => clearTimeout(late));
      // What it printed last comes before its end.
      setImmediate(() => resolve(killed ?? endOf(exitCode, signal)));
    });
  });
  void gone.then((reason) => {
    const one = waiting;
    waiting = null;
    one?.fail(new ModelFailure(`the model's process is gone: ${reason}`, { isGone: true }));
    channel.destroy();
  });

  const exchange = <T>(frame: Buffer, read: (frame: Buffer) => T): Promise<T> =>
    new Promise((resolve, reject) => {
      if (waiting) return reject(new ModelFailure('this worker is asked twice at once'));
      if (child.exitCode !== null || child.signalCode !== null) {
        return reject(new ModelFailure("the model's process is gone", { isGone: true }));
      }
      const done = (told: Buffer) => {
        try {
          resolve(read(told));
        } catch (error) {
          reject(error);
        }
      };
      waiting = { take: done, fail: reject };
      channel.write(frame);
    });

  const load = async () => {
    const late = setTimeout(() => kill(`it did not load within ${LOAD_TIME / 1_000} s`), LOAD_TIME);
    try {
      await exchange(jsonFrame('L', { bundle, folder, memory }), throwErrors);
    } catch (error) {
      if (!(error instanceof ModelFailure) || !error.isGone) throw error;
      const words = lastErrors.join(' ').trim();
      throw new ModelFailure(`the model cannot be loaded: ${await gone}${words ? ` (${words})` : ''}`, { cause: error });
    } finally {
      clearTimeout(late);
    }
  };
  const ready = load();
  ready.catch(() => {}); // whoever waits for it is told

  return {
    pid: child.pid,
    ready,
    ask: (calls) =>
      exchange(rowsFrame(calls), (frame) => {
        throwErrors(frame);
        return readAnswers(frame, bundle, calls.map(({ count }) => count)); // biome-ignore format: one line
      }),
    kill,
    gone,
  };
}

function throwErrors(frame: Buffer): void {
  if (frame[0] !== 0x45) return; // E
  const { message, traceback, missing } = JSON.parse(frame.toString('utf8', 1)) as {
    message: string;
    traceback: string;
    missing: string | null;
  };
  const remedy = missing ? `; the package of ${missing} is not among what the model requires: promote it again where it is installed` : '';
  throw new ModelFailure(message + remedy, { cause: traceback });
}
