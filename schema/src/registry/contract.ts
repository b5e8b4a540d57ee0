/** What may serve? Logged models, as runs made them; registered models, whose versions and aliases a team agreed on. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, experimentId, limits, nextCursor, pageInput, runId } from '../wire/index.ts';
import { governedOperations } from './governedOperations.ts';
import { loggedModel, loggedModelCreate, loggedModelId, loggedModelUpdate } from './loggedModel.ts';
import {
  modelAlias,
  modelCreate,
  modelName,
  modelUpdate,
  modelVersion,
  override,
  registeredModel,
  versionCreate,
  versionNumber,
  versionUpdate,
} from './registeredModel.ts';

const base = oc.errors(commonErrors);
/** As the run's logger described it. */
const readDataset = z.object({
  name: z.string(),
  digest: z.string().describe('What its logger made of its content: any text.'),
  sourceType: z.string().describe('"local", "http", "s3", "code", … as the logger says it.'),
  source: z.string().describe('Where it lay: JSON for most loggers.'),
  context: z.string().nullable().describe('What it was read for: "training", "eval"; null where nobody said.'),
});
const byName = z.object({ name: modelName });
const byVersion = byName.extend({ version: versionNumber });
const byAlias = byName.extend({ alias: modelAlias });
const byId = z.object({ id: loggedModelId });
const route = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: `/${string}`, summary: string, successStatus?: number) =>
  base.route({ method, path, tags: ['registry'], summary, ...(successStatus ? { successStatus } : {}) });

export const registryContract = {
  ...governedOperations,
  models: {
    list: route('GET', '/models', 'Registered models, by name')
      .input(z.object({ ...pageInput, text: z.string().max(limits.name).optional().describe('Part of the name, any case.') }))
      .output(z.object({ models: z.array(registeredModel), nextCursor })),
    get: route('GET', '/models/{name}', 'One registered model').input(byName).output(registeredModel),
    create: route('POST', '/models', 'Register a name; it must be free', 201).input(modelCreate).output(registeredModel),
    update: route('PATCH', '/models/{name}', 'Rename, describe, tag').input(modelUpdate).output(registeredModel),
    delete: route('DELETE', '/models/{name}', 'Delete with its versions and aliases; its name is free again')
      .input(byName)
      .output(z.object({ deleted: z.literal(true) })),
  },
  versions: {
    list: route('GET', '/models/{name}/versions', 'Versions of a model, newest first')
      .input(byName.extend(pageInput))
      .output(z.object({ versions: z.array(modelVersion), nextCursor })),
    get: route('GET', '/models/{name}/versions/{version}', 'One version').input(byVersion).output(modelVersion),
    create: route('POST', '/models/{name}/versions', 'Make the next version', 201).input(versionCreate).output(modelVersion),
    update: route('PATCH', '/models/{name}/versions/{version}', 'Describe, tag, move to a stage').input(versionUpdate).output(modelVersion),
    delete: route('DELETE', '/models/{name}/versions/{version}', 'Delete a version and the aliases that point at it')
      .input(byVersion)
      .output(z.object({ deleted: z.literal(true) })),
  },
  aliases: {
    get: route('GET', '/models/{name}/aliases/{alias}', 'The version that an alias points at').input(byAlias).output(modelVersion),
    set: route('PUT', '/models/{name}/aliases/{alias}', 'Point an alias at a version')
      .input(byAlias.extend({ version: versionNumber, override }))
      .output(modelVersion),
    delete: route('DELETE', '/models/{name}/aliases/{alias}', 'Remove an alias')
      .input(byAlias)
      .output(z.object({ deleted: z.boolean().describe('False where there was none.') })),
  },
  loggedModels: {
    list: route('GET', '/logged-models', 'Logged models, newest first')
      .input(z.object({ ...pageInput, experimentId: experimentId.optional(), runId: runId.optional().describe('The run that made them.') }))
      .output(z.object({ models: z.array(loggedModel), nextCursor })),
    get: route('GET', '/logged-models/{id}', 'One logged model').input(byId).output(loggedModel),
    create: route('POST', '/logged-models', 'Begin a logged model; its files follow', 201).input(loggedModelCreate).output(loggedModel),
    update: route('PATCH', '/logged-models/{id}', 'Finish, tag, add params').input(loggedModelUpdate).output(loggedModel),
    delete: route('DELETE', '/logged-models/{id}', 'Delete a logged model')
      .input(byId)
      .output(z.object({ deleted: z.literal(true) })),
  },
  runModels: {
    get: route('GET', '/runs/{runId}/models', 'Models that a run read and made, and the datasets that it read')
      .input(z.object({ runId }))
      .output(
        z.object({
          datasets: z.array(readDataset),
          inputs: z.array(loggedModel),
          outputs: z.array(loggedModel.extend({ step: z.number().int().describe('Step of the run at which it was made.') })),
        }),
      ),
  },
};
