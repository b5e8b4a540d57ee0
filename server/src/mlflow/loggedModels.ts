/** Logged models: made by runs, finished, tagged, measured, found; and which of them runs read and made. */

import type { LoggedModel, LoggedModelStatus } from '@cellkeep/schema/registry';
import { limits } from '@cellkeep/schema/wire';
import { requireRole } from '../access/index.ts';
import { createLoggedModel, deleteLoggedModel, requireLoggedModel, searchLoggedModels, updateLoggedModel } from '../registry/index.ts';
import { listAny, pathOfLocation } from '../tracking/index.ts';
import { filesOf, pathInMessage } from './artifactProxy.ts';
import { type Call, call, LONG_BODY, type MlflowContext } from './call.ts';
import { invalidParameter, MlflowError, missingValue, resourceDoesNotExist } from './errors.ts';
import { experimentIdOf, isExperimentId } from './keys.ts';
import { loggedModelMessage, STATUS } from './loggedModelMessage.ts';
import { readLoggedModelSearch, searchToken } from './loggedModelSearch.ts';
import { bool, int32, list, message, oneOf, required, string } from './message.ts';
import { inWords, noSuchLoggedModel, tagMessage } from './modelWords.ts';

function inModelWords<T>(work: Promise<T>, id: string): Promise<T> {
  return inWords(work, { 'NOT_FOUND id': () => noSuchLoggedModel(id) });
}

export function findLoggedModel({ sql, caller }: MlflowContext, id: string, deleted = false): Promise<LoggedModel> {
  return inModelWords(requireLoggedModel(sql, caller.workspaceId, id, 'id', { deleted }), id);
}

const BAD_CHARACTERS = ['/', ':', '.', '%', '"', "'"];

function checkLoggedName(name: string): string {
  if (BAD_CHARACTERS.some((character) => name.includes(character))) {
    const shown = `('/', ':', '.', '%', '"', "'")`;
    throw invalidParameter(
      `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ${shown}`,
    );
  }
  if (name.length > LONGEST_NAME) throw invalidParameter(`'name' exceeds the maximum length of ${LONGEST_NAME} characters`);
  return name;
}

/** Of MLflow's own table. */
const LONGEST_NAME = 500;
const LONGEST_KEY = 255;

type Pair = { key?: string | undefined; value?: string | undefined };

/** Keys of a model's params and tags are any text: nothing is made of them but text. */
function readPairs(pairs: readonly Pair[], what: 'Param' | 'Tag'): Record<string, string> {
  const longest = what === 'Param' ? limits.paramValue : limits.modelTagValue;
  return Object.fromEntries(
    pairs.map(({ key = '', value = '' }) => {
      if (key.length > LONGEST_KEY) throw invalidParameter(`'${what} key' exceeds the maximum length of ${LONGEST_KEY} characters`);
      return [key, value.slice(0, longest)];
    }),
  );
}

const create = call({
  method: 'POST',
  path: 'mlflow/logged-models',
  mostBytes: LONG_BODY,
  message: {
    experiment_id: required(string),
    name: string,
    model_type: string,
    source_run_id: string,
    params: list(tagMessage),
    tags: list(tagMessage),
  },
  async answer(context, { experiment_id, name, model_type: modelType, source_run_id: runId, params, tags }) {
    const experimentId = experimentIdOf(experiment_id);
    const gone = () => resourceDoesNotExist(`No Experiment with id=${experimentId} exists`);
    if (!isExperimentId(experimentId)) throw gone();
    const given = {
      ...(name ? { name: checkLoggedName(name) } : {}),
      params: readPairs(params, 'Param'),
      tags: readPairs(tags, 'Tag'),
    };
    const made = await inWords(createLoggedModel(context, { experimentId, modelType, runId, ...given }), {
      'NOT_FOUND experimentId': gone,
      'CONFLICT experimentId': () =>
        invalidParameter(`The experiment ${experimentId} must be in the 'active' state. Current state is deleted.`),
    });
    return { model: loggedModelMessage(made) };
  },
});

const byId = { model_id: required(string) };

const get = call({
  method: 'GET',
  path: 'mlflow/logged-models/{model_id}',
  message: { ...byId, allow_deleted: bool },
  answer: async (context, { model_id, allow_deleted }) => ({
    model: loggedModelMessage(await findLoggedModel(context, model_id, allow_deleted)),
  }),
});

