/**
 * What a team agrees on before a version may serve: evaluation sets and the gate they hold, approvals of stages, the model card.
 * A gate says "not worse than the champion on these slices by more than …"; a version that does not pass cannot move to a gated stage or
 * alias without an override that is written into the log.
 */
import { z } from 'zod';
import { digest, epochMs, limits, uuid, wireNumber } from '../wire/index.ts';
import { bundle } from './bundle.ts';
import { EVALUATION_METRICS } from './metricFacts.ts';
import { modelAlias, modelName, modelStage, modelVersion, registeredModel, versionNumber } from './registeredModel.ts';

/** What is known of a version beyond MLflow's record of it. */
export const versionDetails = z.object({
  version: modelVersion,
  bundle: bundle.nullable().describe('Null: it was registered without one (by an MLflow client); promote it to make one.'),
  runName: z.string().nullable(),
  endpoints: z.array(z.object({ endpoint: z.string(), role: z.string(), weight: z.number() })).describe('Where it serves now.'),
  deletedAt: epochMs.nullable(),
});
export type VersionDetails = z.infer<typeof versionDetails>;

/** A model as a list shows it. */
export const modelOverview = registeredModel.extend({
  latest: modelVersion.nullable().describe('The version with the greatest number.'),
  endpoints: z
    .array(z.object({ endpoint: z.string(), version: z.number().int(), role: z.string(), weight: z.number() }))
    .describe('Where its versions serve now.'),
  stages: z.array(z.object({ stage: modelStage, version: z.number().int() })).describe('The newest version of each stage but None.'),
  deletedAt: epochMs.nullable(),
});
export type ModelOverview = z.infer<typeof modelOverview>;

/** Markdown by section. What is empty is filled from what is known, and told as such (`generated`). */
export const modelCard = z.object({
  sections: z.array(
    z.object({
      key: z.enum(['summary', 'intended-use', 'data', 'training', 'evaluation', 'limitations', 'ethics', 'reproduce', 'contact']),
      title: z.string(),
      text: z.string().max(limits.notes),
      generated: z.boolean().describe('True: made from what is known, nobody wrote it.'),
    }),
  ),
  editedBy: z.string().nullable(),
  editedAt: epochMs.nullable(),
  revision: z.number().int().nonnegative().describe('Goes up with every edit; an edit that names an older one is a conflict.'),
});
export type ModelCard = z.infer<typeof modelCard>;

export const evaluationSlice = z.object({
  name: z.string().min(1).max(limits.name),
  column: z.string().max(limits.key),
  equals: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .max(1_000)
    .optional(),
  min: z.number().optional().describe('Included.'),
  max: z.number().optional().describe('Not included.'),
});

export const evaluationMetric = z.enum(EVALUATION_METRICS);
export type EvaluationMetric = z.infer<typeof evaluationMetric>;

/** Rows with their true answer, stored once by digest, so that all versions are asked the same. */
export const evaluationSet = z.object({
  id: uuid,
  modelName: z.string(),
  name: z.string(),
  digest: digest.describe('Of the stored rows: JSON `{ columns, data }`.'),
  rows: z.number().int(),
  columns: z.array(z.string()),
  label: z.string().describe('Column of the true answer.'),
  metrics: z.array(evaluationMetric),
  slices: z.array(evaluationSlice),
  userName: z.string(),
  createdAt: epochMs,
});
export type EvaluationSet = z.infer<typeof evaluationSet>;

export const evaluationSetPut = z.object({
  id: uuid,
  name: z.string().min(1).max(limits.name),
  modelName,
  columns: z.array(z.string().max(limits.key)).min(1).max(10_000),
  data: z
    .array(z.array(z.union([z.string().max(100_000), z.number(), z.boolean(), z.null()])))
    .min(1)
    .max(200_000),
  label: z.string().max(limits.key),
  metrics: z.array(evaluationMetric).min(1).max(10),
  slices: z.array(evaluationSlice).max(100).default([]),
});

