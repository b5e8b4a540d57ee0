/** What is different between two snapshots. Cells are aligned by id, then by likeness. */
import { z } from 'zod';
import { digest, uuid } from '../wire/index.ts';
import { snapshotSummary } from './snapshot.ts';

export const cellChange = z.enum(['same', 'edited', 'outputs', 'moved', 'added', 'removed']);

export const cellPair = z.object({
  change: cellChange.describe('`edited`: its source; `outputs`: only what it shows; `moved`: only its place.'),
  alsoMoved: z.boolean(),
  alsoOutputs: z.boolean(),
  before: z.object({ id: z.string(), index: z.number().int() }).nullable(),
  after: z.object({ id: z.string(), index: z.number().int() }).nullable(),
});
export type CellPair = z.infer<typeof cellPair>;

/** One named thing that differs; null: it was not there. */
export const valueChange = z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() });
export type ValueChange = z.infer<typeof valueChange>;

export const snapshotDiff = z.object({
  before: snapshotSummary,
  after: snapshotSummary,
  cells: z.array(cellPair).describe('In the order of the later notebook, removed ones where they stood.'),
  counts: z.record(cellChange, z.number().int()),
  packages: z.array(valueChange),
  machine: z.array(valueChange).describe('Python, operating system, CPU, GPUs, memory.'),
  variables: z.array(valueChange),
  git: z.array(valueChange),
  files: z.array(valueChange.extend({ beforeDigest: digest.nullable(), afterDigest: digest.nullable() })),
  data: z.array(valueChange),
  seeds: z.array(valueChange),
  params: z.array(valueChange).describe('Of the runs of the two, where each has one.'),
  metrics: z.array(valueChange),
});
export type SnapshotDiff = z.infer<typeof snapshotDiff>;

export const diffInput = z.object({ before: uuid, after: uuid });
