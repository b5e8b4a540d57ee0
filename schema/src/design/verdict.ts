/**
 * Whether a run can be made again: its snapshot is executed anew, in an environment like its own, and compared.
 * `reproduced`: everything compared is equal within its tolerance. `drifted`: it ran, and something differs. `failed`: it did not run to
 * its end. `queued` and `running` say how far it is; `cancelled` and `lost` are ends that say nothing about the run.
 */
import { z } from 'zod';
import { epochMs, limits, runId, uuid, wireNumber } from '../wire/index.ts';
import { errorInfo } from './execution.ts';

export const verdictStatus = z.enum(['queued', 'running', 'reproduced', 'drifted', 'failed', 'cancelled', 'lost']);
export type VerdictStatus = z.infer<typeof verdictStatus>;

export const tolerances = z.object({
  relative: z.number().min(0).max(1e6).default(1e-9).describe('|a - b| <= absolute + relative * |b|'),
  absolute: z.number().min(0).max(1e300).default(0),
  metrics: z
    .record(
      z.string().max(limits.key),
      z.object({ relative: z.number().min(0).max(1e6).default(0), absolute: z.number().min(0).max(1e300).default(0) }),
    )
    .default({})
    .describe('For single metrics, in place of the general one.'),
  images: z.number().min(0).max(1).default(0.02).describe('Perceptual distance of two images up to which they are the same, 0 … 1.'),
});
export type Tolerances = z.infer<typeof tolerances>;

export const verifyOptions = z.object({
  how: z.enum(['order', 'slice']).default('order').describe('`order`: every execution as recorded; `slice`: only what the run depends on.'),
  tolerances: tolerances.prefault({}),
  timeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(7 * 86_400)
    .default(3_600),
  reuseEnvironment: z.boolean().default(true).describe('False: build it anew although an equal one is there.'),
});
export type VerifyOptions = z.infer<typeof verifyOptions>;

export const difference = z.object({
  kind: z.enum(['metric', 'output', 'prediction', 'error', 'missing', 'extra', 'environment', 'data']),
  name: z.string().max(1_000).describe('Metric key, output like "In[7] image/png", model name, package, file.'),
  order: z.number().int().nonnegative().nullable().describe('Execution of the original where it shows.'),
  cellId: z.string().max(limits.name).nullable(),
  was: z.string().max(4_096),
  now: z.string().max(4_096),
  distance: wireNumber.nullable().describe('Relative difference, or perceptual distance; null where it has no size.'),
  tolerance: z.number().nullable(),
  counts: z.boolean().describe('False: told, but no reason for drifted (a package that could only be installed in another build).'),
});
export type Difference = z.infer<typeof difference>;

export const verdictProgress = z.object({
  stage: z.enum(['queued', 'snapshot', 'environment', 'data', 'execute', 'compare', 'done']),
  done: z.number().int().nonnegative(),
  total: z.number().int().nonnegative().describe('0 where it is not known.'),
  text: z.string().max(1_000).default(''),
});

export const verdictFindings = z.object({
  environment: z
    .enum(['same', 'reused', 'rebuilt', 'partial', 'none'])
    .nullable()
    .describe('`same`: the one that asks; `partial`: some packages could not be had.'),
  executed: z.number().int().nonnegative(),
  compared: z.object({ metrics: z.number().int(), outputs: z.number().int(), images: z.number().int(), predictions: z.number().int() }),
  differences: z.array(difference).max(10_000),
  firstOrder: z.number().int().nonnegative().nullable().describe('First execution that differed or failed.'),
  firstCellId: z.string().max(limits.name).nullable(),
  error: errorInfo.nullable(),
  notes: z.array(z.string().max(1_000)).max(1_000).default([]).describe('What could not be compared, and why.'),
});
export type VerdictFindings = z.infer<typeof verdictFindings>;

export const verdict = z.object({
  id: uuid,
  runId: runId.nullable(),
  snapshotId: uuid.nullable(),
  status: verdictStatus,
  where: z.enum(['server', 'client']),
  askedBy: z.string(),
  scheduleId: uuid.nullable(),
  options: verifyOptions,
  progress: verdictProgress,
  findings: verdictFindings.nullable(),
  askedAt: epochMs,
  startedAt: epochMs.nullable(),
  endedAt: epochMs.nullable(),
});
export type Verdict = z.infer<typeof verdict>;

/** From the process that verifies. An end is final: what comes later changes nothing. */
export const verdictUpdate = z.object({
  id: uuid,
  status: verdictStatus.optional(),
  progress: verdictProgress.optional(),
  findings: verdictFindings.optional(),
});

export const verifySchedule = z.object({
  id: uuid,
  runId,
  runName: z.string(),
  everyHours: z
    .number()
    .int()
    .min(1)
    .max(24 * 366),
  options: verifyOptions,
  userName: z.string(),
  nextAt: epochMs,
  createdAt: epochMs,
});
export type VerifySchedule = z.infer<typeof verifySchedule>;
