/** Runs: made, read, changed, deleted and restored. What is logged to them: logging.ts. */
import { requireRole } from '../access/index.ts';
import { modelsOfRuns } from '../registry/index.ts';
import { changeLockedRun, createRun, inOneChange, newRunName, setRunsDeleted } from '../tracking/index.ts';
import { type Call, call, LONG_BODY, type MlflowContext, Written } from './call.ts';
import { invalidParameter, resourceDoesNotExist } from './errors.ts';
import { inWordsOf, mustBeActive, requireExperiment, requireRun, runIdFields, runIdOf } from './findRun.ts';
import type { Entry } from './keys.ts';
import { list, message, oneOf, required, string, time } from './message.ts';
import { infoText, runText } from './runMessage.ts';
import { changeBy, sourceOf, tagsOf } from './runTags.ts';
import { STATUSES, statusOf } from './status.ts';
import { NOTE, PARENT, RUN_NAME } from './tagNames.ts';

const tag = message({ key: string, value: string });
const LONGEST_NAME = 250;

const create = call({
  method: 'POST',
  path: 'mlflow/runs/create',
  mostBytes: LONG_BODY,
  message: { experiment_id: string, user_id: string, start_time: time, run_name: string, tags: list(tag) },
  async answer(context, { experiment_id = '', user_id, start_time, run_name, tags: given }) {
    requireRole(context, 'editor');
    const { caller, now } = context;
    const entries: Entry[] = given.map(({ key = '', value = '' }) => ({ key, value }));
    const { source, tags } = sourceOf(tagsOf(entries, 'tags'), user_id, caller.userName);
    const name = nameOf(run_name, tags[RUN_NAME]);
    const experiment = await requireExperiment(context, experiment_id);
    if (experiment.deleted) throw mustBeActive('experiment', experiment.id);
    const own = await changeBy(context, tags, null);
    const run = {
      ...{ experimentId: experiment.id, name: name ?? newRunName(), parentRunId: own.parentRunId ?? null },
      ...{ startedAt: start_time ?? now(), tags: own.setTags ?? {}, params: {}, notes: own.notes ?? '', source },
    };
    // Its process is MLflow's client, which does not say now and then that it lives.
    const { id } = await inOneChange(context, (tx, effects) => createRun(tx, caller, run, { now: now(), effects, beats: false }));
    const record = {
      ...{ ...run, id, status: 'running' as const, deleted: false, endedAt: null, user: source.user ?? caller.userName },
      ...{ artifactLocation: experiment.artifactLocation, metrics: null, inputs: [] },
    };
    return new Written(`{"run":${runText(record, undefined)}}`);
  },
});

function nameOf(given: string | undefined, tag: string | undefined): string | undefined {
  if (given && tag && given !== tag) {
    const both = "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values";
    throw invalidParameter(`${both} (run_name='${given}', mlflow.runName='${tag}').`);
  }
  return checkedName(given || tag || undefined);
}

function checkedName(name: string | undefined): string | undefined {
  if (name !== undefined && name.length > LONGEST_NAME) {
    throw invalidParameter(`'run_name' exceeds the maximum length of ${LONGEST_NAME} characters`);
  }
  return name;
}

const get = call({
  method: 'GET',
  path: 'mlflow/runs/get',
  message: runIdFields,
  async answer(context, ids) {
    const id = runIdOf(ids);
    const [run, models] = await Promise.all([requireRun(context, id), modelsOfRuns(context.sql, context.caller.workspaceId, [id])]);
    return new Written(`{"run":${runText(run, models.get(id))}}`);
  },
});

const update = call({
  method: 'POST',
  path: 'mlflow/runs/update',
  message: { ...runIdFields, status: oneOf(STATUSES), end_time: time, run_name: string },
  async answer(context, { status, end_time, run_name, ...ids }) {
    const id = runIdOf(ids);
    const change = {
      name: checkedName(run_name || undefined),
      status: status && statusOf(status),
      endedAt: end_time,
    };
    await inOneChange(context, (tx, effects) =>
      changeLockedRun(tx, context.caller, id, ({ deleted }) => activeOnly(id, deleted, change), { now: context.now(), effects }),
    ).catch(inWordsOf(id));
    return new Written(`{"run_info":${infoText(await requireRun(context, id, true))}}`);
  },
});

function activeOnly<T>(id: string, deleted: boolean, change: T): T {
  if (deleted) throw mustBeActive('run', id);
  return change;
}

const remove = call({
  method: 'POST',
  path: 'mlflow/runs/delete',
  reads: true,
  message: { run_id: required(string) },
  answer: (context, ids) => setDeleted(context, runIdOf(ids), true),
});

const restore = call({
  method: 'POST',
  path: 'mlflow/runs/restore',
  message: { run_id: required(string) },
  answer: (context, ids) => setDeleted(context, runIdOf(ids), false),
});

/** The run alone: MLflow's clients know nothing of those below it. */
async function setDeleted(context: MlflowContext, id: string, deleted: boolean): Promise<object> {
  const { caller, now, tracking } = context;
  await inOneChange(context, (tx, effects) => setRunsDeleted(tx, caller, [id], deleted, { now: now(), effects, alone: true })).catch(
    inWordsOf(id),
  );
  tracking.places.forget([id]);
  return {};
}

const setTag = call({
  method: 'POST',
  path: 'mlflow/runs/set-tag',
  mostBytes: LONG_BODY,
  message: { ...runIdFields, key: required(string), value: string },
  async answer(context, { key, value = '', ...ids }) {
    const id = runIdOf(ids);
    const change = await changeBy(context, tagsOf([{ key, value }]), id);
    checkedName(change.name);
    await inOneChange(context, (tx, effects) =>
      changeLockedRun(tx, context.caller, id, ({ deleted }) => activeOnly(id, deleted, change), { now: context.now(), effects }),
    ).catch(inWordsOf(id));
    return {};
  },
});

const deleteTag = call({
  method: 'POST',
  path: 'mlflow/runs/delete-tag',
  message: { run_id: required(string), key: required(string) },
  async answer(context, { key, ...ids }) {
    const id = runIdOf(ids);
    await inOneChange(context, (tx, effects) =>
      changeLockedRun(
        tx,
        context.caller,
        id,
        ({ deleted, tags, notes, parentRunId }) => {
          if (deleted) throw mustBeActive('run', id);
          if (Object.hasOwn(tags, key)) return { removeTags: [key] };
          if (key === NOTE && notes !== '') return { notes: '' };
          if (key === PARENT && parentRunId !== null) return { parentRunId: null };
          if (key === RUN_NAME) return {}; // a run has a name, and its name is this tag
          throw resourceDoesNotExist(`No tag with name: ${key} in run with id ${id}`);
        },
        { now: context.now(), effects },
      ),
    ).catch(inWordsOf(id));
    return {};
  },
});

export const runCalls: Call[] = [create, get, update, remove, restore, setTag, deleteTag];
