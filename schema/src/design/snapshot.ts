/**
 * A snapshot: the notebook as it was in the editor, what really ran until then, and what it ran on.
 *
 * It has two halves that may arrive in either order and are joined by its id: the kernel's (environment, git, files, seeds, what ran) and
 * the document's (from the editor with unsaved changes, or from disk where there is no editor). Cells and outputs are parts, named by the
 * digest of their bytes and stored once a workspace; a snapshot is a manifest of digests.
 *
 * Bytes of a part, so that kernel and editor name equal things equally: JSON with sorted keys, no spaces, UTF-8, nothing escaped that need
 * not be; multi-line strings joined; an output without its `execution_count`, a cell as `{attachments, metadata, source, type}` without
 * id, count and outputs.
 */
import { z } from 'zod';
import { digest, epochMs, limits, runId, uuid } from '../wire/index.ts';

export const partKind = z
  .enum(['cell', 'output', 'diff', 'variable'])
  .describe('`diff`: of the working tree against its commit; `variable`: bytes of a checkpoint.');
export type PartKind = z.infer<typeof partKind>;

/** Larger parts are sent as they are: PUT /api/v1/parts/{digest}?kind=…, up to `limits.partBytes`. */
export const part = z.object({
  digest,
  kind: partKind,
  body: z.string().max(limits.partInline).describe('The bytes that `digest` names, as text.'),
});
export type Part = z.infer<typeof part>;

export const cellEntry = z.object({
  id: z.string().max(limits.name).describe('nbformat cell id, made up where the document has none; unique within it.'),
  type: z.enum(['code', 'markdown', 'raw']),
  cell: digest.describe('Part of kind cell.'),
  executionCount: z.number().int().nullable(),
  outputs: z.array(digest).max(limits.outputsOfCell).describe('Parts of kind output.'),
});
export type CellEntry = z.infer<typeof cellEntry>;

export const notebookDocument = z.object({
  takenFrom: z.enum(['editor', 'disk']).describe('`editor`: as it stood there, unsaved changes included.'),
  nbformat: z.tuple([z.number().int(), z.number().int()]).describe('[major, minor] as it was; parts are always of nbformat 4.5.'),
  metadata: z.record(z.string(), z.unknown()).describe('kernelspec, language_info and what else stood there.'),
  cells: z.array(cellEntry).max(limits.cells),
  warnings: z.array(z.string().max(1_000)).max(100).default([]).describe('What was repaired or left out: duplicate ids, huge outputs.'),
});
export type NotebookDocument = z.infer<typeof notebookDocument>;

/**
 * What a run ran on; named by its digest, so that it is stored once however many runs used it: SHA-256 of its JSON with sorted keys, no
 * spaces, UTF-8, as it is sent.
 */
export const environment = z.object({
  python: z.string().max(limits.name).describe('"3.13.5"; empty where the kernel is of another language.'),
  implementation: z.string().max(limits.name).default(''),
  language: z
    .object({ name: z.string().max(limits.name), version: z.string().max(limits.name) })
    .nullable()
    .default(null),
  os: z.string().max(limits.name).default(''),
  machine: z.string().max(limits.name).default('').describe('"x86_64"'),
  cpu: z.string().max(limits.name).default(''),
  cpuCount: z.number().int().nonnegative().default(0),
  memoryBytes: z.number().int().nonnegative().default(0),
  gpus: z
    .array(
      z.object({ name: z.string().max(limits.name), memoryBytes: z.number().int().nonnegative(), driver: z.string().max(limits.name) }),
    )
    .max(64)
    .default([]),
  packages: z
    .array(
      z.object({
        name: z.string().max(limits.name),
        version: z.string().max(limits.name),
        hash: z.string().max(limits.name).default('').describe('sha256 of what is installed (its RECORD); empty where it has none.'),
        source: z
          .string()
          .max(limits.modelSource)
          .default('')
          .describe('Where it came from, if not a registry: a URL without credentials, or "editable".'),
      }),
    )
    .max(10_000)
    .default([]),
});
export type Environment = z.infer<typeof environment>;

export const openedFile = z.object({
  path: z.string().max(4_096),
  mode: z.enum(['read', 'write', 'both']),
  size: z.number().int().nonnegative().nullable().describe('bytes; null where it was gone when the snapshot was taken'),
  digest: digest.nullable().describe('Null where it was gone, or too large to be read in time.'),
  orders: z.array(z.number().int().nonnegative()).max(1_000).describe('Executions that opened it.'),
});

export const seed = z.object({
  generator: z.string().max(limits.name).describe('"python", "numpy", "torch"'),
  seed: z.string().max(limits.name).nullable().describe('As it was set; null where only the state is known.'),
  order: z.number().int().nonnegative().nullable().describe('Execution that set it; null: before the first cell.'),
});

/** A result whose notebook no longer explains it. */
export const finding = z.object({
  cellId: z.string().max(limits.name).nullable(),
  kind: z.enum(['stale', 'edited', 'gone', 'order', 'undefined']),
  reason: z.string().max(1_000),
  orders: z.array(z.number().int().nonnegative()).max(1_000).default([]),
  names: z.array(z.string().max(1_000)).max(1_000).default([]),
});
export type Finding = z.infer<typeof finding>;

