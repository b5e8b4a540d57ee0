/**
 * The workers of one model. Calls wait in one line; a worker that is free takes what waits, as many rows as go together, so that the more
 * is asked the fewer messages it takes. What one request does harms no other:
 *
 * - an error of the model's code: the calls that went together are asked again one by one, and only who raises it is told;
 * - a worker that crashes: the same, once, on another; a call that was alone is answered `isGone`, and not asked again;
 * - no answer: calls that went together are parted at half the deadline, so that the others are still answered in time; one that is alone
 *   ends its worker at the deadline. An aborted call is answered at once, and its worker goes on until then: clients that leave end none.
 *
 * A worker that has ended is started again, at once and then with pauses that double.
 */
import { type Answers, ModelFailure, type Rows } from '../model.ts';
import { kindsOf } from './frames.ts';
import { residentOf } from './memory.ts';
import type { PythonWorker } from './worker.ts';

export interface PoolLimits {
  /** ms that a call may run. */
  deadlineMs: number;
  /** Rows that go through the model at once. */
  batchRows: number;
  /** bytes of a worker and what it has started */
  memory: number;
}

export interface PoolOptions {
  workers: number;
  limits: () => PoolLimits;
  /** A worker that is being loaded. */
  start: () => Promise<PythonWorker>;
  /** Asks a new worker once, before anybody does. */
  warm: (worker: PythonWorker) => Promise<void>;
  say: (line: string) => void;
  /** ms between two looks at memory */
  lookEvery?: number;
}

export interface Pool {
  ask: (rows: Rows, signal?: AbortSignal) => Promise<Answers>;
  close: () => Promise<void>;
  /** Of the workers that can be asked now, for tests and logs. */
  pids: () => number[];
}

interface Call {
  rows: Rows;
  kinds: string;
  isAlone: boolean;
  isSettled: boolean;
  resolve: (answers: Answers) => void;
  reject: (error: unknown) => void;
}

interface Slot {
  worker: PythonWorker | null;
  isBusy: boolean;
  /** Ends in a row. */
  failures: number;
}

const [FIRST_PAUSE, LONGEST_PAUSE] = [100, 30_000]; // ms
/** ms after which a worker counts as one that works */
const STEADY = 60_000;

