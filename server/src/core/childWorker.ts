/**
 * Works off a queue (queueWorker.ts) by children of the server. Each of them works in a scratch folder and with a token that is lent to it,
 * which both are gone when it has ended.
 */
import { ended, endGroup, type LastWords, startChild } from './childProcess.ts';
import type { Services } from './context.ts';
import { codeOf } from './plainError.ts';
import { createQueueWorker, type Job, type Queue, type QueueWorker } from './queueWorker.ts';
import { makeScratch, removeLeftScratch, removeScratch } from './scratch.ts';

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

/** `name`: also in the label of its tokens. */
export interface ChildQueue<Task extends ChildTask> extends Queue<Task> {
  /** The server ends in order: whoever is next on this database takes it up. */
  putBack: (id: string) => Promise<void>;
  /** The child has ended; where it has not told the end of its task itself, somebody must learn why. */
  end: (id: string, words: LastWords, now: number) => Promise<unknown>;
  /** ms that a child may take */
  lasts: (task: Task) => number;
  command: (task: Task) => { args: string[]; task: Record<string, unknown> };
}

type Lend = (who: ChildTask, lent: { label: string; now: number; expiresAt: number }) => Promise<Lent>;

export type ChildWorker = QueueWorker;

export function createChildWorker<Task extends ChildTask>(
  { log, now }: Pick<Services, 'log' | 'now'>,
  queue: ChildQueue<Task>,
  lend: Lend,
  settings: ChildSettings,
): ChildWorker {
  const { name } = queue;
  const tidy = (what: string) => (error: unknown) => log.warn({ err: error }, `${what} after a ${name}`);

  const begin = async (task: Task, url: string, stopping: AbortSignal): Promise<Job | null> => {
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
      const done = ended(child).then(async (words) => {
        clearTimeout(late);
        log.info({ [name]: task.id, ...words }, 'its process ended');
        // First what others wait for; what the child has left may resist.
        const stored = stopping.aborted ? queue.putBack(task.id) : queue.end(task.id, words, now());
        await stored.catch((error: unknown) => log.error({ err: error, [name]: task.id }, 'its end could not be stored'));
        await forget();
      });
      return { done, end: () => void endGroup(child) };
    } catch (error) {
      log.error({ err: error, [name]: task.id }, 'it could not be begun');
      await forget();
      const lastWords = `it could not be begun on the server (${codeOf(error) || 'see its log'})`;
      await queue.end(task.id, { code: null, lastWords }, now());
      return null;
    }
  };

  const tidyLeft = () => removeLeftScratch(settings.scratch, tidy('a scratch folder could not be removed'));
  return createQueueWorker({ log, now }, { queue, begin, tidyLeft }, settings);
}
