/**
 * How kernels and scripts write: batches of records, in order, exactly once.
 *
 * A writer (one process, or one spool that outlives it) numbers its batches 1, 2, 3 … A batch is one transaction. A batch
 * whose number the server already has is answered `duplicate: true` and changes nothing, so a writer repeats a batch
 * until it is answered. A record that breaks a rule is left out and named in `rejected`; the rest of its batch is stored.
 */
import { z } from 'zod';
import { environment, executionInput, part, sessionInput, snapshotInput } from '../design/index.ts';
import { digest, epochMs, issue, limits, runId, uuid } from '../wire/index.ts';
import { seriesPoints } from './metrics.ts';
import { params, runCreate, runUpdate, tags } from './run.ts';

export const ingestRecord = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session.start'), session: sessionInput }),
  z.object({ type: z.literal('session.move'), sessionId: uuid, notebookPath: z.string().min(1).max(4_096) }),
  z
    .object({ type: z.literal('session.end'), sessionId: uuid, at: epochMs })
    .describe('The process ends in order; its running runs do not become lost.'),
  z
    .object({ type: z.literal('execution'), execution: executionInput })
    .describe('Sent when it starts and again when it ends; the last one counts.'),
  z.object({ type: z.literal('part'), part }).describe('A cell or an output, before the execution or snapshot that names it.'),
  z.object({ type: z.literal('environment'), digest, environment }),
  z.object({ type: z.literal('snapshot'), snapshot: snapshotInput }),
  z.object({ type: z.literal('run.create'), run: runCreate.required({ id: true }) }),
  z.object({ type: z.literal('run.update'), run: runUpdate }),
  z.object({ type: z.literal('params'), runId, params }),
  z.object({ type: z.literal('tags'), runId, tags }),
  z.object({ type: z.literal('points'), runId, series: z.array(seriesPoints).max(10_000) }),
  z.object({ type: z.literal('heartbeat'), runIds: z.array(runId).max(limits.runsPerRequest) }).describe('These runs are alive.'),
]);
export type IngestRecord = z.infer<typeof ingestRecord>;

/**
 * Records are validated one by one (against `ingestRecord`), so that one bad record does not hold up a spool; hence
 * `unknown` here.
 */
export const ingestInput = z.object({
  writer: uuid.describe('Stays the same while one spool is replayed.'),
  seq: z.number().int().min(1).describe('Number of this batch; must be one more than the last, or one that was already answered.'),
  records: z.array(z.unknown()).max(limits.recordsPerRequest),
});

export const ingestOutput = z.object({
  seq: z.number().int(),
  duplicate: z.boolean(),
  accepted: z.number().int().describe('Records stored by this request.'),
  rejected: z.array(z.object({ index: z.number().int(), code: z.string(), issues: z.array(issue) })),
});
export type IngestOutput = z.infer<typeof ingestOutput>;
