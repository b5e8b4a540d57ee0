import { z } from 'zod';
import { epochMs, limits } from '../wire/index.ts';
import { loggedModelId, modelTags } from './loggedModel.ts';

/** Part of addresses like models:/name/3 and models:/name@champion. */
export const modelName = z
  .string()
  .max(limits.name)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^/:\u0000-\u001f\u007f-\u009f]*$/, 'the name of a model holds no "/", no ":" and no control characters')
  .refine((name) => name.trim() !== '' && name !== '.' && !name.startsWith('..'), {
    message: 'the name of a model is not empty, not "." and does not begin with ".."',
  });

/** `latest` and `v3` mean something already wherever a version is named. */
export function isReservedAlias(alias: string): boolean {
  return /^(latest|v\d+)$/i.test(alias);
}

export const modelAlias = z
  .string()
  .min(1)
  .max(limits.alias)
  .regex(/^[\p{L}\p{N}_-]+$/u, 'an alias holds letters, digits, _ and -')
  .refine((alias) => !isReservedAlias(alias), { message: '"latest" and version pointers (v1, v2, …) are reserved; choose another' });

/** In an address, where it comes as text. */
export const versionNumber = z.coerce.number().int().min(1).max(2_147_483_647);
/** In a body, where only a number is one. */
export const writtenVersion = z.number().int().min(1).max(2_147_483_647);

export const modelStage = z.enum(['None', 'Staging', 'Production', 'Archived']);
export type ModelStage = z.infer<typeof modelStage>;

export const registeredModel = z.object({
  name: z.string(),
  description: z.string().describe('Markdown.'),
  tags: modelTags,
  aliases: z.array(z.object({ alias: z.string(), version: z.number().int() })),
  versionCount: z.number().int(),
  latestVersion: z.number().int().nullable().describe('The greatest number of a version that is there.'),
  createdAt: epochMs,
  updatedAt: epochMs,
});
export type RegisteredModel = z.infer<typeof registeredModel>;

export const modelVersion = z.object({
  name: z.string(),
  version: z.number().int().describe('Counted from 1; the number of a deleted version is given to no other.'),
  description: z.string().describe('Markdown.'),
  source: z.string().describe('As it was given: models:/m-…, runs:/…, mlflow-artifacts:/…, s3://….'),
  location: z.string().describe('Where its files lie.'),
  runId: z.string().describe('The run that made it, as it was given; empty where none was named.'),
  runLink: z.string(),
  loggedModelId: z.string().nullable(),
  stage: modelStage,
  status: z.enum(['pending', 'ready', 'failed']),
  statusMessage: z.string(),
  tags: modelTags,
  aliases: z.array(z.string()),
  userName: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs,
});
export type ModelVersion = z.infer<typeof modelVersion>;

const description = z.string().max(limits.notes);

/** Whoever may move a version past its gate says why, and the log keeps it. */
export const override = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .optional()
  .describe('Why it moves though the gate says no; needs the role owner, and is written into the log. Absent: the gate decides.');

export const modelCreate = z.object({ name: modelName, description: description.default(''), tags: modelTags.default({}) });

export const modelUpdate = z.object({
  name: modelName,
  newName: modelName.optional().describe('Renames it, with its versions and aliases.'),
  description: description.optional(),
  setTags: modelTags.optional(),
  removeTags: z.array(z.string()).max(1_000).optional(),
});
export type ModelUpdate = z.infer<typeof modelUpdate>;

export const versionCreate = z.object({
  name: modelName,
  loggedModelId: loggedModelId.optional().describe('The logged model that becomes a version.'),
  source: z.string().min(1).max(limits.modelSource).optional().describe('Where it comes from; absent: the logged model.'),
  runId: z.string().max(limits.name).default(''),
  runLink: z.string().max(limits.modelSource).default(''),
  description: description.default(''),
  tags: modelTags.default({}),
});

export const versionUpdate = z.object({
  name: modelName,
  version: versionNumber,
  description: description.optional(),
  stage: modelStage.optional(),
  archiveExisting: z.boolean().default(false).describe('With a stage Staging or Production: versions that are in it move to Archived.'),
  setTags: modelTags.optional(),
  removeTags: z.array(z.string()).max(1_000).optional(),
  override,
});
export type VersionUpdate = z.infer<typeof versionUpdate>;
