/** Variables of a kernel, kept: each as one or more parts of bytes that are stored once, however many checkpoints hold them. */
import { z } from 'zod';
import { digest, epochMs, limits, uuid } from '../wire/index.ts';

export const keptVariable = z.object({
  name: z.string().max(limits.key),
  type: z.string().max(limits.name).describe('"pandas.DataFrame"'),
  how: z.enum(['pickle', 'arrow', 'numpy', 'executions', 'none']).describe('`executions`: it cannot be stored and is made anew by them.'),
  parts: z.array(digest).max(100_000).describe('Bytes in order.'),
  size: z.number().int().nonnegative().describe('bytes'),
  together: z
    .string()
    .max(limits.key)
    .nullable()
    .default(null)
    .describe('Stored in the pickle of that variable, since they share objects.'),
  executions: z.array(z.number().int().nonnegative()).max(10_000).default([]).describe('Orders that make it anew.'),
  why: z.string().max(1_000).default('').describe('Why it could not be stored.'),
});
export type KeptVariable = z.infer<typeof keptVariable>;

export const checkpointInput = z.object({
  id: uuid,
  sessionId: uuid,
  snapshotId: uuid.nullable().default(null),
  label: z.string().trim().max(limits.name).default(''),
  takenAt: epochMs,
  python: z.string().max(limits.name),
  variables: z.array(keptVariable).max(10_000),
});
export type CheckpointInput = z.infer<typeof checkpointInput>;

export const checkpoint = checkpointInput.extend({
  userId: uuid,
  userName: z.string().describe('Whose code runs when it is loaded: pickles are programs.'),
  isOwn: z.boolean(),
  notebookPath: z.string().nullable(),
});
export type Checkpoint = z.infer<typeof checkpoint>;
