import { z } from 'zod';
import { epochMs, limits, runId, wireNumber } from '../wire/index.ts';
import { key } from './run.ts';

/** Columns of one series, equally long. Steps may repeat, be negative and come in any order. */
export const seriesPoints = z
  .object({
    key,
    steps: z.array(z.number().int()).max(limits.pointsPerRequest),
    times: z.array(epochMs).max(limits.pointsPerRequest),
    values: z.array(wireNumber).max(limits.pointsPerRequest),
  })
  .refine(({ steps, times, values }) => steps.length === times.length && steps.length === values.length, {
    message: 'steps, times and values are not equally long',
  });
export type SeriesPoints = z.infer<typeof seriesPoints>;

export const historyInput = z.object({
  runIds: z.array(runId).min(1).max(limits.runsPerRequest),
  keys: z.array(key).min(1).max(1_000),
  /** Bounds in steps, both included. */
  fromStep: z.number().int().optional(),
  toStep: z.number().int().optional(),
  maxPoints: z.number().int().min(2).max(1_000_000).default(2_000).describe('Per series; first and last point are always among them.'),
});
export type HistoryInput = z.infer<typeof historyInput>;

/**
 * A series in step order. When `sampled`, each row stands for a bucket of points: `values` is its mean and
 * `min`/`max` its band; otherwise `min` and `max` are absent and every point is there, once.
 */
export const history = z.object({
  runId,
  key: z.string(),
  steps: z.array(z.number()),
  times: z.array(z.number()),
  values: z.array(wireNumber),
  min: z.array(wireNumber).optional(),
  max: z.array(wireNumber).optional(),
  total: z.number().int().describe('Points within the bounds.'),
  sampled: z.boolean(),
});
export type History = z.infer<typeof history>;
