/** Versions of registered models: made from a source, tagged, moved between stages, found. */
import { requireRole } from '../access/index.ts';
import { createVersion, deleteVersion, PROMPT_TAG, searchVersions, updateVersion, type VersionSearch } from '../registry/index.ts';
import { type Call, call, LONG_BODY } from './call.ts';
import { invalidParameter, invalidValue } from './errors.ts';
import { parseOrder, splitIdentifier } from './filter.ts';
import { findVersion, inVersionWords } from './findModels.ts';
import { bool, int64, list, required, string } from './message.ts';
import { checkPromptSource, checkSource, resolveSource } from './modelSource.ts';
import {
  checkModelName,
  checkTagKey,
  checkTagValue,
  inWords,
  noSuchLoggedModel,
  noSuchModel,
  readTags,
  readVersion,
  refuseRepeated,
  tagMessage,
} from './modelWords.ts';
import { offsetOf, pageToken } from './pageToken.ts';
import { readRegistryFilter } from './registryConditions.ts';
import { versionOf } from './registryMessages.ts';
import { stageOf } from './stages.ts';

const create = call({
  method: 'POST',
  path: 'mlflow/model-versions/create',
  mostBytes: LONG_BODY,
  message: {
    name: required(string),
    source: required(string),
    run_id: string,
    tags: list(tagMessage),
    run_link: string,
    description: string,
    model_id: string,
  },
  async answer(context, { name, source, run_id, tags, run_link: runLink, description, model_id }) {
    requireRole(context, 'editor');
    checkModelName(name);
    const given = readTags(tags);
    const isPrompt = given[PROMPT_TAG]?.toLowerCase() === 'true';
    const from = isPrompt
      ? checkPromptSource(source)
      : await checkSource(context, await resolveSource(context, { source, run_id, model_id }));
    const work = createVersion(context, { name, ...from, runLink, description, tags: given });
    const made = await inWords(work, {
      'NOT_FOUND name': () => noSuchModel(name),
      'NOT_FOUND loggedModelId': () => noSuchLoggedModel(from.loggedModelId ?? source),
    });
    return { model_version: versionOf(made) };
  },
});

const named = { name: required(string), version: required(string) };

const get = call({
  method: 'GET',
  path: 'mlflow/model-versions/get',
  message: named,
  answer: async (context, { name, version }) => ({ model_version: versionOf(await findVersion(context, name, version)) }),
});

const downloadUri = call({
  method: 'GET',
  path: 'mlflow/model-versions/get-download-uri',
  message: named,
  answer: async (context, { name, version }) => ({ artifact_uri: (await findVersion(context, name, version)).location }),
});

const update = call({
  method: 'PATCH',
  path: 'mlflow/model-versions/update',
  message: { ...named, description: string },
  async answer(context, { name, version, description = '' }) {
    checkModelName(name);
    const work = updateVersion(context, { name, version: readVersion(version), description, archiveExisting: false });
    return { model_version: versionOf(await inVersionWords(work, name, version)) };
  },
});

const transition = call({
  method: 'POST',
  path: 'mlflow/model-versions/transition-stage',
  message: { ...named, stage: required(string), archive_existing_versions: bool },
  async answer(context, { name, version, stage: written, archive_existing_versions: archiveExisting = false }) {
    checkModelName(name);
    const stage = stageOf(written);
    if (archiveExisting && stage !== 'Staging' && stage !== 'Production') {
      throw invalidParameter(
        `Model version transition cannot archive existing model versions because '${written}' is not an Active stage. ` +
          "Valid stages are ['Staging', 'Production']",
      );
    }
    const work = updateVersion(context, { name, version: readVersion(version), stage, archiveExisting });
    return { model_version: versionOf(await inVersionWords(work, name, version)) };
  },
});

const remove = call({
  method: 'DELETE',
  path: 'mlflow/model-versions/delete',
  reads: true,
  message: named,
  async answer(context, { name, version }) {
    checkModelName(name);
    await inVersionWords(deleteVersion(context, name, readVersion(version)), name, version);
    return {};
  },
});

const setTag = call({
  method: 'POST',
  path: 'mlflow/model-versions/set-tag',
  mostBytes: LONG_BODY,
  message: { ...named, key: required(string), value: string },
  async answer(context, { name, version, key, value = '' }) {
    checkModelName(name);
    const change = { name, version: readVersion(version), archiveExisting: false };
    await inVersionWords(updateVersion(context, { ...change, setTags: { [checkTagKey(key)]: checkTagValue(value) } }), name, version);
    return {};
  },
});

const deleteTag = call({
  method: 'DELETE',
  path: 'mlflow/model-versions/delete-tag',
  reads: true,
  message: { ...named, key: required(string) },
  async answer(context, { name, version, key }) {
    checkModelName(name);
    const change = { name, version: readVersion(version), archiveExisting: false };
    await inVersionWords(updateVersion(context, { ...change, removeTags: [checkTagKey(key)] }), name, version);
    return {};
  },
});

const MOST_FOUND = 200_000;

const search = call({
  method: 'GET',
  path: 'mlflow/model-versions/search',
  message: { filter: string, max_results: int64, order_by: list(string), page_token: string },
  async answer({ sql, caller }, { filter = '', max_results: limit = MOST_FOUND, order_by: clauses, page_token: token }) {
    if (limit > MOST_FOUND) throw invalidValue('max_results', String(limit));
    if (limit < 1) throw invalidParameter(`Invalid value for max_results. It must be a positive integer, but got ${limit}`);
    const wanted = readRegistryFilter(filter, {
      text: { name: 'name' as const, run_id: 'runId' as const, source_path: 'source' as const },
      numbers: { version_number: 'version' as const },
      lists: ['name', 'run_id'],
    });
    const offset = offsetOf(token);
    const { versions, hasMore } = await searchVersions(sql, caller.workspaceId, { ...wanted, order: orderOf(clauses), offset, limit });
    return {
      // MLflow's server leaves the aliases out here, and so do its clients' tests.
      model_versions: versions.length > 0 ? versions.map((version) => versionOf({ ...version, aliases: [] })) : undefined,
      next_page_token: hasMore ? pageToken(offset + limit) : undefined,
    };
  },
});

const ORDERED: Record<string, VersionSearch['order'][number]['by']> = {
  name: 'name',
  version_number: 'version',
  creation_timestamp: 'createdAt',
  last_updated_timestamp: 'updatedAt',
};

const VALID = Object.keys(ORDERED)
  .map((name) => `'${name}'`)
  .join(', ');

function orderOf(clauses: readonly string[]): VersionSearch['order'] {
  if (clauses.length === 0) return [{ by: 'updatedAt', descending: true }];
  const order = clauses.map((clause) => {
    const { identifier, desc: descending } = parseOrder(clause);
    const { group, key } = splitIdentifier(identifier);
    if (group === 'tag' || group === 'tags') throw invalidParameter(`Invalid order by key '${key}' specified. Valid keys are {${VALID}}`);
    if (group !== null && !/^(attributes?|attr|run)$/.test(group))
      throw invalidParameter(`Invalid entity type '${group}'. Valid entity types are ('attribute', 'tag', 'tags')`);
    const by = Object.hasOwn(ORDERED, key) ? ORDERED[key] : undefined;
    if (by) return { by, descending };
    throw invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are '{${VALID}}'`);
  });
  refuseRepeated(
    order.map(({ by }) => by),
    clauses,
  );
  return order;
}

export const modelVersionCalls: Call[] = [create, get, downloadUri, update, transition, remove, setTag, deleteTag, search];
