import { z } from 'zod';
import { errorInfo } from '../design/index.ts';
import { epochMs, experimentId, limits, runId, uuid, wireNumber } from '../wire/index.ts';

/** Keys of metrics, params and tags: clean relative paths, so that `loss/train` groups and `../x` means nothing. */
export const key = z
  .string()
  .min(1)
  .max(limits.key)
  .regex(/^[\p{L}\p{N}_\-. :/@()%+=#,[\]]+$/u, 'a key holds letters, digits, spaces and _ - . : / @ ( ) % + = # , [ ]')
  .refine((k) => !k.startsWith('/') && !k.split('/').some((part) => part === '' || part === '.' || part === '..'), {
    message: 'a key is a clean relative path: no empty part, no "." and no ".."',
  });

export const tags = z.record(key, z.string().max(limits.tagValue));
export const params = z.record(key, z.string().max(limits.paramValue));

/** `scheduled`: made, but not begun. `lost`: the process that logged it stopped without saying how it ended. */
export const runStatus = z.enum(['running', 'scheduled', 'finished', 'failed', 'killed', 'lost']);
export type RunStatus = z.infer<typeof runStatus>;

export const git = z.object({
  commit: z.string().max(64),
  branch: z.string().max(limits.name).default(''),
  dirty: z.boolean().default(false),
  remote: z.string().max(limits.paramValue).default('').describe('Without credentials.'),
});

/** Where a run came from. Every part may be unknown. */
export const runSource = z.object({
  sessionId: uuid.nullable().default(null),
  executionId: uuid.nullable().default(null).describe('The execution during which the run was started.'),
  cellId: z.string().max(limits.name).nullable().default(null),
  executionCount: z.number().int().nullable().default(null),
  entrypoint: z.string().max(4_096).default('').describe('Script path where there is no notebook.'),
  host: z.string().max(limits.name).default(''),
  git: git.nullable().default(null),
  user: z.string().max(limits.name).optional().describe('Whom the process ran as, where it said so.'),
});
export type RunSource = z.infer<typeof runSource>;

/** What is known of a metric without reading its series. */
export const metricSummary = z.object({
  last: wireNumber.describe('Value of the point with the greatest (step, time, value).'),
  lastStep: z.number().int(),
  lastTime: epochMs,
  min: wireNumber.describe('Least finite value; NaN where there is none.'),
  max: wireNumber,
  count: z.number().int().describe('Points.'),
});
export type MetricSummary = z.infer<typeof metricSummary>;

export const runName = z
  .string()
  .trim()
  .min(1)
  .max(limits.name)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'a name holds no control characters');

export const run = z.object({
  id: runId,
  experimentId,
  experimentName: z.string(),
  name: z.string(),
  parentRunId: runId.nullable(),
  status: runStatus,
  lifecycle: z.enum(['active', 'archived', 'deleted']),
  startedAt: epochMs,
  endedAt: epochMs.nullable(),
  heartbeatAt: epochMs.describe('When the logging process was last heard of.'),
  user: z
    .string()
    .describe('Whose run it is: whom its process said that it ran as, else the account. Found as `user`; rights never go by it.'),
  userName: z.string().describe('The account that logged it.'),
  notes: z.string().describe('Markdown.'),
  tags,
  params,
  metrics: z.record(z.string(), metricSummary),
  source: runSource.extend({
    notebookId: uuid.nullable(),
    notebookPath: z.string().nullable().describe('Where the notebook is now.'),
  }),
  error: errorInfo.nullable(),
  verdict: z
    .object({ id: uuid, status: z.enum(['reproduced', 'drifted', 'failed']), at: epochMs })
    .nullable()
    .describe('Of its last verification that ended with one; null: not checked.'),
  artifactCount: z.number().int(),
  childCount: z.number().int(),
});
export type Run = z.infer<typeof run>;

/** Creating with an id that exists gives back that run where experiment, name and parent agree, else CONFLICT. */
export const runCreate = z.object({
  id: runId.optional().describe('Absent: the server chooses.'),
  experimentId: experimentId.optional(),
  experimentName: z
    .string()
    .trim()
    .min(1)
    .max(limits.name)
    .optional()
    .describe('Made where it does not exist. Absent with no experimentId: Default.'),
  name: runName.optional().describe('Absent: two words and a number, like "calm-otter-12".'),
  parentRunId: runId.nullable().default(null),
  startedAt: epochMs.optional(),
  tags: tags.default({}),
  params: params.default({}),
  notes: z.string().max(limits.notes).default(''),
  source: runSource.prefault({}),
});
export type RunCreate = z.infer<typeof runCreate>;

export const runUpdate = z.object({
  id: runId,
  name: runName.optional(),
  status: runStatus.optional(),
  endedAt: epochMs
    .optional()
    .describe('Kept while the run goes on, too. Absent: a final status ends it now unless it has an end; one that goes on again has none.'),
  notes: z.string().max(limits.notes).optional(),
  setTags: tags.optional(),
  removeTags: z.array(key).max(1_000).optional(),
  error: errorInfo.nullable().optional(),
});
export type RunUpdate = z.infer<typeof runUpdate>;
