/**
 * Works off a queue that is a table, some at once. It is taken from with `for update skip locked`, so that servers that share a database
 * share the work. A row whose server died is told by its heartbeat; whose queue it is says what becomes of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from './context.ts';

/** ms between two looks at the queue, the clock and what is cancelled; whoever asks on this server is served at once. */
const INTERVAL = 2_000;

export interface Job {
  /** When it has ended and that is stored; never rejected. */
  done: Promise<void>;
  /** Nobody wants it any more, or the server stops: `done` follows. */
  end: () => void;
}

export interface Queue<Task extends { id: string }> {
  /** What one of it is called in the log. */
  name: string;
  /** Before the queue is read, where this server works: what has become due. */
  queueDue?: (now: number) => Promise<unknown>;
  /** The one that waits longest, marked as running. */
  claim: (now: number) => Promise<Task | null>;
  /** Somebody works on these. @returns those that are still wanted */
  heartbeat: (ids: readonly string[], now: number) => Promise<Set<string>>;
  /** Those whose process is silent. @param all whatever a server worked on, since no other is there that could */
  requeueLost: (when: { now: number; all?: boolean }) => Promise<void>;
}

export interface QueueWorker {
  /** Why nothing is done here; null: it is. */
  off: string | null;
  /** Something was queued, or cancelled. */
  wake: () => void;
  /** @param isAlone no other server shares the database: what is marked as running is nobody's */
  start: (url: string, isAlone: boolean) => void;
  stop: () => Promise<void>;
}

interface Work<Task extends { id: string }> {
  queue: Queue<Task>;
  /** Null where it could not be begun, and that is stored. @param url of this server */
  begin: (task: Task, url: string, stopping: AbortSignal) => Promise<Job | null>;
  /** What a server that was killed has left. */
  tidyLeft?: () => Promise<void>;
}

export function createQueueWorker<Task extends { id: string }>(
  { log, now }: Pick<Services, 'log' | 'now'>,
  { queue, begin, tidyLeft }: Work<Task>,
  { off, atOnce }: { off: string | null; atOnce: number },
): QueueWorker {
  const stopping = new AbortController();
  const working = new Map<string, Job>();
  let waking = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const look = async (url: string) => {
    const still = await queue.heartbeat([...working.keys()], now());
    for (const [id, job] of working) if (!still.has(id)) job.end();
    await queue.requeueLost({ now: now() });
    if (off !== null) return;
    await queue.queueDue?.(now());
    while (working.size < atOnce && !stopping.signal.aborted) {
      const task = await queue.claim(now());
      if (!task) return;
      const job = await begin(task, url, stopping.signal);
      if (!job) continue;
      const done = job.done.then(() => {
        working.delete(task.id); // not before: who stops the server waits for it
        wake();
      });
      working.set(task.id, { ...job, done });
    }
  };

  const wake = () => waking.abort();

  return {
    off,
    wake,
    start(url, isAlone) {
      let isFirst = isAlone;
      const loop = async () => {
        while (!stopping.signal.aborted) {
          waking = new AbortController();
          try {
            if (isFirst) {
              await queue.requeueLost({ now: now(), all: true });
              await tidyLeft?.();
            }
            isFirst = false;
            await look(url);
          } catch (error) {
            if (!stopping.signal.aborted) log.warn({ err: error }, `the queue of each ${queue.name} could not be read; trying again`);
          }
          const signal = AbortSignal.any([stopping.signal, waking.signal]);
          await sleep(INTERVAL, undefined, { ref: false, signal }).catch(() => {}); // woken
        }
      };
      running = loop();
    },
    async stop() {
      stopping.abort();
      await running;
      for (const { end } of working.values()) end();
      await Promise.all([...working.values()].map(({ done }) => done));
    },
  };
}
