/** Versions in full, and what a team agrees on about them. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, digest, limits, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { bundle } from './bundle.ts';
import {
  approval,
  evaluation,
  evaluationSet,
  evaluationSetPut,
  gate,
  gateCheck,
  gatePut,
  modelCard,
  modelOverview,
  versionDetails,
  versionDiff,
  versionKey,
} from './governed.ts';
import { loggedModelId } from './loggedModel.ts';
import { modelAlias, modelName, modelStage, versionNumber, writtenVersion } from './registeredModel.ts';

const base = oc.errors(commonErrors);
const route = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: `/${string}`, summary: string, successStatus?: number) =>
  base.route({ method, path, tags: ['registry'], summary, ...(successStatus ? { successStatus } : {}) });
const byName = z.object({ name: modelName });
const deleted = z.object({ deleted: z.boolean() });
/** In a query everything is text, and the text "false" is no yes. */
const flag = z.union([z.boolean(), z.stringbool()]).default(false);
const to = z.union([z.object({ stage: modelStage }), z.object({ alias: modelAlias })]);

export const governedOperations = {
  bundles: {
    get: route('GET', '/logged-models/{id}/bundle', 'How a logged model is served')
      .input(z.object({ id: loggedModelId }))
      .output(bundle.nullable()),
    put: route('PUT', '/logged-models/{id}/bundle', 'Say how a logged model is served; its files are stored before')
      .input(z.object({ id: loggedModelId, bundle }))
      .output(bundle),
  },
  modelFiles: {
    list: route('GET', '/logged-models/{id}/files', 'Files of a logged model, by path')
      .input(z.object({ id: loggedModelId }))
      .output(z.object({ files: z.array(z.object({ path: z.string(), size: z.number().int().describe('bytes'), digest })) })),
  },
  details: {
    models: route('GET', '/model-overviews', 'Models with their newest version and where they serve, by name')
      .input(
        z.object({
          ...pageInput,
          text: z.string().max(limits.name).optional().describe('Part of the name, any case.'),
          deleted: flag.describe('The deleted ones instead.'),
        }),
      )
      .output(z.object({ models: z.array(modelOverview), nextCursor })),
    get: route('GET', '/models/{name}/versions/{version}/details', 'A version with its bundle, its run and where it serves')
      .input(versionKey)
      .output(versionDetails),
    list: route('GET', '/models/{name}/details', 'Versions in full, newest first; the deleted ones too where asked')
      .input(byName.extend({ ...pageInput, deleted: flag }))
      .output(z.object({ versions: z.array(versionDetails), nextCursor })),
    diff: route('GET', '/models/{name}/compare', 'What differs between two versions')
      .input(byName.extend({ a: versionNumber, b: versionNumber }))
      .output(versionDiff),
    restore: route('POST', '/models/{name}/versions/{version}/restore', 'Bring a deleted version back')
      .input(versionKey)
      .output(versionDetails),
    restoreModel: route('POST', '/models/{name}/restore', 'Bring a deleted model back, where its name is still free')
      .input(byName)
      .output(z.object({ name: z.string(), versions: z.number().int() })),
  },
  cards: {
    get: route('GET', '/models/{name}/versions/{version}/card', 'Model card').input(versionKey).output(modelCard),
    put: route('PUT', '/models/{name}/versions/{version}/card', 'Edit the model card')
      .input(
        versionKey.extend({
          sections: z.array(z.object({ key: z.string().max(50), text: z.string().max(limits.notes) })).max(20),
          revision: z.number().int().nonnegative(),
        }),
      )
      .output(modelCard),
  },
  evaluationSets: {
    list: route('GET', '/models/{name}/evaluation-sets', 'Evaluation sets of a model')
      .input(byName)
      .output(z.object({ sets: z.array(evaluationSet) })),
    put: route('PUT', '/evaluation-sets/{id}', 'Store an evaluation set; one that was used is never changed')
      .input(evaluationSetPut)
      .output(evaluationSet),
    delete: route('DELETE', '/evaluation-sets/{id}', 'Delete an evaluation set that no gate names')
      .input(z.object({ id: uuid }))
      .output(deleted),
  },
  evaluations: {
    start: route('POST', '/evaluations', 'Ask a version all rows of an evaluation set', 201)
      .input(
        z.object({
          id: uuid.optional(),
          setId: uuid,
          version: writtenVersion,
          trustUser: z
            .string()
            .max(limits.name)
            .optional()
            .describe('Whose code may run on the server: needed where the model is another user’s pickle.'),
        }),
      )
      .output(evaluation),
    list: route('GET', '/models/{name}/evaluations', 'Evaluations of a model, newest first')
      .input(byName.extend({ ...pageInput, version: versionNumber.optional(), setId: uuid.optional() }))
      .output(z.object({ evaluations: z.array(evaluation), nextCursor })),
  },
  gates: {
    get: route('GET', '/models/{name}/gate', 'What a version must hold before it moves').input(byName).output(gate),
    put: route('PUT', '/models/{name}/gate', 'Change it; needs the role owner').input(gatePut).output(gate),
    check: route('GET', '/models/{name}/versions/{version}/gate', 'Whether a version passes, and why not')
      .input(versionKey)
      .output(gateCheck),
  },
  approvals: {
    list: route('GET', '/models/{name}/approvals', 'Approvals of a model, newest first')
      .input(byName.extend(pageInput))
      .output(z.object({ approvals: z.array(approval), nextCursor })),
    ask: route('POST', '/models/{name}/versions/{version}/approvals', 'Ask that a version moves to a stage or an alias', 201)
      .input(versionKey.extend({ id: uuid.optional(), to, comment: z.string().max(limits.notes).default('') }))
      .output(approval),
    vote: route('POST', '/approvals/{id}/votes', 'Agree or refuse; enough agreement moves it')
      .input(z.object({ id: uuid, agrees: z.boolean(), comment: z.string().max(limits.notes).default('') }))
      .output(approval),
    withdraw: route('POST', '/approvals/{id}/withdraw', 'Take the question back')
      .input(z.object({ id: uuid }))
      .output(approval),
  },
};
