/** Logged models: what a run made, before anybody gave it a name. Its files lie below its artifact location. */
import { randomUUID } from 'node:crypto';
import type { LoggedModel, LoggedModelStatus, LoggedModelUpdate } from '@cellkeep/schema/registry';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { newRunName } from '../tracking/index.ts';
import { inOneChange } from './change.ts';
import { noSuchLoggedModel, requireLoggedModel } from './readLoggedModels.ts';
import { changeTags } from './tags.ts';

export interface NewLoggedModel {
  /** A creation with an id may be repeated. */
  id?: string;
  experimentId: string;
  name?: string;
  /** Of a run of another server too. */
  runId?: string | null;
  modelType?: string;
  params?: Record<string, string>;
  tags?: Record<string, string>;
}

const subjectOf = (id: string) => `logged-model:${id}`;

/** @throws NOT_FOUND, or CONFLICT where the experiment is deleted or the id is another model's */
export function createLoggedModel(context: CallContext, input: NewLoggedModel): Promise<LoggedModel> {
  const { caller, now } = context;
  const { experimentId, modelType = '', params = {}, tags = {} } = input;
  return inOneChange(context, async (tx, { events, edges }) => {
    const location = await locationOfModels(tx, caller.workspaceId, experimentId);
    const id = input.id ?? `m-${randomUUID().replaceAll('-', '')}`;
    const at = now();
    const name = input.name ?? newRunName();
    const runId = input.runId || null;
    const [made] = await tx`
      insert into logged_models (id, workspace_id, experiment_id, run_id, name, model_type, status, params, tags, artifact_location,
        user_name, created_at, updated_at)
      values (${id}, ${caller.workspaceId}, ${experimentId}, ${runId}, ${name}, ${modelType}, 'pending', ${tx.json(params)},
        ${tx.json(tags)}, ${`${location}/${id}/artifacts`}, ${caller.userName}, ${at}, ${at})
      on conflict (id) do nothing returning id`;
    if (!made) return sameModel(tx, caller.workspaceId, { ...input, id });
    const data = { name, experimentId, ...(runId === null ? {} : { runId }) };
    events.push({ what: 'logged-model.created', subject: subjectOf(id), after: { ...data, modelType, params, tags }, data });
    if (runId !== null && (await isRun(tx, caller.workspaceId, runId)))
      edges.push({ from: `run:${runId}`, relation: 'produced', to: subjectOf(id) });
    return requireLoggedModel(tx, caller.workspaceId, id);
  });
}

async function sameModel(tx: Db, workspaceId: string, { id, experimentId, name }: NewLoggedModel & { id: string }): Promise<LoggedModel> {
  const remedy = 'leave the id out, or choose another one';
  const [there] = await tx`select id from logged_models where id = ${id} and workspace_id = ${workspaceId}`;
  // Said without a word of another workspace's model.
  if (!there) throw failure('CONFLICT', { field: 'id', reason: `the id ${id} is taken`, remedy });
  const model = await requireLoggedModel(tx, workspaceId, id);
  if (model.experimentId === experimentId && (name === undefined || model.name === name)) return model;
  throw failure('CONFLICT', { field: 'id', reason: `${id} is ${JSON.stringify(model.name)} of experiment ${model.experimentId}`, remedy });
}

/** Locks against a deletion of the experiment that is about to be committed. */
async function locationOfModels(tx: Db, workspaceId: string, experimentId: string): Promise<string> {
  const [experiment] = await tx<{ location: string; name: string; deleted: boolean }[]>`
    select coalesce(artifact_location, 'mlflow-artifacts:/' || id) as location, name, deleted_at is not null as deleted
    from experiments where id = ${experimentId} and workspace_id = ${workspaceId} for share`;
  if (!experiment) throw failure('NOT_FOUND', { field: 'experimentId', reason: `no experiment ${experimentId}` });
  if (experiment.deleted) {
    const reason = `experiment ${experimentId} (${experiment.name}) is deleted`;
    throw failure('CONFLICT', { field: 'experimentId', reason, remedy: 'restore it, or choose another' });
  }
  return `${experiment.location.replace(/\/+$/, '')}/models`;
}

async function isRun(tx: Db, workspaceId: string, runId: string): Promise<boolean> {
  if (!/^[0-9a-f]{32}$/.test(runId)) return false;
  const [run] = await tx`select id from runs where id = ${runId} and workspace_id = ${workspaceId}`;
  return run !== undefined;
}

interface State {
  status: LoggedModelStatus;
  tags: Record<string, string>;
  params: Record<string, string>;
}

async function lockLoggedModel(tx: Db, workspaceId: string, id: string): Promise<State> {
  const [row] = await tx<State[]>`
    select status, tags, params from logged_models where id = ${id} and workspace_id = ${workspaceId} for no key update`;
  if (!row) throw noSuchLoggedModel(id);
  return row;
}

/** One that is deleted can be tagged still, as a deleted run can: it may be restored. */
export function updateLoggedModel(context: CallContext, change: LoggedModelUpdate): Promise<LoggedModel> {
  const { caller, now } = context;
  const { id, addParams = {} } = change;
  return inOneChange(context, async (tx, { events }) => {
    const before = await lockLoggedModel(tx, caller.workspaceId, id);
    for (const [key, value] of Object.entries(addParams)) {
      const known = Object.hasOwn(before.params, key) ? before.params[key] : value;
      if (known !== value) {
        const reason = `param ${JSON.stringify(key)} is ${JSON.stringify(known)} already, and a param never changes`;
        throw failure('CONFLICT', { field: `addParams.${key}`, reason, remedy: 'choose another key' });
      }
    }
    const after: State = {
      status: change.status ?? before.status,
      tags: changeTags(before.tags, change),
      params: { ...before.params, ...addParams },
    };
    await tx`
      update logged_models set status = ${after.status}, tags = ${tx.json(after.tags)}, params = ${tx.json(after.params)}
        ${change.status === undefined ? tx`` : tx`, updated_at = ${now()}`}
      where id = ${id}`;
    const data = after.status === before.status ? {} : { status: after.status };
    events.push({ what: 'logged-model.updated', subject: subjectOf(id), before, after, data });
    return requireLoggedModel(tx, caller.workspaceId, id, 'id', { deleted: true });
  });
}

/** Deleting twice is no error. Its files stay. */
export function deleteLoggedModel(context: CallContext, id: string): Promise<void> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    await lockLoggedModel(tx, caller.workspaceId, id);
    const at = now();
    const [row] = await tx<{ name: string }[]>`
      update logged_models set deleted_at = ${new Date(at)}, updated_at = ${at} where id = ${id} and deleted_at is null returning name`;
    if (row) events.push({ what: 'logged-model.deleted', subject: subjectOf(id), data: { name: row.name } });
  });
}
