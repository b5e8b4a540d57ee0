/** Experiments: made, read, renamed, tagged, deleted and restored. */
import { requireRole } from '../access/index.ts';
import { createExperiment, findExperimentNamed, setExperimentDeleted, summarizeDatasets, updateExperiment } from '../tracking/index.ts';
import { type Call, call, LONG_BODY, type MlflowContext } from './call.ts';
import { invalidParameter, MlflowError, resourceAlreadyExists, resourceDoesNotExist } from './errors.ts';
import { experimentMessage } from './experimentMessage.ts';
import { checkExperimentName, checkedLocation } from './experimentRules.ts';
import { mustBeActive, requireExperiment } from './findRun.ts';
import { checkExperimentTag, experimentIdOf, isExperimentId } from './keys.ts';
import { ids, list, message, required, string } from './message.ts';
import { DATASET_CONTEXT, NOTE } from './tagNames.ts';

const tag = message({ key: string, value: string });

const create = call({
  method: 'POST',
  path: 'mlflow/experiments/create',
  mostBytes: LONG_BODY,
  message: { name: required(string), artifact_location: string, tags: list(tag) },
  async answer(context, { name, artifact_location, tags }) {
    requireRole(context, 'editor');
    checkExperimentName(name);
    const location = artifact_location ? checkedLocation(artifact_location) : undefined;
    const entries = tags.map(({ key = '', value = '' }) => ({ key, value }));
    for (const entry of entries) checkExperimentTag(entry);
    const { [NOTE]: description = '', ...others } = Object.fromEntries(entries.map(({ key, value }) => [key, value]));
    await requireFreeName(context, name);
    const made = await createExperiment(context, { name, description, tags: others, artifactLocation: location });
    changed(context, made.id);
    return { experiment_id: made.id };
  },
});

/** Here a deleted experiment gives its name free; in MLflow it keeps it, and its clients rely on finding one experiment by a name. */
async function requireFreeName({ sql, caller }: MlflowContext, name: string): Promise<void> {
  const there = await findExperimentNamed(sql, caller.workspaceId, name);
  if (!there) return;
  const hint = there.deleted ? ' It is deleted: restore it, or choose another name.' : '';
  throw resourceAlreadyExists(`Experiment(name=${name}) already exists.${hint}`);
}

const changed = ({ live, caller }: MlflowContext, experimentId: string) =>
  live.publish({ workspaceId: caller.workspaceId, topic: 'experiment', experimentId, payload: null });

const get = call({
  method: 'GET',
  path: 'mlflow/experiments/get',
  message: { experiment_id: required(string) },
  async answer(context, { experiment_id }) {
    return { experiment: experimentMessage(await requireExperiment(context, experiment_id)) };
  },
});

const getByName = call({
  method: 'GET',
  path: 'mlflow/experiments/get-by-name',
  message: { experiment_name: required(string) },
  async answer({ sql, caller }, { experiment_name }) {
    const found = await findExperimentNamed(sql, caller.workspaceId, experiment_name);
    if (!found) throw resourceDoesNotExist(`Could not find experiment with name '${experiment_name}'`);
    return { experiment: experimentMessage(found) };
  },
});

const remove = call({
  method: 'POST',
  path: 'mlflow/experiments/delete',
  reads: true,
  message: { experiment_id: required(string) },
  answer: (context, { experiment_id }) => setDeleted(context, experiment_id, true),
});

const restore = call({
  method: 'POST',
  path: 'mlflow/experiments/restore',
  message: { experiment_id: required(string) },
  answer: (context, { experiment_id }) => setDeleted(context, experiment_id, false),
});

async function setDeleted(context: MlflowContext, given: string, deleted: boolean): Promise<object> {
  requireRole(context, 'editor');
  const { id, deleted: before } = await requireExperiment(context, given);
  // MLflow looks for it among those that are in the other state.
  if (before === deleted) throw resourceDoesNotExist(`No Experiment with id=${id} exists`);
  await setExperimentDeleted(context, id, deleted);
  context.tracking.places.forget();
  changed(context, id);
  return {};
}

const update = call({
  method: 'POST',
  path: 'mlflow/experiments/update',
  message: { experiment_id: required(string), new_name: required(string) },
  async answer(context, { experiment_id, new_name }) {
    requireRole(context, 'editor');
    checkExperimentName(new_name);
    const { id, name, deleted } = await requireExperiment(context, experiment_id);
    if (deleted) throw new MlflowError('INVALID_STATE', 'Cannot rename a non-active experiment.');
    if (name === new_name) return {};
    await requireFreeName(context, new_name);
    await updateExperiment(context, { id, name: new_name });
    changed(context, id);
    return {};
  },
});

const setTag = call({
  method: 'POST',
  path: 'mlflow/experiments/set-experiment-tag',
  message: { experiment_id: required(string), key: required(string), value: string },
  async answer(context, { experiment_id, key, value = '' }) {
    requireRole(context, 'editor');
    checkExperimentTag({ key, value });
    const { id, deleted } = await requireExperiment(context, experiment_id);
    if (deleted) throw mustBeActive('experiment', id);
    await updateExperiment(context, key === NOTE ? { id, description: value } : { id, setTags: { [key]: value } });
    changed(context, id);
    return {};
  },
});

const deleteTag = call({
  method: 'POST',
  path: 'mlflow/experiments/delete-experiment-tag',
  message: { experiment_id: required(string), key: required(string) },
  async answer(context, { experiment_id, key }) {
    requireRole(context, 'editor');
    const { id, deleted } = await requireExperiment(context, experiment_id);
    if (deleted) throw mustBeActive('experiment', id);
    await updateExperiment(context, {
      id,
      ...(key === NOTE ? { description: '' } : { removeTags: [key] }),
      check({ tags, description }) {
        if (key === NOTE ? description !== '' : Object.hasOwn(tags, key)) return;
        throw resourceDoesNotExist(`No tag with name: ${key} in experiment with id ${id}`);
      },
    });
    changed(context, id);
    return {};
  },
});

const MOST_SEARCHED = 20;

const searchDatasets = call({
  method: 'POST',
  path: 'mlflow/experiments/search-datasets',
  reads: true,
  message: { experiment_ids: ids },
  async answer({ sql, caller }, { experiment_ids }) {
    if (experiment_ids.length === 0) throw invalidParameter('SearchDatasets request must specify at least one experiment_id.');
    if (experiment_ids.length > MOST_SEARCHED) {
      const said = `SearchDatasets request cannot specify more than ${MOST_SEARCHED} experiment_ids.`;
      throw invalidParameter(`${said} Received ${experiment_ids.length} experiment_ids.`);
    }
    const asked = experiment_ids.map(experimentIdOf).filter(isExperimentId);
    const summaries = await summarizeDatasets(sql, caller.workspaceId, asked, DATASET_CONTEXT);
    return {
      dataset_summaries: summaries.map(({ experimentId, name, digest, context }) => {
        return { experiment_id: experimentId, name, digest, context: context ?? undefined };
      }),
    };
  },
});

export const experimentCalls: Call[] = [create, get, getByName, remove, restore, update, setTag, deleteTag, searchDatasets];
