/** Scores what was asked for, a few files at once: each is read and written by a thread, and asked of the scorer's process in between. */
import type { Bundle } from '@cellkeep/schema/registry';
import type { Services } from '../../core/context.ts';
import { appendEvent } from '../../core/events.ts';
import { asFailure, isFailure } from '../../core/failure.ts';
import { addEdges } from '../../core/lineage.ts';
import { createQueueWorker, type Job, type QueueWorker } from '../../core/queueWorker.ts';
import { ModelFailure } from '../host/model.ts';
import type { WithScorer } from '../scorer/scorer.ts';
import { askerOf, type BatchRow, isOpen, selectBatches, subjectOf } from './batchRows.ts';
import { type Progress, scoreFile } from './scoreFile.ts';

/** ms; a server tells of what it works on every two seconds */
const SILENT = 60_000;
/** How often one that was lost with its server is begun anew. */
const MOST_RESTARTS = 2;
const REQUEUED = 'batch.requeued';
/** Files side by side: each has a thread and asks as fast as it is answered. */
const AT_ONCE = 2;
/** ms between two words of how far it is */
const TOLD_EVERY = 1_000;

export function createBatchWorker(services: Services, withScorer: WithScorer): QueueWorker {
  const { sql, log, now } = services;

  const claim = async () => {
    const [row] = await sql<{ id: string }[]>`
      update batches set status = 'running', rows_done = 0, rows_failed = 0, rows_total = null, heartbeat_at = ${new Date(now())},
        started_at = coalesce(started_at, ${new Date(now())})
      where id = (select id from batches where status = 'queued' order by asked_at, id limit 1 for update skip locked)
      returning id`;
    return row ?? null;
  };

  const begin = async ({ id }: { id: string }, _url: string, stopping: AbortSignal): Promise<Job> => {
    const unwanted = new AbortController();
    const done = score(id, unwanted.signal)
      .catch((error: unknown) => {
        if (stopping.aborted) return putBack(id);
        if (!unwanted.signal.aborted) return fail(id, error);
        return undefined;
      })
      .catch((error: unknown) => log.error({ err: error, batch: id }, 'the end of a batch could not be stored'));
    return { done, end: () => unwanted.abort(new Error('nobody wants it any more')) };
  };

  const score = async (id: string, signal: AbortSignal): Promise<void> => {
    const [row] = await sql<BatchRow[]>`${selectBatches(sql)} where b.id = ${id}`;
    const [model] = await sql<{ loggedModelId: string; bundle: Bundle }[]>`
      select v.logged_model_id as "loggedModelId", m.bundle from batches b
      join model_versions v on v.model_id = b.model_id and v.version = b.version
      join model_bundles m on m.logged_model_id = v.logged_model_id where b.id = ${id}`;
    if (!row || !model) throw new ModelFailure('its version has no bundle any more');
    const file = { digest: row.inputDigest, name: nameOf(row), signature: model.bundle.signature };
    const tell = teller(id, signal);
    const output = await withScorer(model.loggedModelId, (scorer) => scoreFile(services.blobs, file, scorer, { signal, tell }));
    await sql.begin(async (tx) => {
      const { digest, size, rows, failed } = output;
      const [ended] = await tx`
        update batches set status = 'done', rows_done = ${rows}, rows_total = ${rows}, rows_failed = ${failed},
          output = ${tx.json({ digest, size, rows })}, ended_at = ${new Date(now())}, heartbeat_at = ${new Date(now())}
        where id = ${id} and status = 'running' returning id`;
      if (!ended) return; // cancelled in this moment: the collector finds that nothing names what was written
      await appendEvent(tx, askerOf(row), { what: 'batch.done', subject: subjectOf(id), data: { rows, failed, digest } });
      await addEdges(tx, row.workspaceId, [{ from: subjectOf(id), relation: 'produced', to: `artifact:${digest}` }]);
    });
  };

  /** Not more often than people can see. */
  const teller = (id: string, signal: AbortSignal) => {
    let told = Number.NEGATIVE_INFINITY;
    return ({ rows, failed, total }: Progress) => {
      if (performance.now() - told < TOLD_EVERY || signal.aborted) return;
      told = performance.now();
      sql`
        update batches set rows_done = ${rows}, rows_failed = ${failed}, rows_total = ${total} where id = ${id} and status = 'running'`.catch(
        (error: unknown) => log.debug({ err: error, batch: id }, 'how far a batch is could not be stored'),
      );
    };
  };

  const fail = async (id: string, error: unknown): Promise<void> => {
    const reason = whyNot(error);
    if (reason === UNFORESEEN) log.error({ err: error, batch: id }, 'a batch failed');
    await sql.begin(async (tx) => {
      const [row] = await tx<BatchRow[]>`${selectBatches(tx)} where b.id = ${id} for update of b`;
      if (!row || !isOpen(row)) return;
      await tx`update batches set status = 'failed', error = ${reason.slice(0, 8_000)}, ended_at = ${new Date(now())} where id = ${id}`;
      await appendEvent(tx, askerOf(row), { what: 'batch.failed', subject: subjectOf(id), data: { error: reason.slice(0, 1_000) } });
    });
  };

  const putBack = async (id: string): Promise<void> => {
    await sql`update batches set status = 'queued', rows_done = 0, rows_failed = 0, heartbeat_at = null where id = ${id} and status = 'running'`;
  };

  const queue = {
    name: 'batch',
    claim,
    async heartbeat(ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set();
      const rows = await sql<{ id: string }[]>`
        update batches set heartbeat_at = ${new Date(now())} where id = any(${[...ids]}::uuid[]) and status = 'running' returning id`;
      return new Set(rows.map(({ id }) => id));
    },
    async requeueLost({ all = false }: { all?: boolean }): Promise<void> {
      const silent = await sql<{ id: string }[]>`
        select id from batches where status = 'running' and (${all} or heartbeat_at < ${new Date(now() - SILENT)})`;
      for (const { id } of silent) {
        await sql.begin(async (tx) => {
          const [row] = await tx<BatchRow[]>`${selectBatches(tx)} where b.id = ${id} and b.status = 'running' for update of b`;
          if (!row) return;
          const [restarts] = await tx<{ count: number }[]>`
            select count(*)::int as count from events where workspace_id = ${row.workspaceId} and subject = ${subjectOf(id)} and what = ${REQUEUED}`;
          const isLost = (restarts?.count ?? 0) >= MOST_RESTARTS;
          const error = isLost ? 'the servers that worked on it ended, three times' : null;
          await tx`
            update batches set status = ${isLost ? 'lost' : 'queued'}, error = ${error}, heartbeat_at = null, rows_done = 0, rows_failed = 0,
              ended_at = ${isLost ? new Date(now()) : null}
            where id = ${id}`;
          await appendEvent(tx, askerOf(row), { what: isLost ? 'batch.lost' : REQUEUED, subject: subjectOf(id) });
        });
      }
    },
  };
  return createQueueWorker(services, { queue, begin }, { off: null, atOnce: AT_ONCE });
}

const nameOf = ({ input }: BatchRow): string => (input.kind === 'artifact' ? input.path : input.name);

const UNFORESEEN = 'the server failed; its log has the cause under the id of this batch';

/** What is about the file or the model is for whoever asked; anything else for whoever runs the server. */
function whyNot(error: unknown): string {
  if (error instanceof ModelFailure || (error instanceof Error && error.name === 'UnreadableFile')) return error.message;
  const known = asFailure(error);
  return isFailure(known)
    ? known.data.issues.map(({ reason, remedy }) => (remedy ? `${reason}; ${remedy}` : reason)).join('; ')
    : UNFORESEEN;
}
