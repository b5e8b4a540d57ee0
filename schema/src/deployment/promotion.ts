/**
 * From a model to an endpoint, step by step: snapshot, export, check, register, serve. All but the last are done by the kernel that holds
 * the model (`where: client`), or by a Python process of the server for what is stored already; what has its bundle skips them. Whoever
 * does them tells its steps by `update`, with `version` once it is registered, and ends with `serve`: from there on the server goes on
 * alone. Nothing half-deployed is left: what a promotion made that failed or was cancelled is either whole (a version) or removed.
 */
import { z } from 'zod';
import { loggedModelId } from '../registry/loggedModel.ts';
import { modelAlias, modelName, writtenVersion } from '../registry/registeredModel.ts';
import { epochMs, limits, runId, uuid } from '../wire/index.ts';
import { canaryPlan, endpointName } from './endpoint.ts';

export const promotionStep = z.enum(['snapshot', 'export', 'check', 'register', 'serve']);
export type PromotionStep = z.infer<typeof promotionStep>;

export const stepState = z.object({
  step: promotionStep,
  status: z.enum(['waiting', 'running', 'done', 'failed', 'skipped']),
  text: z.string().max(1_000).default('').describe('"ONNX, greatest difference 2e-7", "24 cases".'),
  startedAt: epochMs.nullable().default(null),
  endedAt: epochMs.nullable().default(null),
});
export type StepState = z.infer<typeof stepState>;

export const promotionSource = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('cell'),
    notebookPath: z.string().max(limits.artifactPath),
    cellId: z.string().max(limits.name).nullable(),
    variable: z.string().max(limits.name),
  }),
  z.object({
    kind: z.literal('run'),
    runId,
    loggedModelId: loggedModelId.optional().describe('Which of its models; absent: the last one.'),
  }),
  z.object({ kind: z.literal('loggedModel'), loggedModelId }),
  z.object({ kind: z.literal('version'), modelName, version: writtenVersion }),
]);
export type PromotionSource = z.infer<typeof promotionSource>;

export const promotionOptions = z.object({
  runtime: z.enum(['auto', 'onnx', 'python']).default('auto').describe('`auto`: ONNX where its answers are equal, else a Python worker.'),
  tolerance: z.number().min(0).max(1).default(1e-5).describe('Of the answers of both, relative to max(1, |value|).'),
  how: z.enum(['replace', 'canary', 'shadow', 'beside']).default('replace'),
  plan: canaryPlan.optional(),
  alias: modelAlias.nullable().default(null).describe('Set on the new version, like "champion"; back where it was if serving fails.'),
  serve: z.boolean().default(true).describe('False: register only.'),
});
export type PromotionOptions = z.infer<typeof promotionOptions>;

export type PromotionOptionsInput = z.input<typeof promotionOptions>;

export const promotionStatus = z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'lost']);
export type PromotionStatus = z.infer<typeof promotionStatus>;

export const promotion = z.object({
  id: uuid,
  source: promotionSource,
  modelName: z.string(),
  endpoint: z.string().nullable(),
  options: promotionOptions,
  where: z.enum(['server', 'client']),
  status: promotionStatus,
  steps: z.array(stepState),
  error: z.string().nullable().describe('Why it failed, and what to do.'),
  version: z.number().int().nullable(),
  loggedModelId: z.string().nullable(),
  releaseId: uuid.nullable(),
  userName: z.string(),
  askedAt: epochMs,
  startedAt: epochMs.nullable(),
  endedAt: epochMs.nullable(),
});
export type Promotion = z.infer<typeof promotion>;

export const promotionStart = z.object({
  id: uuid.optional().describe('Chosen by the client: asking twice starts one.'),
  source: promotionSource,
  modelName,
  endpoint: endpointName.nullable().default(null).describe('Made where it is not there; null only with `serve: false`.'),
  options: promotionOptions.prefault({}),
  where: z.enum(['server', 'client']).default('server'),
  trustUser: z
    .string()
    .max(limits.name)
    .optional()
    .describe('Whose code may run on the server: needed where the model is another user’s pickle.'),
});

/**
 * From the process that promotes, which is taken for gone after five minutes without one. An end is final: what comes later changes nothing,
 * and the answer says how it ended.
 */
export const promotionUpdate = z.object({
  id: uuid,
  status: promotionStatus.optional().describe('running, failed or cancelled; `done` is said by `serve`.'),
  steps: z.array(stepState).max(10).optional().describe('Those that changed; times that are not given are the server’s.'),
  error: z.string().max(8_000).optional(),
  version: writtenVersion.optional(),
  loggedModelId: loggedModelId.optional(),
});
