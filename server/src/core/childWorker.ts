/**
 * Works off a queue by children of the server, some at once. The queue is a table, taken from with `for update skip locked`, so that
 * servers that share a database share the work. A row whose server died is told by its heartbeat; whose queue it is says what becomes of
 * it. Each child works in a scratch folder and with a token that is lent to it, which both are gone when it has ended.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, endGroup, type LastWords, startChild } from './childProcess.ts';
import type { Services } from './context.ts';
import { codeOf } from './plainError.ts';
import { makeScratch, removeLeftScratch, removeScratch } from './scratch.ts';

/** ms between two looks at the queue, the clock and what is cancelled; whoever asks on this server is served at once. */
const INTERVAL = 2_000;

export interface ChildSettings {
  /** The program; empty: there is none. */
  python: string;
  /** Why nothing is done here, with what to do about it; null: it is. */
  off: string | null;
  /** Children side by side. */
  atOnce: number;
  /** Where scratch folders lie. */
  scratch: string;
  /** Where what children keep for one another lies. */
  folder: string;
}

export interface Lent {
  secret: string;
  /** Safe to call twice. */
  takeBack: () => Promise<void>;
}

export interface ChildTask {
  id: string;
  workspaceId: string;
  userId: string;
}

export interface ChildQueue<Task extends ChildTask> {
  /** What one of it is called in the log and in the label of its token. */
  name: string;
  /** Before the queue is read, where this server works: what has become due. */
  queueDue?: (now: number) => Promise<unknown>;
  /** The one that waits longest, marked as running. */
  claim: (now: number) => Promise<Task | null>;
  /** Somebody works on these. @returns those that are still wanted */
  heartbeat: (ids: readonly string[], now: number) => Promise<Set<string>>;
  /** Those whose process is silent. @param all whatever a server worked on, since no other is there that could */
  requeueLost: (when: { now: number; all?: boolean }) => Promise<void>;
  /** The server ends in order: whoever is next on this database takes it up. */
  putBack: (id: string) => Promise<void>;
  /** The child has ended; where it has not told the end of its task itself, somebody must learn why. */
  end: (id: string, words: LastWords, now: number) => Promise<unknown>;
  /** ms that a child may take */
  lasts: (task: Task) => number;
  command: (task: Task) => { args: string[]; task: Record<string, unknown> };
}

type Lend = (who: ChildTask, lent: { label: string; now: number; expiresAt: number }) => Promise<Lent>;

export interface ChildWorker {
  /** Why nothing is done here; null: it is. */
  off: string | null;
  /** Something was queued, or cancelled. */
  wake: () => void;
  /** @param isAlone no other server shares the database: what is marked as running is nobody's */
  start: (url: string, isAlone: boolean) => void;
  stop: () => Promise<void>;
}

interface Working {
  child: ChildProcess;
  done: Promise<void>;
}

export function createChildWorker<Task extends ChildTask>(
  { log, now }: Pick<Services, 'log' | 'now'>,
  queue: ChildQueue<Task>,
  lend: Lend,
  settings: ChildSettings,
): ChildWorker {
  const { name } = queue;
  const stopping = new AbortController();
  const working = new Map<string, Working>();
  let waking = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const takeUpLeft = async () => {
    await queue.requeueLost({ now: now(), all: true });
    await removeLeftScratch(settings.scratch, tidy('a scratch folder could not be removed'));
  };

  const look = async (url: string) => {
    const still = await queue.heartbeat([...working.keys()], now());
    for (const [id, { child }] of working) if (!still.has(id)) void endGroup(child);
    await queue.requeueLost({ now: now() });
    if (settings.off !== null) return;
    await queue.queueDue?.(now());
    while (working.size < settings.atOnce && !stopping.signal.aborted) {
      const task = await queue.claim(now());
      if (!task) return;
      await begin(task, url);
    }
  };

  const tidy = (what: string) => (error: unknown) => log.warn({ err: error }, `${what} after a ${name}`);

  const begin = async (task: Task, url: string) => {
    let [scratch, token]: [string | null, Lent | null] = [null, null];
    const forget = async () => {
      await token?.takeBack().catch(tidy('a lent token could not be taken back'));
      if (scratch) await removeScratch(scratch).catch(tidy('a scratch folder could not be removed'));
    };
    try {
      scratch = await makeScratch(settings.scratch);
      const until = now() + queue.lasts(task);
      token = await lend(task, { label: `${name} ${task.id}`, now: now(), expiresAt: until });
      const { args, task: told } = queue.command(task);
      const line = { url, token: token.secret, ...told };
      const child = startChild({ program: settings.python, args, scratch, folder: settings.folder, task: line });
      log.info({ [name]: task.id, pid: child.pid }, 'its process was started');
      const late = setTimeout(() => void endGroup(child), until - now());
      const done = ended(child).then(async (end) => {
        clearTimeout(late);
        log.info({ [name]: task.id, ...end }, 'its process ended');
        // First what others wait for; what the child has left may resist.
        await endRow(task.id, end).catch((error: unknown) => log.error({ err: error, [name]: task.id }, 'its end could not be stored'));
        await forget();
        working.delete(task.id); // not before: who stops the server waits for it
        wake();
      });
      working.set(task.id, { child, done });
    } catch (error) {
      log.error({ err: error, [name]: task.id }, 'it could not be begun');
      await forget();
      const lastWords = `it could not be begun on the server (${codeOf(error) || 'see its log'})`;
      await queue.end(task.id, { code: null, lastWords }, now());
    }
  };

  const endRow = (id: string, end: LastWords) => (stopping.signal.aborted ? queue.putBack(id) : queue.end(id, end, now()));

  const wake = () => waking.abort();

  return {
    off: settings.off,
    wake,
    start(url, isAlone) {
      let isFirst = isAlone;
      const loop = async () => {
        while (!stopping.signal.aborted) {
          waking = new AbortController();
          try {
            if (isFirst) await takeUpLeft();
            isFirst = false;
            await look(url);
          } catch (error) {
            if (!stopping.signal.aborted) log.warn({ err: error }, `the queue of each ${name} could not be read; trying again`);
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
      await Promise.all([...working.values()].map(({ child, done }) => endGroup(child).then(() => done)));
    },
  };
}