export const snapshotReason = z.enum(['start', 'end', 'manual', 'promote', 'checkpoint', 'verify']);

/** The kernel's half. */
export const kernelRecord = z.object({
  sessionId: uuid,
  lastOrder: z.number().int().nonnegative().nullable().describe('Executions 0 … lastOrder of the session had begun.'),
  environment: digest.nullable(),
  git: z
    .object({
      commit: z.string().max(64),
      branch: z.string().max(limits.name),
      dirty: z.boolean(),
      remote: z.string().max(limits.paramValue),
      diff: digest.nullable().describe('Part of kind diff; null where nothing was changed, or git was too slow.'),
    })
    .nullable(),
  files: z.array(openedFile).max(10_000).default([]),
  seeds: z.array(seed).max(1_000).default([]),
  variables: z
    .record(z.string().max(limits.key), z.string().max(limits.paramValue))
    .default({})
    .describe('Chosen environment variables; never secrets.'),
  commandLine: z.array(z.string().max(limits.paramValue)).max(1_000).default([]),
  folder: z.string().max(4_096).default('').describe('Working directory.'),
  data: z
    .array(
      z.object({
        kind: z.string().max(limits.name),
        name: z.string().max(limits.modelSource),
        version: z.string().max(limits.name),
        digest: z.string().max(limits.name),
      }),
    )
    .max(1_000)
    .default([])
    .describe('Dataset and feature versions that were read.'),
  findings: z.array(finding).max(10_000).default([]).describe('Hidden state at that moment.'),
  warnings: z.array(z.string().max(1_000)).max(100).default([]),
});
export type KernelRecord = z.infer<typeof kernelRecord>;

/** Either half, or both; what is absent stays as it is. Repeating it changes nothing. */
export const snapshotInput = z.object({
  id: uuid,
  reason: snapshotReason,
  label: z.string().trim().max(limits.name).default(''),
  takenAt: epochMs,
  notebookPath: z.string().max(4_096).nullable().default(null),
  runIds: z.array(runId).max(limits.runsPerRequest).default([]).describe('Runs that it belongs to.'),
  kernel: kernelRecord.nullable().default(null),
  document: notebookDocument
    .nullable()
    .default(null)
    .describe('One from the editor takes the place of one from disk, never the other way round.'),
});
export type SnapshotInput = z.infer<typeof snapshotInput>;

export const snapshotSummary = z.object({
  id: uuid,
  reason: snapshotReason,
  label: z.string(),
  takenAt: epochMs,
  userName: z.string(),
  notebookId: uuid.nullable(),
  notebookPath: z.string().nullable(),
  sessionId: uuid.nullable(),
  lastOrder: z.number().int().nullable(),
  runs: z.array(z.object({ id: runId, name: z.string(), reason: snapshotReason })).describe('First 20 of them.'),
  runCount: z.number().int(),
  hasDocument: z.boolean(),
  hasKernel: z.boolean(),
  cellCount: z.number().int(),
  findingCount: z.number().int(),
  /** Against the snapshot before it of the same notebook; null for the first one. */
  changed: z.object({ added: z.number().int(), removed: z.number().int(), edited: z.number().int() }).nullable(),
});
export type SnapshotSummary = z.infer<typeof snapshotSummary>;

export const snapshot = snapshotSummary.extend({
  kernel: kernelRecord.nullable(),
  document: notebookDocument.nullable(),
});
export type Snapshot = z.infer<typeof snapshot>;

/** An output as a reader may have it without fetching all: its small MIME parts, and which others there are. */
export const shownOutput = z.object({
  digest,
  type: z.enum(['stream', 'display_data', 'execute_result', 'error']),
  size: z.number().int().describe('bytes of the whole part; the rest is at /api/v1/parts/{digest}'),
  isMissing: z.boolean().optional().describe('True: the snapshot names it, and its bytes never came.'),
  name: z.string().default('').describe('stdout or stderr of a stream; of an error its class'),
  data: z
    .record(z.string(), z.string())
    .describe(
      'By MIME type, as text (images in base64, JSON as text; a stream and the traceback of an error as text/plain): texts up to 64 KiB, images up to 1 MiB. UNTRUSTED.',
    ),
  cut: z.array(z.string()).describe('MIME types that were left out, or of text/plain shortened; `*/*`: it was not looked into.'),
});
export type ShownOutput = z.infer<typeof shownOutput>;

export const shownCell = z.object({
  id: z.string(),
  index: z.number().int(),
  type: z.enum(['code', 'markdown', 'raw']),
  source: z.string(),
  isMissing: z.boolean().optional().describe('True: the snapshot names it, and its bytes never came.'),
  executionCount: z.number().int().nullable(),
  outputs: z.array(shownOutput),
  executions: z.array(z.number().int()).describe('Orders of its executions until then.'),
  findings: z.array(finding),
});
export type ShownCell = z.infer<typeof shownCell>;
