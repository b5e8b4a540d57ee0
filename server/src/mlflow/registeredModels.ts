/** Registered models: names, tags, aliases, their newest versions. */
import {
  createModel,
  deleteAlias,
  deleteModel,
  latestVersions,
  type ModelRow,
  type ModelSearch,
  PROMPT_TAG,
  searchModels,
  setAlias,
  updateModel,
} from '../registry/index.ts';
import { type Call, call, LONG_BODY } from './call.ts';
import { invalidParameter, invalidValue, resourceAlreadyExists } from './errors.ts';
import { parseOrder } from './filter.ts';
import { findByAlias, findModel, type Said } from './findModels.ts';
import { int64, list, required, string } from './message.ts';
import {
  checkAlias,
  checkModelName,
  checkNewAlias,
  checkTagKey,
  checkTagValue,
  inWords,
  noSuchModel,
  noSuchVersion,
  readTags,
  readVersion,
  refuseRepeated,
  tagMessage,
} from './modelWords.ts';
import { offsetOf, pageToken } from './pageToken.ts';
import { readRegistryFilter } from './registryConditions.ts';
import { modelOf, versionOf } from './registryMessages.ts';
import { stageOf } from './stages.ts';

const isPrompt = (tags: Record<string, string>) => tags[PROMPT_TAG]?.toLowerCase() === 'true';

async function whole({ sql }: Said, model: ModelRow) {
  return { registered_model: modelOf(model, (await latestVersions(sql, [model.id])).get(model.id) ?? []) };
}

const create = call({
  method: 'POST',
  path: 'mlflow/registered-models/create',
  mostBytes: LONG_BODY,
  message: { name: required(string), tags: list(tagMessage), description: string },
  async answer(context, { name, tags, description = '' }) {
    const given = { name: checkModelName(name), tags: readTags(tags), description };
    const made = await inWords(createModel(context, given), {
      'CONFLICT name': async () => taken(name, isPrompt((await findModel(context, name)).tags), isPrompt(given.tags)),
    });
    return whole(context, made);
  },
});