/** @throws {ModelFailure} a worker cannot load the model, or the model fails on its own example */
export async function openPool({ workers, limits, start, warm, say, lookEvery = 500 }: PoolOptions): Promise<Pool> {
  const slots: Slot[] = Array.from({ length: workers }, () => ({ worker: null, isBusy: false, failures: 0 }));
  const line: Call[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let isClosed = false;

  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return timer;
  };

  const begin = async (slot: Slot): Promise<void> => {
    const worker = await start();
    void worker.gone.then((reason) => ended(slot, worker, reason));
    try {
      await worker.ready;
      await warm(worker);
    } catch (error) {
      worker.kill('it could not be loaded');
      throw error;
    }
    if (isClosed) return worker.kill('the host closes');
    slot.worker = worker;
    slot.isBusy = false;
    after(STEADY, () => {
      if (slot.worker === worker) slot.failures = 0;
    });
    serve();
  };

  const again = (slot: Slot) => {
    if (isClosed) return;
    const pause = slot.failures === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (slot.failures - 1));
    slot.failures++;
    after(pause, () => {
      begin(slot).catch((error: Error) => {
        say(`a worker could not be started again: ${error.message}`);
        if (slots.every(({ worker }) => worker === null)) refuseAll(new ModelFailure(error.message, { isGone: true, cause: error }));
        again(slot);
      });
    });
  };

  const ended = (slot: Slot, worker: PythonWorker, reason: string) => {
    if (slot.worker !== worker) return; // it never served
    slot.worker = null;
    if (isClosed) return;
    say(`a worker (${worker.pid}) is gone: ${reason}; another is started`);
    again(slot);
  };

  const refuseAll = (error: Error) => {
    for (const call of line.splice(0)) settle(call, () => call.reject(error));
  };

  const settle = (call: Call, how: () => void) => {
    if (call.isSettled) return;
    call.isSettled = true;
    how();
  };

  const serve = () => {
    for (const slot of slots) {
      if (!slot.worker || slot.isBusy) continue;
      const calls = next();
      if (calls.length === 0) return;
      void give(slot, slot.worker, calls);
    }
  };

  const next = (): Call[] => {
    while (line[0]?.isSettled) line.shift();
    const [first] = line;
    if (!first) return [];
    const taken = [first];
    let rows = first.rows.count;
    const { batchRows } = limits();
    for (let i = 1; i < line.length && !first.isAlone; i++) {
      const call = line[i] as Call;
      if (call.isSettled) continue;
      if (call.isAlone || call.kinds !== first.kinds || rows + call.rows.count > batchRows) break;
      taken.push(call);
      rows += call.rows.count;
    }
    line.splice(0, line.indexOf(taken[taken.length - 1] as Call) + 1);
    return taken;
  };

  const give = async (slot: Slot, worker: PythonWorker, calls: Call[]) => {
    slot.isBusy = true;
    const { deadlineMs } = limits();
    const allowed = calls.length > 1 ? deadlineMs / 2 : deadlineMs;
    let [isLate, isDone] = [false, false];
    const late = after(allowed, () =>
      // What has come while this process was held up is read first.
      setImmediate(() => {
        if (isDone) return;
        isLate = true;
        worker.kill(`no answer came within ${allowed} ms`);
      }),
    );
    try {
      const answers = await worker.ask(calls.map(({ rows }) => rows));
      calls.forEach((call, i) => {
        settle(call, () => call.resolve(answers[i] as Answers));
      });
    } catch (error) {
      if (calls.length > 1) {
        for (const call of calls) call.isAlone = true;
        line.unshift(...calls.filter((call) => !call.isSettled));
      } else {
        const [call] = calls as [Call];
        settle(call, () => call.reject(isLate ? tooLate(deadlineMs) : error));
      }
    } finally {
      isDone = true;
      clearTimeout(late);
      timers.delete(late);
      slot.isBusy = false;
      serve();
    }
  };

  const look = async () => {
    const { memory } = limits();
    for (const { worker } of slots) {
      const held = worker?.pid === undefined ? null : await residentOf(worker.pid);
      if (held !== null && held > memory) {
        worker?.kill(`it took ${Math.round(held / 1024 ** 2)} MiB, more than the ${Math.round(memory / 1024 ** 2)} MiB that it may`);
      }
    }
    if (!isClosed) after(lookEvery, () => void look());
  };

  const close = async () => {
    isClosed = true;
    for (const timer of timers) clearTimeout(timer);
    refuseAll(new ModelFailure('the host closes', { isGone: true }));
    const open = slots.flatMap(({ worker }) => (worker ? [worker] : []));
    for (const worker of open) worker.kill('the host closes');
    await Promise.all(open.map(({ gone }) => gone));
  };

  try {
    await Promise.all(slots.map(begin));
  } catch (error) {
    await close();
    throw error;
  }
  after(lookEvery, () => void look());

  return {
    ask: (rows, signal) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new ModelFailure('the host closes', { isGone: true }));
        if (signal?.aborted) return reject(signal.reason);
        const call: Call = { rows, kinds: kindsOf(rows), isAlone: false, isSettled: false, resolve, reject };
        const abort = () => settle(call, () => reject(signal?.reason));
        signal?.addEventListener('abort', abort, { once: true });
        const free = () => signal?.removeEventListener('abort', abort);
        call.resolve = (answers) => {
          free();
          resolve(answers);
        };
        call.reject = (error) => {
          free();
          reject(error);
        };
        line.push(call);
        // Calls that come in the same turn of the event loop go together.
        if (line.length === 1) queueMicrotask(serve);
      }),
    close,
    pids: () => slots.flatMap(({ worker }) => (worker?.pid === undefined ? [] : [worker.pid])),
  };
}

/** As `AbortSignal.timeout` has it: 504. */
const tooLate = (ms: number) => new DOMException(`the model did not answer within ${ms} ms; its process was ended`, 'TimeoutError');
