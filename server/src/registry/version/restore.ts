/** Deleted versions and models are brought back as they were, but into no stage that may serve: they go through the gate again. */
import type { CallContext } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { codeOf } from '../../core/plainError.ts';
import { inOneChange } from '../change.ts';
import { noSuchVersion, readVersions, subjectOf } from '../readVersions.ts';
import { lockModel, noSuchModel } from '../registeredModels.ts';

/** Its aliases went with it and may point elsewhere now: they are set again by hand. Restoring twice is no error. */
export function restoreVersion(context: CallContext, { name, version }: { name: string; version: number }): Promise<void> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    const [before] = await readVersions(tx, [{ modelId: model.id, version }], true);
    if (!before) throw noSuchVersion(name, version);
    const stage = before.stage === 'Production' || before.stage === 'Staging' ? 'None' : before.stage;
    const [row] = await tx`
      update model_versions set deleted_at = null, stage = ${stage}, updated_at = ${now()}
      where model_id = ${model.id} and version = ${version} and deleted_at is not null returning version`;
    if (!row) return;
    await tx`update registered_models set updated_at = ${now()} where id = ${model.id}`;
    const data = { name, version, stage };
    events.push({ what: 'model-version.restored', subject: subjectOf(model.id, version), after: { stage }, data });
  });
}

/** Of several that had the name the one that was deleted last. @throws CONFLICT where the name is another model's now */
export function restoreModel(context: CallContext, name: string): Promise<{ name: string; versions: number }> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const [model] = await tx<{ id: string }[]>`
      select id from registered_models where workspace_id = ${caller.workspaceId} and name = ${name} and deleted_at is not null
      order by deleted_at desc limit 1 for update`;
    const [taken] = await tx`
      select id from registered_models where workspace_id = ${caller.workspaceId} and name = ${name} and deleted_at is null`;
    if (!model && !taken) throw noSuchModel(name);
    if (taken || !model) throw nameTaken(name);
    await tx`update registered_models set deleted_at = null, updated_at = ${now()} where id = ${model.id}`.catch((error: unknown) => {
      throw codeOf(error) === '23505' ? nameTaken(name, error) : error;
    });
    const [counted] = await tx<{ versions: number }[]>`
      select count(*)::int as versions from model_versions where model_id = ${model.id} and deleted_at is null`;
    events.push({ what: 'model.restored', subject: `model:${model.id}`, data: { name } });
    return { name, versions: counted?.versions ?? 0 };
  });
}

function nameTaken(name: string, cause?: unknown) {
  const reason = `a model named ${JSON.stringify(name)} is there`;
  return failure('CONFLICT', { field: 'name', reason, remedy: 'rename that one first, then restore the deleted one' }, cause);
}