/** A prompt and a model share their names. */
function taken(name: string, isOldPrompt: boolean, isNewPrompt: boolean) {
  const word = (prompt: boolean) => (prompt ? 'Prompt' : 'Registered Model');
  if (isOldPrompt === isNewPrompt) return resourceAlreadyExists(`${word(isNewPrompt)} (name=${name}) already exists.`);
  return resourceAlreadyExists(
    `Tried to create a ${word(isNewPrompt).toLowerCase()} with name '${name}', but the name is already taken by a ` +
      `${word(isOldPrompt).toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
  );
}

const get = call({
  method: 'GET',
  path: 'mlflow/registered-models/get',
  message: { name: required(string) },
  answer: async (context, { name }) => whole(context, await findModel(context, name)),
});

const update = call({
  method: 'PATCH',
  path: 'mlflow/registered-models/update',
  message: { name: required(string), description: string },
  async answer(context, { name, description = '' }) {
    const work = updateModel(context, { name: checkModelName(name), description });
    return whole(context, await inWords(work, { 'NOT_FOUND name': () => noSuchModel(name) }));
  },
});

const rename = call({
  method: 'POST',
  path: 'mlflow/registered-models/rename',
  message: { name: required(string), new_name: required(string) },
  async answer(context, { name, new_name: newName }) {
    checkModelName(newName, 'new_name');
    const work = updateModel(context, { name: checkModelName(name), newName });
    const words = {
      'NOT_FOUND name': () => noSuchModel(name),
      'CONFLICT name': () => resourceAlreadyExists(`Registered Model (name=${newName}) already exists.`),
    };
    return whole(context, await inWords(work, words));
  },
});

const remove = call({
  method: 'DELETE',
  path: 'mlflow/registered-models/delete',
  reads: true,
  message: { name: required(string) },
  async answer(context, { name }) {
    await inWords(deleteModel(context, checkModelName(name)), { 'NOT_FOUND name': () => noSuchModel(name) });
    return {};
  },
});

const MOST_FOUND = 1_000;

const search = call({
  method: 'GET',
  path: 'mlflow/registered-models/search',
  message: { filter: string, max_results: int64, order_by: list(string), page_token: string },
  async answer({ sql, caller }, { filter = '', max_results: limit = 100, order_by: clauses, page_token: token }) {
    if (limit > MOST_FOUND || limit < 0) throw invalidValue('max_results', String(limit));
    const wanted = readRegistryFilter(filter, { text: { name: 'name' as const }, numbers: {}, lists: ['name'] });
    const offset = offsetOf(token);
    const { models, hasMore } = await searchModels(sql, caller.workspaceId, { ...wanted, order: orderOf(clauses), offset, limit });
    const latest = await latestVersions(
      sql,
      models.map(({ id }) => id),
    );
    return {
      registered_models: models.length > 0 ? models.map((model) => modelOf(model, latest.get(model.id) ?? [])) : undefined,
      next_page_token: hasMore ? pageToken(offset + limit) : undefined,
    };
  },
});

const ORDERED: Record<string, ModelSearch['order'][number]['by']> = {
  name: 'name',
  timestamp: 'updatedAt',
  last_updated_timestamp: 'updatedAt',
};

function orderOf(clauses: readonly string[]): ModelSearch['order'] {
  const order = clauses.map((clause) => {
    const { identifier, desc: descending } = parseOrder(clause);
    const name = identifier.replace(/^`(.*)`$/s, '$1');
    const by = Object.hasOwn(ORDERED, name) ? ORDERED[name] : undefined;
    if (!by) throw invalidParameter(`Invalid order by key '${name}' specified. Valid keys are '{'name', 'timestamp'}'`);
    return { by, descending };
  });
  refuseRepeated(
    order.map(({ by }) => by),
    clauses,
  );
  return order;
}

const latest = (method: 'GET' | 'POST') =>
  call({
    method,
    path: 'mlflow/registered-models/get-latest-versions',
    reads: true,
    message: { name: required(string), stages: list(string) },
    async answer(context, { name, stages }) {
      const model = await findModel(context, name);
      const wanted = stages.length > 0 ? stages.map(stageOf) : undefined;
      const versions = (await latestVersions(context.sql, [model.id], wanted)).get(model.id) ?? [];
      return { model_versions: versions.length > 0 ? versions.map(versionOf) : undefined };
    },
  });

const setTag = call({
  method: 'POST',
  path: 'mlflow/registered-models/set-tag',
  mostBytes: LONG_BODY,
  message: { name: required(string), key: required(string), value: string },
  async answer(context, { name, key, value = '' }) {
    const setTags = { [checkTagKey(key)]: checkTagValue(value) };
    await inWords(updateModel(context, { name: checkModelName(name), setTags }), { 'NOT_FOUND name': () => noSuchModel(name) });
    return {};
  },
});

const deleteTag = call({
  method: 'DELETE',
  path: 'mlflow/registered-models/delete-tag',
  reads: true,
  message: { name: required(string), key: required(string) },
  async answer(context, { name, key }) {
    const work = updateModel(context, { name: checkModelName(name), removeTags: [checkTagKey(key)] });
    await inWords(work, { 'NOT_FOUND name': () => noSuchModel(name) });
    return {};
  },
});

const setAliasCall = call({
  method: 'POST',
  path: 'mlflow/registered-models/alias',
  message: { name: required(string), alias: required(string), version: required(string) },
  async answer(context, { name, alias, version: written }) {
    checkModelName(name);
    const version = readVersion(written);
    await inWords(setAlias(context, { name, alias: checkNewAlias(alias), version }), {
      'NOT_FOUND name': () => noSuchVersion(name, written),
      'NOT_FOUND version': () => noSuchVersion(name, written),
    });
    return {};
  },
});

const deleteAliasCall = call({
  method: 'DELETE',
  path: 'mlflow/registered-models/alias',
  reads: true,
  message: { name: required(string), alias: required(string) },
  async answer(context, { name, alias }) {
    const work = deleteAlias(context, { name: checkModelName(name), alias: checkAlias(alias) });
    await inWords(work, { 'NOT_FOUND name': () => noSuchModel(name) });
    return {};
  },
});

const getByAlias = call({
  method: 'GET',
  path: 'mlflow/registered-models/alias',
  message: { name: required(string), alias: required(string) },
  async answer(context, { name, alias }) {
    return { model_version: versionOf(await findByAlias(context, name, checkAlias(alias))) };
  },
});

export const registeredModelCalls: Call[] = [
  ...[create, get, update, rename, remove, search, latest('GET'), latest('POST')],
  ...[setTag, deleteTag, setAliasCall, deleteAliasCall, getByAlias],
];
