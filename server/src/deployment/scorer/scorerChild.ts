/**
 * One child process that asks one model. It is asked one thing at a time, so that a limit of time is of that alone; whatever it does, a
 * crash, an endless loop, more memory than it may, ends it and is told to whoever waits, and harms nothing here. It ends with this process,
 * also when that is killed: a shell that holds the other end of a pipe sees to it, since a loop hears nothing.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { compileCache } from '../../core/childEnvironment.ts';
import { CannotExplain } from '../explain/index.ts';
import { ModelFailure } from '../host/model.ts';
import { endOf, killGroup, surroundings } from '../host/python/childSurroundings.ts';
import { residentOf } from '../host/python/memory.ts';
import { readLines } from '../host/python/userLines.ts';
import type { FromScorer, ScorerTask, ToldError, ToScorer } from './messages.ts';
import { RowsRefused } from './scorer.ts';

export interface ChildOptions {
  /** Module of the process. */
  entry: string;
  /** Where it works. */
  scratch: string;
  say: (line: string) => void;
}

type Question = { kind: 'predict'; rows: object } | { kind: 'explain'; rows: object; row: number; output?: string };

export interface ScorerChild {
  pid: number | undefined;
  ready: Promise<void>;
  ask: (question: Question, signal?: AbortSignal) => Promise<FromScorer>;
  /** @param reason what those that wait are told */
  end: (reason: string) => Promise<void>;
  /** Never rejects. */
  gone: Promise<string>;
}

interface Waiting {
  resolve: (message: FromScorer) => void;
  reject: (error: Error) => void;
}

/** ms until a model has to be loaded, which may take a new environment */
const LOAD_TIME = 1_800_000;
/** ms between two looks at memory */
const LOOK_EVERY = 500;

export function startScorerChild(task: ScorerTask, { entry, scratch, say }: ChildOptions): ScorerChild {
  const child = fork(entry, [], {
    cwd: scratch,
    detached: true,
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${task.memoryMiB}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...surroundings(scratch), ...compileCache() },
  });
  const { timeLimit } = task;
  const guard = guardOf(child);
  let [waiting, ended, nextId]: [Waiting | null, string | null, number] = [null, null, 0];
  let line: Promise<unknown> = Promise.resolve();
  for (const stream of [child.stdout, child.stderr]) if (stream) readLines(stream, say);

  const kill = (reason: string) => {
    ended ??= reason;
    killGroup(child.pid);
  };
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      killGroup(child.pid); // what it has started
      guard?.kill('SIGKILL');
      resolve(ended ?? endOf(code, signal));
    });
  });
  void gone.then((reason) => {
    ended ??= reason;
    clearInterval(look);
    waiting?.reject(new ModelFailure(`the process that asks the model is gone: ${reason}`, { isGone: true }));
    waiting = null;
  });
  child.on('message', (message: FromScorer) => {
    if (message.kind === 'line') return say(message.line);
    const one = waiting;
    waiting = null;
    if (message.kind === 'failed' || message.kind === 'refused') one?.reject(errorOf(message.error));
    else one?.resolve(message);
  });
  const memory = task.memoryMiB * 1024 ** 2;
  const look = setInterval(async () => {
    const held = child.pid === undefined ? null : await residentOf(child.pid);
    if (held !== null && held > memory) {
      kill(`it took ${Math.round(held / 1024 ** 2)} MiB, more than the ${task.memoryMiB} MiB that it may`);
    }
  }, LOOK_EVERY);
  look.unref();

  const exchange = (message: ToScorer): Promise<FromScorer> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(new ModelFailure(`the process that asks the model is gone: ${ended}`, { isGone: true }));
      const allowed = message.kind === 'load' ? LOAD_TIME : timeLimit;
      const late = setTimeout(() => kill(`it did not answer within ${allowed / 1_000} s`), allowed);
      const free =
        <T>(pass: (value: T) => void) =>
        (value: T) => {
          clearTimeout(late);
          pass(value);
        };
      waiting = { resolve: free(resolve), reject: free(reject) };
      child.send(message, (error) => {
        if (error) kill(error.message);
      });
    });

  /** One after the other. Whoever gives up before its turn is never sent. */
  const inTurn = (message: () => ToScorer, signal?: AbortSignal): Promise<FromScorer> => {
    const turn = line.then(() => {
      signal?.throwIfAborted();
      return exchange(message());
    });
    line = turn.catch(() => {});
    if (!signal) return turn;
    const given = new Promise<never>((_, reject) => {
      const stop = () => reject(signal.reason);
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      void line.then(() => signal.removeEventListener('abort', stop));
    });
    return Promise.race([turn, given]);
  };

  const ready = inTurn(() => ({ kind: 'load', task })).then(() => {});
  ready.catch(() => {}); // whoever waits for it is told
  return {
    pid: child.pid,
    ready,
    ask: (question, signal) => inTurn(() => ({ ...question, id: nextId++ }) as ToScorer, signal),
    async end(reason) {
      kill(reason);
      await gone;
    },
    gone,
  };
}

/** Ends the child's group when this process is gone, however it went. */
function guardOf({ pid }: ChildProcess): ChildProcess | null {
  if (pid === undefined) return null;
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL -- "-$0" 2>/dev/null', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  guard.on('error', () => {}); // without a shell the child hears of it by its channel
  guard.stdin?.on('error', () => {});
  guard.unref();
  return guard;
}

function errorOf({ name, message, isGone, issues }: ToldError): Error {
  if (name === 'RowsRefused') return new RowsRefused(message, issues);
  if (name === 'CannotExplain') return new CannotExplain(message);
  return name === 'ModelFailure' ? new ModelFailure(message, { isGone }) : new ModelFailure(`the scorer failed: ${message}`);
}
