/**
 * What an endpoint answered. Every request has an id that leads to its release; of a share of them the rows and answers are kept. Hosts
 * write them in chunks, after the answer, so that no request waits for the database.
 */
import { z } from 'zod';
import { origin } from '../registry/bundle.ts';
import { epochMs, limits, uuid, wireNumber } from '../wire/index.ts';

/** 32 hex digits: 48 bits of ms since the epoch, 48 of the host's life, 32 of its counter. One request has one, whatever its rows. */
export const predictionId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'a prediction id is 32 lower-case hex digits')
  .describe('Of a request: in the header x-cellkeep-prediction-id of its answer.');

export const predictionSummary = z.object({
  id: predictionId,
  endpoint: z.string(),
  releaseId: uuid,
  modelName: z.string(),
  version: z.number().int(),
  at: epochMs,
  latencyUs: z.number().int().nonnegative(),
  rows: z.number().int().nonnegative(),
  status: z.number().int().describe('HTTP status of the answer.'),
  protocol: z.enum(['rows', 'invocations', 'v2', 'arrow', 'batch']),
  isShadow: z.boolean(),
  tokenLabel: z.string().describe('Which token asked; empty on an open endpoint.'),
});
export type PredictionSummary = z.infer<typeof predictionSummary>;

export const predictionRows = z.object({
  columns: z.array(z.string()),
  data: z.array(z.array(z.unknown())).describe('At most 1,000 rows.'),
});

export const prediction = predictionSummary.extend({
  inputs: predictionRows.nullable().describe('Null where the request was not among those that are kept.'),
  outputs: predictionRows.nullable(),
  origin: origin.describe('Version, run, cell, snapshot and data that made its model.'),
  feedback: z.array(z.object({ value: wireNumber, label: z.string().nullable(), row: z.number().int(), at: epochMs })),
});
export type Prediction = z.infer<typeof prediction>;

export const explanation = z.object({
  method: z
    .enum(['linear', 'trees', 'exact', 'sampled'])
    .describe('All are exact against the background (`exact`: every coalition was asked) but `sampled`, which has standard errors.'),
  output: z.string().describe('What is explained: "log-odds of late", "minutes".'),
  space: z.enum(['value', 'log-odds', 'margin', 'probability']),
  base: wireNumber.describe('Mean over the background.'),
  value: wireNumber.describe('Of this row: base plus all contributions, within `residual`.'),
  contributions: z.array(
    z.object({
      name: z.string(),
      value: z.unknown(),
      contribution: wireNumber,
      error: wireNumber.nullable().describe('Standard error; null where exact.'),
    }),
  ),
  residual: wireNumber,
  backgroundRows: z.number().int(),
});
export type Explanation = z.infer<typeof explanation>;

/** Points of one release, or of all, for `seconds` each. */
export const trafficPoint = z.object({
  at: epochMs.describe('Begin of the interval.'),
  requests: z.number().int(),
  rows: z.number().int(),
  clientErrors: z.number().int().describe('4xx but 429.'),
  serverErrors: z.number().int().describe('5xx.'),
  rejected: z.number().int().describe('429.'),
  p50Us: z.number().nullable(),
  p95Us: z.number().nullable(),
  p99Us: z.number().nullable(),
});
export type TrafficPoint = z.infer<typeof trafficPoint>;

export const columnCounts = z.object({
  name: z.string().max(limits.key),
  kind: z.enum(['feature', 'prediction']),
  missing: z.number().int(),
  counts: z.array(z.number().int()).describe('In the bins of the training baseline.'),
  expected: z.array(z.number()).describe('Of training.'),
  psi: z
    .number()
    .nullable()
    .describe('Population stability index against training; null below 50 rows, and where the baseline is of the example.'),
});
export type ColumnCounts = z.infer<typeof columnCounts>;

export const abResult = z.object({
  a: z.object({ releaseId: uuid, n: z.number().int(), mean: wireNumber }),
  b: z.object({ releaseId: uuid, n: z.number().int(), mean: wireNumber }),
  difference: wireNumber.describe('Mean of b minus mean of a.'),
  low: wireNumber.describe('Of the 95 % confidence interval (Welch).'),
  high: wireNumber,
  pValue: z.number().min(0).max(1).nullable().describe('Fixed-horizon, two-sided.'),
  sequentialP: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Always valid (mixture sequential probability ratio test): may be looked at at any time.'),
  decision: z.enum(['better', 'worse', 'undecided']).describe('Of b, by the sequential test at 5 %.'),
});
