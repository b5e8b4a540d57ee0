/**
 * Scorers that are kept for a while: one child process for each model that is asked, some at once. Who comes when all are in use waits; one
 * that nobody uses is ended after a minute, or when another is wanted.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '@cellkeep/schema/registry';
import type { Services } from '../../core/context.ts';
import { type ModelFile, modelFiles } from '../../registry/index.ts';
import { ModelFailure } from '../host/model.ts';
import { unpackModel } from '../host/unpackModel.ts';
import type { Scorer, WithScorer } from './scorer.ts';
import { type ScorerChild, startScorerChild } from './scorerChild.ts';

export interface ScorerSettings {
  /** Folder that models are unpacked into, by digest. */
  cache: string;
  /** Interpreter with the package cellkeep; empty: none, or none may run. */
  python: string;
  /** Why no model that needs Python is asked here; null: it is. */
  pythonOff?: string | null;
  /** Processes at once. */
  atOnce?: number;
  /** MiB of one, with what it has started */
  memoryMiB?: number;
  /** ms that one question may take */
  timeLimit?: number;
  /** ms after which one that nobody uses ends */
  idle?: number;
}

export interface ScorerPool {
  withScorer: WithScorer;
  /** Ends all; those that wait are told. */
  stop: () => Promise<void>;
  /** Of the processes that are there, for tests. */
  pids: () => number[];
}

interface Kept {
  child: Promise<ScorerChild>;
  users: number;
  timer: NodeJS.Timeout | null;
  usedAt: number;
  pid: number | undefined;
}

export function createScorerPool({ sql, blobs, log }: Pick<Services, 'sql' | 'blobs' | 'log'>, settings: ScorerSettings): ScorerPool {
  const { cache, python, pythonOff = null, atOnce = 2, memoryMiB = 4_096, timeLimit = 600_000, idle = 60_000 } = settings;
  const kept = new Map<string, Kept>();
  const waiting: (() => void)[] = [];
  let isStopped = false;

  const start = async (loggedModelId: string, own: Kept): Promise<ScorerChild> => {
    const [found] = await sql<{ bundle: Bundle }[]>`select bundle from model_bundles where logged_model_id = ${loggedModelId}`;
    if (!found) throw new ModelFailure(`${loggedModelId} has no bundle, so nothing says how it is asked; promote it to make one`);
    if (found.bundle.runtime === 'python' && pythonOff !== null) throw new ModelFailure(pythonOff);
    const files: ModelFile[] = (await modelFiles(sql, loggedModelId)) ?? [];
    if (files.length === 0) throw new ModelFailure(`the files of ${loggedModelId} are not on this server`);
    await mkdir(cache, { recursive: true, mode: 0o700 });
    const folder = await unpackModel(files, async (digest) => (await blobs.get(digest))?.stream ?? null, cache);
    const scratch = await mkdtemp(join(cache, `scorer-${process.pid}-`));
    const task = { bundle: found.bundle, folder, python, memoryMiB, timeLimit, cache };
    const say = (line: string) => log.info({ loggedModelId, line: line.slice(0, 2_000) }, 'a scored model says');
    const child = startScorerChild(task, { entry: scorerProgram(), scratch, say });
    own.pid = child.pid;
    void child.gone.then(async (reason) => {
      if (kept.get(loggedModelId) === own) forget(loggedModelId, own);
      log.info({ loggedModelId, pid: child.pid, reason }, 'a scorer ended');
      await rm(scratch, { recursive: true, force: true }).catch((error) =>
        log.warn({ err: error }, 'a scratch folder could not be removed'),
      );
    });
    log.info({ loggedModelId, pid: child.pid }, 'a scorer is started');
    await child.ready.catch(async (error) => {
      await child.end('it could not load the model');
      throw error;
    });
    return child;
  };

  const forget = (id: string, one: Kept) => {
    if (one.timer) clearTimeout(one.timer);
    if (kept.get(id) === one) kept.delete(id);
    waiting.shift()?.();
  };

  const end = async (id: string, one: Kept, reason: string) => {
    forget(id, one);
    await one.child.then((child) => child.end(reason)).catch(() => {}); // it never began
  };

  /** @returns the one that is there or a new one, with one user more */
  const take = async (id: string): Promise<Kept> => {
    for (;;) {
      if (isStopped) throw new ModelFailure('the server stops', { isGone: true });
      const there = kept.get(id);
      if (there) {
        there.users++;
        return there;
      }
      if (kept.size < atOnce) break;
      const idlest = [...kept].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.usedAt - b.usedAt)[0];
      if (idlest) await end(...idlest, 'another model is asked');
      else await new Promise<void>((resolve) => waiting.push(resolve));
    }
    const one: Kept = { child: Promise.reject(new Error('not begun')), users: 1, timer: null, usedAt: Date.now(), pid: undefined };
    one.child.catch(() => {});
    kept.set(id, one);
    one.child = start(id, one);
    one.child.catch(() => forget(id, one));
    return one;
  };

  const withScorer: WithScorer = async (loggedModelId, use) => {
    const one = await take(loggedModelId);
    if (one.timer) clearTimeout(one.timer);
    try {
      return await use(scorerOf(await one.child));
    } finally {
      one.users--;
      one.usedAt = Date.now();
      if (one.users === 0 && kept.get(loggedModelId) === one) {
        one.timer = setTimeout(() => void end(loggedModelId, one, 'nobody asks it any more'), idle);
        one.timer.unref();
        waiting.shift()?.(); // who waits may take its place
      }
    }
  };

  return {
    withScorer,
    async stop() {
      isStopped = true;
      for (const wake of waiting.splice(0)) wake();
      await Promise.all([...kept].map(([id, one]) => end(id, one, 'the server stops')));
    },
    pids: () => [...kept.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
  };
}

function scorerOf(child: ScorerChild): Scorer {
  return {
    async predict(rows, signal) {
      const told = await child.ask({ kind: 'predict', rows }, signal);
      if (told.kind !== 'predicted') throw new ModelFailure('the scorer answered another question');
      return told.answer;
    },
    async explain(rows, row, output) {
      const told = await child.ask({ kind: 'explain', rows, row, ...(output === undefined ? {} : { output }) });
      if (told.kind !== 'explained') throw new ModelFailure('the scorer answered another question');
      return told.explanation;
    },
  };
}

/** The bundle for a server that is one itself; the sources for one that runs from its sources, where a bundle may be older. */
function scorerProgram(): string {
  const bundle = fileURLToPath(new URL('../../../dist/cellkeep-scorer.mjs', import.meta.url));
  const source = fileURLToPath(new URL('./cellkeep-scorer.ts', import.meta.url));
  const isBundled = basename(process.argv[1] ?? '') === 'cellkeep-server.mjs' || !existsSync(source);
  return isBundled ? bundle : source;
}
