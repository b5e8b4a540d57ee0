/**
 * One process that answers for one endpoint. It reads what it serves from the database, again whenever the endpoint's generation has moved,
 * and needs neither the server that started it nor, once it has loaded its releases, the database in order to answer.
 */
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { blobsOnDisk } from '../../core/blobsOnDisk.ts';
import { type Callers, createCallers } from './callers.ts';
import { connectTo } from './connectTo.ts';
import { drainTimes } from './drainTimes.ts';
import { type GoneWatch, watchForGone } from './goneWatch.ts';
import { heartbeat } from './heartbeat.ts';
import { type HttpServer, serveHttp } from './http/serveHttp.ts';
import { type LookupOf, noLookup } from './lookup.ts';
import type { LoadModel } from './model.ts';
import { readEndpoint, readGeneration } from './readEndpoint.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { httpRefusal } from './refusal.ts';
import { type Releases, watchReleases } from './releases.ts';
import { createLoadModel } from './runtimes.ts';
import { createService, type Service } from './service.ts';
import type { HostTask } from './task.ts';

export interface HostOptions {
  lookupOf?: LookupOf;
  /** What loads models; tests give their own. */
  load?: LoadModel;
  /** ms between looks at what may have changed without a word; tests that want words alone take none. */
  tick?: number;
  /** What time it is for those who are believed for a while; tests give their own. */
  now?: () => number;
  /** Lines for whoever reads the host's output. */
  say?: (line: string, stream?: 'out' | 'err' | 'host') => void;
  /** The endpoint is gone, or nobody knows this host any more: it has ended. */
  onUnwanted?: () => void;
}

export interface RunningHost {
  port: number;
  /** Answers what is under way, writes what it knows, and ends. */
  close: () => Promise<void>;
}

/** ms */
const TICK = 1_000;
/** ms that a host which ends waits until its server knows. */
const SAID_WITHIN = 1_000;

export async function startHost(
  task: HostTask,
  { lookupOf = noLookup, load, tick = TICK, now = Date.now, say = () => {}, onUnwanted = () => {} }: HostOptions = {},
): Promise<RunningHost> {
  const sql = connectTo(task.databaseUrl);
  const closing: (() => unknown)[] = [() => sql.end({ timeout: 2 })];
  try {
    await mkdir(task.cache, { recursive: true, mode: 0o700 });
    const gone = await watchForGone(task.cache);
    const blobs = await blobsOnDisk(task.blobs);
    const callers = createCallers(sql, now);
    const recorder = createRecorder(sql, task.endpointId, say);
    const first = await readEndpoint(sql, task.endpointId);
    if (!first) throw new Error(`there is no endpoint ${task.endpointId}`);
    const { workers, memoryMiB } = first.settings;
    const releases: Releases = watchReleases(first, {
      ...{ sql, callers, lookupOf, say, take: recorder.take },
      cache: task.cache,
      open: async (digest) => (await blobs.get(digest))?.stream ?? null,
      load:
        load ??
        createLoadModel({
          ...{ python: task.python, workers, memoryMiB, cache: task.cache, say },
          deadlineMs: () => releases.state().settings.deadlineMs,
          batchRows: () => releases.state().settings.batchRows,
        }),
      onBatch: (release, result) => service.onBatch(release, result),
    });
    const service: Service = createService({ state: releases.state, callers, log: recorder.log, say });
    closing.push(service.close, releases.close);
    const beat = heartbeat(sql, task);
    await beat({ state: 'starting', ...releases.told() });
    await releases.settled(); // nobody is led here before what takes traffic is loaded
    const http = await serveHttp({
      ...{ host: task.host, port: task.port, reusePort: true, handle: service.handle, admit: service.admit, refuse: httpRefusal, say },
      maxBody: () => releases.state().settings.maxBodyBytes,
    });
    return run(task, { sql, callers, recorder, releases, service, http, beat, gone, closing, tick, say, onUnwanted });
  } catch (error) {
    for (const step of closing.reverse()) await step();
    throw error;
  }
}

interface Parts {
  sql: Sql;
  callers: Callers;
  recorder: Recorder;
  releases: Releases;
  service: Service;
  http: HttpServer;
  beat: ReturnType<typeof heartbeat>;
  gone: GoneWatch;
  closing: (() => unknown)[];
  tick: number;
  say: (line: string) => void;
  onUnwanted: () => void;
}

async function run(
  task: HostTask,
  { sql, callers, recorder, releases, service, http, beat, gone, closing, tick: every, say, onUnwanted }: Parts,
): Promise<RunningHost> {
  let isClosing = false;
  let hasDrained = false;
  let isAway = false;
  let ticking: Promise<void> = Promise.resolve();

  async function tick(): Promise<void> {
    try {
      const generation = await readGeneration(sql, task.endpointId);
      gone.answered();
      if (generation === null) return unwanted('the endpoint is deleted');
      if (generation !== releases.generation() && !isClosing) {
        recorder.take(releases.state().releases); // as it was: a canary's step begins with what comes after
        await releases.refresh();
      }
      const isKnown = await beat({ state: isClosing ? 'draining' : releases.state().isReady ? 'ready' : 'starting', ...releases.told() });
      if (!isKnown) return unwanted('no server knows this host any more');
      await recorder.flush(releases.state().releases, service.lastRequestAt(), callers.takeUsed());
      if (isAway) say('the database is there again');
      isAway = false;
    } catch (error) {
      recorder.take(releases.state().releases);
      const why = await gone.whyGone(error);
      if (why !== null) return unwanted(why);
      if (!isAway) say(`the database does not answer (${error instanceof Error ? error.message : error}); requests are answered as before`);
      isAway = true;
    }
  }
  const again = () => {
    if (!hasDrained) ticking = ticking.then(tick);
  };
  const unwanted = (why: string) => {
    if (isClosing) return; // said already
    say(`${why}: this host ends`);
    void close().then(onUnwanted);
  };
  let isQueued = false;
  const timer = setInterval(() => {
    // A tick that waits for the database is not asked for twice.
    if (isQueued) return;
    isQueued = true;
    again();
    void ticking.finally(() => {
      isQueued = false;
    });
  }, every);
  const onEndpoint = await sql.listen('cellkeep_endpoint', (id) => (id === task.endpointId ? again() : undefined), again);
  const onAccess = await sql.listen('cellkeep_access', callers.forgetUsers, callers.forgetUsers);
  again();
  await ticking;

  const flush = () =>
    recorder.flush(releases.state().releases, service.lastRequestAt(), callers.takeUsed()).catch((error: unknown) => {
      say(`what was answered last is not in the log: ${error instanceof Error ? error.message : error}`);
    });
  let ended: Promise<void> | null = null;
  async function close(): Promise<void> {
    ended ??= (async () => {
      isClosing = true;
      again();
      // Said first, so that nobody sends more here; not waited for where the database is away.
      await Promise.race([ticking, sleep(SAID_WITHIN)]);
      // Slow clients may take their time: it goes on saying that it lives, and writing what it answered.
      await http.drain(drainTimes(releases.state().settings.deadlineMs));
      hasDrained = true;
      clearInterval(timer);
      await ticking;
      await flush();
      // Shadows are still asked what came last.
      await releases.close();
      await flush();
      await beat({ state: 'stopped', ...releases.told() }).catch(() => {});
      await Promise.allSettled([onEndpoint.unlisten(), onAccess.unlisten()]);
      for (const step of closing.reverse()) await step();
    })();
    await ended;
  }
  return { port: http.port, close };
}
