import { z } from 'zod';
import { epochMs, experimentId, limits, runId, wireNumber } from '../wire/index.ts';

export const loggedModelId = z
  .string()
  .regex(/^m-[0-9a-f]{32}$/, 'the id of a logged model is m- and 32 lower-case hex digits')
  .describe('Id of a logged model: m- and 32 lower-case hex digits.');

/** What is made of text alone: a key of an item, as the clients of many tools name them. */
const key = z.string().min(1).max(limits.key);
export const modelTags = z.record(key, z.string().max(limits.modelTagValue));
export const modelParams = z.record(key, z.string().max(limits.paramValue));

export const loggedModelStatus = z.enum(['pending', 'ready', 'failed']);
export type LoggedModelStatus = z.infer<typeof loggedModelStatus>;

/** It is part of paths, so that it holds nothing that means something there. */
export const loggedModelName = z
  .string()
  .min(1)
  .max(limits.name)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^/:.%"'\u0000-\u001f\u007f-\u009f]+$/, `a name holds none of / : . % " ' and no control characters`);

export const modelMetric = z.object({
  key: z.string(),
  value: wireNumber,
  step: z.number().int(),
  time: epochMs,
  runId: runId.describe('The run that measured it.'),
  datasetName: z.string().describe('Empty where none was named.'),
  datasetDigest: z.string(),
});
export type ModelMetric = z.infer<typeof modelMetric>;

/** A version of a registered model that was made from this one. */
export const registration = z.object({ name: z.string(), version: z.number().int(), aliases: z.array(z.string()) });
export type Registration = z.infer<typeof registration>;

export const loggedModel = z.object({
  id: loggedModelId,
  experimentId,
  runId: z.string().nullable().describe('The run that made it, as it was given.'),
  name: z.string(),
  modelType: z.string(),
  status: loggedModelStatus,
  statusMessage: z.string(),
  params: modelParams,
  tags: modelTags,
  artifactLocation: z.string().describe('Where its files lie.'),
  lifecycle: z.enum(['active', 'deleted']),
  userName: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs,
  metrics: z.array(modelMetric).describe('Every point that was measured of it, by key.'),
  registrations: z.array(registration),
});
export type LoggedModel = z.infer<typeof loggedModel>;

/** Creating with an id that exists gives back that model where experiment and name agree, else CONFLICT. */
export const loggedModelCreate = z.object({
  id: loggedModelId.optional().describe('Absent: the server chooses.'),
  experimentId,
  name: loggedModelName.optional().describe('Absent: two words and a number.'),
  runId: runId.nullable().default(null),
  modelType: z.string().max(limits.name).default(''),
  params: modelParams.default({}),
  tags: modelTags.default({}),
});

export const loggedModelUpdate = z.object({
  id: loggedModelId,
  status: loggedModelStatus.optional(),
  setTags: modelTags.optional(),
  removeTags: z.array(key).max(1_000).optional(),
  addParams: modelParams.optional().describe('A param that is there keeps its value: another one is a conflict.'),
});
export type LoggedModelUpdate = z.infer<typeof loggedModelUpdate>;
