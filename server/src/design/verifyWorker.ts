/**
 * Verifies on the server what was asked for: `python -m cellkeep verify` as a child in a process group of its own, some at once.
 *
 * The queue is the table `verdicts`, taken from with `for update skip locked`, so that servers that share a database share the work. A row
 * whose server died is told by its heartbeat and queued again, twice at most: one that takes its server down with it must not do so for
 * ever. The child learns address, token and task from its stdin, so that nothing of it stands on a command line or in an environment that
 * the notebook's cells could read; when that pipe closes, because the server is gone, the child ends itself and its kernel.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LentToken, lendToken } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import { codeOf } from '../core/plainError.ts';
import { queueDue } from './schedules.ts';
import { makeScratch, removeLeftScratch, removeScratch } from './scratch.ts';
import { claimVerdict, endUnfinished, heartbeat, type LastWords, putBack, requeueLost, type Task } from './verdictQueue.ts';
import type { VerifiedRuns } from './verdicts.ts';
import type { VerifySettings } from './verifySettings.ts';

/** ms between two looks at the queue, the clock and what is cancelled; whoever asks on this server is served at once. */
const INTERVAL = 2_000;
/** ms that a process gets to end by itself. */
const PATIENCE = 5_000;
/** ms for what is not execution: building an environment, comparing. */
const BESIDE = 3_600_000;
const LAST_WORDS = 2_000; // characters of stderr
/** ms from a child's exit to that of its stderr, which others may have open */
const LET_GO = 1_000;

export interface VerifyWorker {
  /** Why nothing is verified here; null: it is. */
  off: string | null;
  /** Something was queued. */
  wake: () => void;
  /** @param isAlone no other server shares the database: what is marked as running is nobody's */
  start: (url: string, isAlone: boolean) => void;
  stop: () => Promise<void>;
}

interface Working {
  child: ChildProcess;
  done: Promise<void>;
}

export function createVerifyWorker(services: Services, runs: VerifiedRuns, settings: VerifySettings): VerifyWorker {
  const { sql, log, now } = services;
  const stopping = new AbortController();
  const working = new Map<string, Working>();
  let waking = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const takeUpLeft = async () => {
    await requeueLost(sql, runs, { now: now(), all: true });
    await removeLeftScratch(settings.folder, tidy('a scratch folder could not be removed'));
  };

  const look = async (url: string) => {
    const still = await heartbeat(sql, [...working.keys()], now());
    for (const [id, { child }] of working) if (!still.has(id)) void endGroup(child);
    await requeueLost(sql, runs, { now: now() });
    if (settings.off !== null) return;
    await queueDue(sql, now());
    while (working.size < settings.atOnce && !stopping.signal.aborted) {
      const task = await claimVerdict(sql, now());
      if (!task) return;
      await begin(task, url);
    }
  };

  const tidy = (what: string) => (error: unknown) => log.warn({ err: error }, `${what} after a verification`);

  const begin = async (task: Task, url: string) => {
    let [scratch, token]: [string | null, LentToken | null] = [null, null];
    const forget = async () => {
      await token?.takeBack().catch(tidy('a lent token could not be taken back'));
      if (scratch) await removeScratch(scratch).catch(tidy('a scratch folder could not be removed'));
    };
    try {
      scratch = await makeScratch(settings.folder);
      const until = now() + task.options.timeoutSeconds * 1_000 + BESIDE;
      token = await lendToken(sql, task, { label: `verification ${task.id}`, now: now(), expiresAt: until });
      const child = startChild(settings, scratch, { ...task, url, token: token.secret });
      log.info({ verdict: task.id, run: task.runId, pid: child.pid }, 'verifying');
      const late = setTimeout(() => void endGroup(child), until - now());
      const done = ended(child).then(async (end) => {
        clearTimeout(late);
        log.info({ verdict: task.id, ...end }, 'verification ended');
        // First what others wait for; what the notebook has left may resist.
        await endRow(task.id, end).catch((error: unknown) => log.error({ err: error, verdict: task.id }, 'its end could not be stored'));
        await forget();
        working.delete(task.id); // not before: who stops the server waits for it
        wake();
      });
      working.set(task.id, { child, done });
    } catch (error) {
      log.error({ err: error, verdict: task.id }, 'a verification could not be begun');
      await forget();
      const lastWords = `it could not be begun on the server (${codeOf(error) || 'see its log'})`;
      await endUnfinished(sql, runs, task.id, { code: null, lastWords }, now());
    }
  };

  const endRow = (id: string, end: LastWords) => (stopping.signal.aborted ? putBack(sql, id) : endUnfinished(sql, runs, id, end, now()));

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
            if (!stopping.signal.aborted) log.warn({ err: error }, 'the queue of verifications could not be read; trying again');
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

/** Only what a program needs to run at all: nothing of the server's own environment, which holds its secrets. */
const KEPT = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'SSL_CERT_FILE',
  'PIP_INDEX_URL',
  'PIP_CONFIG_FILE',
  'UV_INDEX_URL',
  'UV_DEFAULT_INDEX',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
];

function startChild(
  { python, memory, folder }: VerifySettings,
  scratch: string,
  task: Task & { url: string; token: string },
): ChildProcess {
  const kept = Object.fromEntries(KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  const child = spawn(python, ['-m', 'cellkeep', 'verify', task.runId, '--supervised', '--memory', String(memory)], {
    cwd: scratch,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...kept, HOME: scratch, TMPDIR: scratch, XDG_CACHE_HOME: join(folder, 'cache'), CELLKEEP_HOME: folder },
  });
  child.stdin?.on('error', () => {}); // it ended before it listened; its exit says why
  const { url, token, id, runUser, options } = task;
  child.stdin?.write(`${JSON.stringify({ url, token, verdict: id, trust: runUser, options })}\n`);
  return child;
}

/** What its cells have started ends with it, and does not keep its stderr open. */
function ended(child: ChildProcess): Promise<LastWords> {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-LAST_WORDS);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, lastWords: error.message }));
    child.once('exit', () => {
      signalGroup(child, 'SIGKILL');
      // Whoever has left the group may hold it for ever.
      setTimeout(() => child.stderr?.destroy(), LET_GO).unref();
    });
    child.once('close', (code, signal) =>
      resolve({ code, lastWords: text.trim() || (signal ? `its process was ended by ${signal}` : '') }),
    );
  });
}

/** The whole group: the verifier, its kernel, and what that has started. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  signalGroup(child, 'SIGTERM');
  const waited = sleep(PATIENCE, 'late', { ref: false });
  if ((await Promise.race([gone, waited])) === 'late') signalGroup(child, 'SIGKILL');
  await gone;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes(codeOf(error))) throw error; // gone already; or whoever is left runs as another user
  }
}
