/**
 * Batch scoring: a version reads a file of rows and writes one of answers, as a job that can be watched and stopped. What is written is
 * Parquet: `row` (counted from 0), the answers, and `error`, which says why a row has none (GET /batches/{id}/output).
 */
import { z } from 'zod';
import { modelName, writtenVersion } from '../registry/registeredModel.ts';
import { digest, epochMs, limits, runId, uuid } from '../wire/index.ts';

export const batchInput = z.discriminatedUnion('kind', [
  z
    .object({ kind: z.literal('artifact'), runId, path: z.string().min(1).max(limits.artifactPath) })
    .describe('A CSV, JSON lines, Parquet or Arrow file of a run.'),
  z.object({ kind: z.literal('blob'), digest, name: z.string().min(1).max(limits.name) }).describe('One that was stored before.'),
]);

export const batchStatus = z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'lost']);

export const batch = z.object({
  id: uuid,
  modelName: z.string(),
  version: z.number().int(),
  input: batchInput,
  status: batchStatus,
  rowsDone: z.number().int(),
  rowsTotal: z.number().int().nullable(),
  rowsFailed: z.number().int().describe('Rows that did not fit the signature: their predictions are empty, the reason stands beside.'),
  error: z.string().nullable(),
  output: z.object({ digest, size: z.number().int(), rows: z.number().int() }).nullable(),
  userName: z.string(),
  askedAt: epochMs,
  startedAt: epochMs.nullable(),
  endedAt: epochMs.nullable(),
});
export type Batch = z.infer<typeof batch>;

export const batchStart = z.object({
  id: uuid.optional().describe('Chosen by the client: asking twice starts one.'),
  modelName,
  version: writtenVersion,
  input: batchInput,
  trustUser: z
    .string()
    .max(limits.name)
    .optional()
    .describe('Whose code may run on the server: needed where the model is another user’s pickle.'),
});