export const evaluation = z.object({
  id: uuid,
  setId: uuid,
  setName: z.string(),
  version: z.number().int(),
  status: z.enum(['queued', 'running', 'done', 'failed']),
  error: z.string().nullable(),
  /** `slice` null: all rows. */
  results: z.array(
    z.object({
      slice: z.string().nullable(),
      metric: evaluationMetric,
      value: wireNumber,
      rows: z.number().int(),
      support: z
        .number()
        .int()
        .optional()
        .describe(
          'Rows that the metric stands on, where not all: of recall the positive ones; of several classes the least. 0: the value, 0/0, is 0.',
        ),
    }),
  ),
  worst: z
    .array(
      z.object({
        slice: z.string().describe('In words: "distance from 500 to below 1000".'),
        column: z.string(),
        metric: evaluationMetric,
        value: wireNumber,
        whole: wireNumber.describe('On all rows.'),
        worse: z.number().describe('Distance of both, in the metric’s own unit.'),
        rows: z.number().int(),
      }),
    )
    .describe(
      'Slices that nobody named and on which it is worse than on all rows, beyond chance: of each metric but r2 at most five, the worst first. Looked at are the first columns, at most 100 and 2 million values.',
    ),
  latencyUs: z.number().nullable().describe('Median of one row, asked alone, on this server.'),
  at: epochMs,
});
export type Evaluation = z.infer<typeof evaluation>;

export const gateRule = z.object({
  setId: uuid,
  metric: evaluationMetric,
  slices: z.array(z.string().max(limits.name)).max(100).default([]).describe('Names of slices; empty: all rows.'),
  against: z.union([z.object({ alias: modelAlias }), z.object({ value: z.number() })]),
  maxWorse: z.number().min(0).describe('In the metric’s own unit; what is better when smaller is turned round.'),
});
export type GateRule = z.infer<typeof gateRule>;

export const gate = z.object({
  rules: z.array(gateRule).max(50),
  stages: z.array(modelStage).describe('Moving there needs a pass.'),
  aliases: z.array(z.string()),
  approvals: z
    .number()
    .int()
    .min(0)
    .max(10)
    .describe('People, other than who asks, that must agree before a version moves to a gated stage.'),
  revision: z.number().int().nonnegative(),
});
export type Gate = z.infer<typeof gate>;

export const gatePut = z.object({
  name: modelName,
  rules: z.array(gateRule).max(50),
  stages: z.array(modelStage).max(4),
  aliases: z.array(modelAlias).max(100),
  approvals: z.number().int().min(0).max(10).default(0),
  revision: z.number().int().nonnegative().describe('The one that was read.'),
});

export const gateCheck = z.object({
  passes: z.boolean(),
  findings: z.array(
    z.object({
      rule: gateRule,
      slice: z.string().nullable(),
      value: wireNumber.nullable(),
      reference: wireNumber.nullable(),
      passes: z.boolean(),
      reason: z.string().describe('"roc_auc 0.71 is 0.03 worse than champion (v3) on carrier = AA; 0.01 is allowed".'),
    }),
  ),
});

export type GateCheck = z.infer<typeof gateCheck>;

/** Somebody asks that a version moves; others agree or refuse. */
export const approval = z.object({
  id: uuid,
  modelName: z.string(),
  version: z.number().int(),
  to: z.union([z.object({ stage: modelStage }), z.object({ alias: modelAlias })]),
  status: z.enum(['open', 'approved', 'refused', 'withdrawn']),
  needed: z.number().int(),
  votes: z.array(z.object({ userName: z.string(), agrees: z.boolean(), comment: z.string(), at: epochMs })),
  comment: z.string(),
  message: z.string().describe('Why it has not moved though enough agree, or who moved it.'),
  askedBy: z.string(),
  askedAt: epochMs,
  endedAt: epochMs.nullable(),
});
export type Approval = z.infer<typeof approval>;

/** What differs between two versions; what is equal is left out. */
export const versionDiff = z.object({
  a: versionDetails,
  b: versionDetails,
  params: z.array(z.object({ key: z.string(), a: z.string().nullable(), b: z.string().nullable() })),
  metrics: z.array(z.object({ key: z.string(), a: wireNumber.nullable(), b: wireNumber.nullable() })),
  evaluations: z.array(
    z.object({
      setName: z.string(),
      slice: z.string().nullable(),
      metric: evaluationMetric,
      a: wireNumber.nullable(),
      b: wireNumber.nullable(),
    }),
  ),
  signature: z.array(z.object({ column: z.string(), change: z.string() })),
  packages: z.array(z.object({ name: z.string(), a: z.string().nullable(), b: z.string().nullable() })),
  data: z.array(z.object({ name: z.string(), a: z.string().nullable(), b: z.string().nullable() })),
  snapshots: z.object({ a: uuid.nullable(), b: uuid.nullable() }).describe('For `design.snapshots.diff`.'),
  sizeBytes: z.object({ a: z.number().int().nullable(), b: z.number().int().nullable() }),
  latencyUs: z.object({ a: z.number().nullable(), b: z.number().nullable() }),
});

export type VersionDiff = z.infer<typeof versionDiff>;

export const versionKey = z.object({ name: modelName, version: versionNumber });
