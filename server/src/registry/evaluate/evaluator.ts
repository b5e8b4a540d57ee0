/**
 * Works on the evaluations that wait: asks the version all rows, then single ones for the latency, and judges the answers. The table is the
 * queue, taken from with `for update skip locked`, so that servers that share a database share the work. What a server that died had begun
 * is told by its heartbeat and begun anew; after three beginnings it has failed: one that takes its server down must not do so for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Evaluation, EvaluationSet } from '@cellkeep/schema/registry';
import type { JSONValue } from 'postgres';
import type { Services } from '../../core/context.ts';
import { appendEvent } from '../../core/events.ts';
import { storable } from '../../core/storable.ts';
import { findBundle } from '../bundle/bundles.ts';
import { publishNews } from '../news.ts';
import { type AskedRows, askAll, askOneByOne } from './askRows.ts';
import { judge } from './judge.ts';
import { readRowsOf } from './sets.ts';
import { findWorstSlices } from './worstSlices.ts';

/** Gives `use` a model that answers. Deployment has it, which lies downstream: main.ts hands it in. */
export type AskModel = <T>(
  loggedModelId: string,
  use: (model: { predict: (rows: AskedRows, signal?: AbortSignal) => Promise<AskedRows & { latencyUs: number }> }) => Promise<T>,
) => Promise<T>;

export interface Evaluator {
  /** Something was queued. */
  wake: () => void;
  start: () => void;
  stop: () => Promise<void>;
}

/** ms between two looks at the queue; whoever asks on this server is served at once. */
const INTERVAL = 2_000;
/** ms; a server tells of what it works on every two seconds. */
const SILENT = 60_000;
const MOST_BEGINNINGS = 3;
const LONGEST_ERROR = 4_000; // characters

interface Task {
  id: string;
  workspaceId: string;
  userId: string;
  userName: string;
  modelId: string;
  modelName: string;
  version: number;
  loggedModelId: string | null;
  set: Pick<EvaluationSet, 'name' | 'digest' | 'label' | 'metrics' | 'slices'>;
}

/** @param onDone an approval may wait for what was found out */
export function createEvaluator(
  services: Services,
  ask: AskModel,
  onDone: (done: { workspaceId: string; modelId: string }) => Promise<void>,
): Evaluator {
  const { log } = services;
  const stopping = new AbortController();
  let waking = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const work = async (task: Task) => {
    const beat = setInterval(() => void heartbeat(services, task.id).catch(() => {}), INTERVAL);
    beat.unref();
    try {
      const { results, worst, latencyUs } = await evaluate(services, ask, task, stopping.signal);
      await end(services, task, { status: 'done', results, worst, latencyUs, error: null });
      await onDone(task);
    } catch (error) {
      if (stopping.signal.aborted) return putBack(services, task.id);
      log.warn({ err: error, evaluation: task.id }, 'an evaluation failed');
      const reason = error instanceof Error ? error.message : String(error);
      await end(services, task, { status: 'failed', results: [], worst: [], latencyUs: null, error: reason.slice(0, LONGEST_ERROR) });
    } finally {
      clearInterval(beat);
    }
  };

  const loop = async () => {
    while (!stopping.signal.aborted) {
      waking = new AbortController();
      try {
        await requeueLost(services);
        for (let task = await claim(services); task && !stopping.signal.aborted; task = await claim(services)) await work(task);
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'the queue of evaluations could not be read; trying again');
      }
      const signal = AbortSignal.any([stopping.signal, waking.signal]);
      await sleep(INTERVAL, undefined, { ref: false, signal }).catch(() => {}); // woken
    }
  };

  return {
    wake: () => waking.abort(),
    start() {
      running = loop();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function evaluate(services: Services, ask: AskModel, { loggedModelId, set }: Task, signal: AbortSignal) {
  const bundle = loggedModelId === null ? null : await findBundle(services.sql, loggedModelId);
  if (loggedModelId === null || !bundle) throw new Error('the version has no bundle any more: nothing says how it is asked');
  const rows = await readRowsOf(services, set.digest);
  return ask(loggedModelId, async (model) => {
    const answered = await askAll(model.predict, bundle, rows, set.label, signal);
    const latencyUs = await askOneByOne(model.predict, bundle, rows, signal);
    const judged = { set, rows, ...answered };
    return { results: judge(judged), worst: await findWorstSlices(judged, signal), latencyUs };
  });
}

/** The one that waits longest; servers that ask at once get different ones. */
async function claim(services: Services): Promise<Task | null> {
  const { sql, now } = services;
  const [task] = await sql<Task[]>`
    update evaluations e set status = 'running', heartbeat_at = ${new Date(now())}, beginnings = e.beginnings + 1
    from evaluation_sets s, registered_models m, model_versions v, users u
    where s.id = e.set_id and m.id = e.model_id and v.model_id = e.model_id and v.version = e.version and u.id = e.user_id and e.id = (
      select id from evaluations where status = 'queued' order by at limit 1 for update skip locked
    )
    returning e.id, e.workspace_id as "workspaceId", e.user_id as "userId", u.name as "userName", e.model_id as "modelId",
      m.name as "modelName", e.version, v.logged_model_id as "loggedModelId",
      jsonb_build_object('name', s.name, 'digest', s.digest, 'label', s.label, 'metrics', s.metrics, 'slices', s.slices) as set`;
  if (!task) return null;
  publishNews(services, task.workspaceId, { modelName: task.modelName, version: task.version, change: 'evaluation.began' });
  return task;
}

async function heartbeat({ sql, now }: Services, id: string): Promise<void> {
  await sql`update evaluations set heartbeat_at = ${new Date(now())} where id = ${id} and status = 'running'`;
}

/** The server ends in order: whoever is next on this database takes it up. */
async function putBack({ sql }: Services, id: string): Promise<void> {
  await sql`
    update evaluations set status = 'queued', heartbeat_at = null, beginnings = beginnings - 1 where id = ${id} and status = 'running'`;
}

async function requeueLost({ sql, now }: Services): Promise<void> {
  const before = new Date(now() - SILENT);
  await sql`
    update evaluations set status = 'failed', error = ${`its server was lost ${MOST_BEGINNINGS} times while it worked on this`}
    where status = 'running' and heartbeat_at < ${before} and beginnings >= ${MOST_BEGINNINGS}`;
  await sql`update evaluations set status = 'queued', heartbeat_at = null where status = 'running' and heartbeat_at < ${before}`;
}

type End = Pick<Evaluation, 'status' | 'results' | 'worst' | 'latencyUs' | 'error'>;

async function end(services: Services, task: Task, ended: End): Promise<void> {
  const { status, results, worst, latencyUs, error } = storable(ended); // values of the rows and words of the model's own program
  const { sql } = services;
  const { id, modelId, modelName, version, set } = task;
  const what = status === 'done' ? 'evaluation.done' : 'evaluation.failed';
  await sql.begin(async (tx) => {
    const [row] = await tx`
      update evaluations set status = ${status}, results = ${tx.json(results as unknown as JSONValue)}, worst = ${tx.json(worst as unknown as JSONValue)},
        latency_us = ${latencyUs}, error = ${error}, heartbeat_at = null
      where id = ${id} and status = 'running' returning id`;
    if (!row) return;
    const data = { name: modelName, version, set: set.name, ...(error === null ? {} : { error: storable(error.slice(0, 500)) }) };
    await appendEvent(tx, task, { what, subject: `model-version:${modelId}/${version}`, after: { results, latencyUs, error }, data });
  });
  publishNews(services, task.workspaceId, { modelName, version, change: what });
}
