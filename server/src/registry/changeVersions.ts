/** Versions of registered models. A number is given once: whoever makes a version counts its model's row up, and others wait for that. */
import type { ModelVersion, VersionUpdate } from '@cellkeep/schema/registry';
import type { CallContext, Db } from '../core/context.ts';
import type { NewEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { inOneChange } from './change.ts';
import { passGate, requireMayTakeAway } from './gate/passGate.ts';
import { freezeModel } from './modelFiles.ts';
import { noSuchVersion, readVersions, requireVersion, subjectOf } from './readVersions.ts';
import { lockModel, type ModelRow } from './registeredModels.ts';
import { type Origin, originOf } from './sources.ts';
import { changeTags } from './tags.ts';

export interface NewVersion {
  name: string;
  /** Absent: the logged model. */
  source?: string;
  loggedModelId?: string;
  runId?: string;
  runLink?: string;
  description?: string;
  tags?: Record<string, string>;
}

/** @throws NOT_FOUND where the model, or what its source names, is not there */
export function createVersion(context: CallContext, input: NewVersion): Promise<ModelVersion> {
  const { caller, now } = context;
  const { name, loggedModelId, runLink = '', description = '', tags = {} } = input;
  const source = input.source ?? (loggedModelId === undefined ? undefined : `models:/${loggedModelId}`);
  if (source === undefined)
    throw failure('BAD_REQUEST', { field: 'source', reason: 'a version comes from somewhere', remedy: 'give a loggedModelId or a source' });
  return inOneChange(context, async (tx, { events, edges }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    const origin = await originOf(tx, caller.workspaceId, { source, loggedModelId });
    const at = now();
    const runId = input.runId || (origin.runId ?? '');
    const [made] = await tx<{ version: number }[]>`
      update registered_models set last_version = last_version + 1, updated_at = ${at} where id = ${model.id}
      returning last_version as version`;
    const { version } = made as { version: number };
    await tx`
      insert into model_versions (model_id, version, description, source, location, run_id, run_link, logged_model_id, stage, status, tags,
        user_name, created_at, updated_at)
      values (${model.id}, ${version}, ${description}, ${source}, ${origin.location}, ${runId}, ${runLink}, ${origin.loggedModelId}, 'None',
        'ready', ${tx.json(tags)}, ${caller.userName}, ${at}, ${at})`;
    // What is evaluated, approved and trusted from now on is what was registered.
    if (origin.loggedModelId !== null) await freezeModel(tx, origin.loggedModelId, new Date(at));
    const subject = subjectOf(model.id, version);
    events.push({
      what: 'model-version.created',
      subject,
      after: { source, runId, runLink, loggedModelId: origin.loggedModelId, description, tags },
      data: { name, version, source },
    });
    edges.push(...cameFrom(origin, runId).map((from) => ({ from, relation: 'produced' as const, to: subject })));
    return requireVersion(tx, model, version);
  });
}

/** What it was made from: the nearest thing that is known. */
function cameFrom({ loggedModelId, version }: Origin, runId: string): string[] {
  if (loggedModelId !== null) return [`logged-model:${loggedModelId}`];
  if (version !== null) return [subjectOf(version.modelId, version.version)];
  return runId === '' ? [] : [`run:${runId}`];
}

const ACTIVE = ['Staging', 'Production'];

const stateOf = ({ description, stage, tags }: ModelVersion) => ({ description, stage, tags });

/** @throws FORBIDDEN where the model's gate does not let it move to the stage */
export function updateVersion(context: CallContext, change: VersionUpdate): Promise<ModelVersion> {
  const { caller } = context;
  const { name, version, archiveExisting } = change;
  if (archiveExisting && !ACTIVE.includes(change.stage ?? '')) {
    const reason = `versions of the stage ${change.stage ?? '(none named)'} are not archived`;
    throw failure('BAD_REQUEST', { field: 'archiveExisting', reason, remedy: 'only Staging and Production give way to a newer version' });
  }
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    events.push(...(await changeLocked(context, tx, { model, change })));
    return requireVersion(tx, model, version);
  });
}

/** With the model locked. @returns what happened */
export async function changeLocked(
  context: CallContext,
  tx: Db,
  { model, change, approved }: { model: ModelRow; change: VersionUpdate; approved?: boolean },
): Promise<NewEvent[]> {
  const { version, override } = change;
  const events: NewEvent[] = [];
  const before = await requireVersion(tx, model, version);
  const at = context.now();
  const stage = change.stage ?? before.stage;
  if (stage !== before.stage) events.push(...(await passGate(context, tx, { model, version, to: { stage }, override, approved })));
  const after = { description: change.description ?? before.description, stage, tags: changeTags(before.tags, change) };
  if (change.archiveExisting) {
    const archived = await tx<{ version: number }[]>`
      update model_versions set stage = 'Archived', updated_at = ${at}
      where model_id = ${model.id} and version <> ${version} and stage = ${stage} and deleted_at is null returning version`;
    for (const other of archived) {
      const data = { name: model.name, version: other.version, stage: 'Archived' };
      events.push({ what: 'model-version.updated', subject: subjectOf(model.id, other.version), data });
    }
  }
  const isNewState = change.stage !== undefined || change.description !== undefined;
  await tx`
    update model_versions set description = ${after.description}, stage = ${stage}, tags = ${tx.json(after.tags)}
      ${isNewState ? tx`, updated_at = ${at}` : tx``}
    where model_id = ${model.id} and version = ${version}`;
  if (change.stage !== undefined) await tx`update registered_models set updated_at = ${at} where id = ${model.id}`;
  const data = { name: model.name, version, ...(stage === before.stage ? {} : { stage }) };
  return [...events, { what: 'model-version.updated', subject: subjectOf(model.id, version), before: stateOf(before), after, data }];
}

/** Aliases that point at it go with it. */
export function deleteVersion(context: CallContext, name: string, version: number): Promise<void> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    const [before] = await readVersions(tx, [{ modelId: model.id, version }]);
    if (!before) throw noSuchVersion(name, version);
    await requireMayTakeAway(context, tx, model, before.aliases);
    const at = now();
    await tx`delete from model_aliases where model_id = ${model.id} and version = ${version}`;
    await tx`
      update model_versions set deleted_at = ${new Date(at)}, updated_at = ${at} where model_id = ${model.id} and version = ${version}`;
    await tx`update registered_models set updated_at = ${at} where id = ${model.id}`;
    const data = { name, version, aliases: before.aliases };
    events.push({ what: 'model-version.deleted', subject: subjectOf(model.id, version), before: stateOf(before), data });
  });
}