const STATUSES: Record<string, LoggedModelStatus> = Object.fromEntries(
  Object.entries(STATUS).map(([status, word]) => [word, status as LoggedModelStatus]),
);
const statusWord = oneOf({ LOGGED_MODEL_PENDING: 1, LOGGED_MODEL_READY: 2, LOGGED_MODEL_UPLOAD_FAILED: 3 });

const finalize = call({
  method: 'PATCH',
  path: 'mlflow/logged-models/{model_id}',
  message: { ...byId, status: statusWord },
  async answer(context, { model_id: id, status }) {
    if (status === undefined) throw missingValue('status');
    return { model: loggedModelMessage(await inModelWords(updateLoggedModel(context, { id, status: STATUSES[status] }), id)) };
  },
});

const setTags = call({
  method: 'PATCH',
  path: 'mlflow/logged-models/{model_id}/tags',
  mostBytes: LONG_BODY,
  message: { ...byId, tags: list(tagMessage) },
  async answer(context, { model_id: id, tags }) {
    await inModelWords(updateLoggedModel(context, { id, setTags: readPairs(tags, 'Tag') }), id);
    return {};
  },
});

const deleteTag = call({
  method: 'DELETE',
  path: 'mlflow/logged-models/{model_id}/tags/{tag_key}',
  reads: true,
  message: { ...byId, tag_key: string },
  async answer(context, { model_id: id, tag_key: key = '' }) {
    requireRole(context, 'editor');
    const model = await findLoggedModel(context, id, true);
    if (!Object.hasOwn(model.tags, key)) throw resourceDoesNotExist(`No tag with key '${key}' found for model with ID '${id}'.`);
    await inModelWords(updateLoggedModel(context, { id, removeTags: [key] }), id);
    return {};
  },
});

const logParams = call({
  method: 'POST',
  path: 'mlflow/logged-models/{model_id}/params',
  mostBytes: LONG_BODY,
  message: { ...byId, params: list(tagMessage) },
  async answer(context, { model_id: id, params }) {
    const addParams = readPairs(params, 'Param');
    const conflict = Object.keys(addParams).map((key): [string, () => MlflowError] => [
      `CONFLICT addParams.${key}`,
      () =>
        new MlflowError(
          'BAD_REQUEST',
          `Changing param values is not allowed. Param with key='${key}' was already logged for model '${id}'.`,
        ),
    ]);
    await inModelWords(inWords(updateLoggedModel(context, { id, addParams }), Object.fromEntries(conflict)), id);
    return {};
  },
});

const remove = call({
  method: 'DELETE',
  path: 'mlflow/logged-models/{model_id}',
  reads: true,
  message: byId,
  async answer(context, { model_id: id }) {
    await inModelWords(deleteLoggedModel(context, id), id);
    return {};
  },
});

const artifacts = call({
  method: 'GET',
  path: 'mlflow/logged-models/{model_id}/artifacts/directories',
  message: { ...byId, artifact_directory_path: string, page_token: string },
  async answer(context, { model_id: id, artifact_directory_path: folder }) {
    const inside = pathInMessage(folder);
    const { artifactLocation } = await findLoggedModel(context, id);
    const root = pathOfLocation(artifactLocation);
    if (root === null) return { root_uri: artifactLocation }; // its files lie elsewhere, where this server does not look
    const entries = await listAny(context, { runId: null, path: inside === '' ? root : `${root}/${inside}` });
    return { root_uri: artifactLocation, ...filesOf(entries, (path) => path.slice(root.length + 1)) };
  },
});

const search = call({
  method: 'POST',
  path: 'mlflow/logged-models/search',
  reads: true,
  message: {
    experiment_ids: required({ read: list(string).read }), // an empty list finds nothing, a missing one is a mistake
    filter: string,
    datasets: list(message({ dataset_name: string, dataset_digest: string })),
    max_results: int32,
    order_by: list(message({ field_name: string, ascending: bool, dataset_name: string, dataset_digest: string })),
    page_token: string,
  },
  async answer({ sql, caller }, asked) {
    const wanted = readLoggedModelSearch(asked);
    const { models, hasMore } = await searchLoggedModels(sql, caller.workspaceId, wanted);
    return {
      models: models.length > 0 ? models.map(loggedModelMessage) : undefined,
      next_page_token: hasMore ? searchToken(asked, wanted.offset + wanted.limit) : undefined,
    };
  },
});

export const loggedModelCalls: Call[] = [create, search, get, finalize, setTags, deleteTag, logParams, remove, artifacts];
