/** Aliases: names that point at one version of a model each, and are moved from one to another. */
import type { ModelVersion } from '@cellkeep/schema/registry';
import type { CallContext, Db } from '../core/context.ts';
import type { NewEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { inOneChange } from './change.ts';
import { passGate, requireMayTakeAway } from './gate/passGate.ts';
import { requireVersion } from './readVersions.ts';
import { lockModel, type ModelRow, requireModel } from './registeredModels.ts';

/** Points it at the version, wherever it pointed before. @throws FORBIDDEN where the model's gate does not let it */
export function setAlias(
  context: CallContext,
  { name, alias, version, override }: { name: string; alias: string; version: number; override?: string },
): Promise<ModelVersion> {
  const { caller } = context;
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    events.push(...(await moveAlias(context, tx, { model, alias, version, override })));
    return requireVersion(tx, model, version);
  });
}

/** With the model locked. @returns what happened */
export async function moveAlias(
  context: CallContext,
  tx: Db,
  move: { model: ModelRow; alias: string; version: number; override?: string; approved?: boolean },
): Promise<NewEvent[]> {
  const { model, alias, version } = move;
  await requireVersion(tx, model, version);
  const before = model.aliases.find((one) => one.alias === alias)?.version;
  if (before === version) return [];
  const overridden = await passGate(context, tx, { ...move, to: { alias } });
  await tx`
    insert into model_aliases (model_id, alias, version) values (${model.id}, ${alias}, ${version})
    on conflict (model_id, alias) do update set version = excluded.version`;
  const data = { name: model.name, alias, version };
  return [...overridden, { what: 'model-alias.set', subject: `model:${model.id}`, before, after: version, data }];
}

/**
 * Looks whether the alias may be pointed there, and moves nothing.
 * @throws FORBIDDEN where the model's gate does not let it; NOT_FOUND
 */
export async function requireMayPoint(
  context: Pick<CallContext, 'sql' | 'caller'>,
  { name, alias, version }: { name: string; alias: string; version: number },
): Promise<void> {
  const { sql, caller } = context;
  const model = await requireModel(sql, caller.workspaceId, name);
  await requireVersion(sql, model, version);
  if (model.aliases.find((one) => one.alias === alias)?.version !== version)
    await passGate(context, sql, { model, version, to: { alias } });
}

/** @returns false where there was none */
export function deleteAlias(context: CallContext, { name, alias }: { name: string; alias: string }): Promise<boolean> {
  const { caller } = context;
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    await requireMayTakeAway(context, tx, model, [alias]);
    const [row] = await tx<{ version: number }[]>`
      delete from model_aliases where model_id = ${model.id} and alias = ${alias} returning version`;
    if (!row) return false;
    events.push({ what: 'model-alias.deleted', subject: `model:${model.id}`, before: row.version, data: { name, alias } });
    return true;
  });
}

export async function versionOfAlias(db: Db, workspaceId: string, { name, alias }: { name: string; alias: string }): Promise<ModelVersion> {
  const model = await requireModel(db, workspaceId, name);
  const found = model.aliases.find((one) => one.alias === alias);
  if (!found) throw failure('NOT_FOUND', { field: 'alias', reason: `model ${JSON.stringify(name)} has no alias ${JSON.stringify(alias)}` });
  return requireVersion(db, model, found.version);
}
