/** Registered models: names that a team agreed on. A deleted one keeps its row and gives its name free. */
import { randomUUID } from 'node:crypto';
import type { ModelUpdate, RegisteredModel } from '@cellkeep/schema/registry';
import { mayAct } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { codeOf } from '../core/plainError.ts';
import { inOneChange } from './change.ts';
import { changeTags } from './tags.ts';

export interface ModelRow extends RegisteredModel {
  id: string;
}

/** In the order of the ids; one that is not there is left out. */
export async function readModels(db: Db, ids: readonly string[]): Promise<ModelRow[]> {
  if (ids.length === 0) return [];
  return db<ModelRow[]>`
    select m.id, m.name, m.description, m.tags, m.created_at::float8 as "createdAt", m.updated_at::float8 as "updatedAt",
      v.count::int as "versionCount", v.latest as "latestVersion",
      coalesce((select jsonb_agg(jsonb_build_object('alias', a.alias, 'version', a.version) order by a.alias collate "C")
        from model_aliases a where a.model_id = m.id), '[]') as aliases
    from unnest(${[...ids]}::uuid[]) with ordinality as w (id, place)
    join registered_models m on m.id = w.id
    cross join lateral (select count(*), max(version) as latest from model_versions where model_id = m.id and deleted_at is null) v
    order by w.place`;
}

export async function findModelId(db: Db, workspaceId: string, name: string): Promise<string | null> {
  const [row] = await db<{ id: string }[]>`
    select id from registered_models where workspace_id = ${workspaceId} and name = ${name} and deleted_at is null`;
  return row?.id ?? null;
}

export async function requireModel(db: Db, workspaceId: string, name: string): Promise<ModelRow> {
  const id = await findModelId(db, workspaceId, name);
  const [model] = id === null ? [] : await readModels(db, [id]);
  if (!model) throw noSuchModel(name);
  return model;
}

export function noSuchModel(name: string) {
  return failure('NOT_FOUND', { field: 'name', reason: `no registered model ${JSON.stringify(name)}` });
}

/** Every change of a model, its versions and its aliases begins with this: they come one after the other. */
export async function lockModel(db: Db, workspaceId: string, name: string): Promise<ModelRow> {
  const [row] = await db<{ id: string }[]>`
    select id from registered_models where workspace_id = ${workspaceId} and name = ${name} and deleted_at is null for update`;
  const [model] = row ? await readModels(db, [row.id]) : [];
  if (!model) throw noSuchModel(name);
  return model;
}

interface NewModel {
  name: string;
  description?: string;
  tags?: Record<string, string>;
}

/** @throws CONFLICT where the name is taken */
export function createModel(context: CallContext, { name, description = '', tags = {} }: NewModel): Promise<ModelRow> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const at = now();
    const id = randomUUID();
    const [row] = await tx`
      insert into registered_models (id, workspace_id, name, description, tags, created_at, updated_at)
      values (${id}, ${caller.workspaceId}, ${name}, ${description}, ${tx.json(tags)}, ${at}, ${at})
      on conflict (workspace_id, name) where deleted_at is null do nothing returning id`;
    if (!row) throw nameTaken(name);
    events.push({ what: 'model.created', subject: `model:${id}`, after: { name, description, tags }, data: { name } });
    return requireModel(tx, caller.workspaceId, name);
  });
}

function nameTaken(name: string, cause?: unknown) {
  const reason = `a model named ${JSON.stringify(name)} is registered already`;
  return failure('CONFLICT', { field: 'name', reason, remedy: 'choose another name' }, cause);
}

const stateOf = ({ name, description, tags }: ModelRow) => ({ name, description, tags });

/** Its versions and aliases stay with it under another name. */
export function updateModel(context: CallContext, { name, newName, description, ...change }: ModelUpdate): Promise<ModelRow> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const before = await lockModel(tx, caller.workspaceId, name);
    if (newName !== undefined && newName !== before.name) await requireMayFreeName(context, tx, before);
    const at = now();
    const after = {
      name: newName ?? before.name,
      description: description ?? before.description,
      tags: changeTags(before.tags, change),
    };
    // A change of tags alone is no new state of the model: "updated" is what people order by.
    const isNewState = newName !== undefined || description !== undefined;
    await tx`
      update registered_models set name = ${after.name}, description = ${after.description}, tags = ${tx.json(after.tags)}
        ${isNewState ? tx`, updated_at = ${at}` : tx``}
      where id = ${before.id}`.catch((error: unknown) => {
      throw codeOf(error) === '23505' ? nameTaken(after.name, error) : error;
    });
    if (after.name !== before.name)
      await tx`update model_versions set updated_at = ${at} where model_id = ${before.id} and deleted_at is null`;
    events.push({ what: 'model.updated', subject: `model:${before.id}`, before: stateOf(before), after, data: { name: after.name } });
    return requireModel(tx, caller.workspaceId, after.name);
  });
}

export function deleteModel(context: CallContext, name: string): Promise<void> {
  const { caller, now } = context;
  return inOneChange(context, async (tx, { events }) => {
    const before = await lockModel(tx, caller.workspaceId, name);
    await requireMayFreeName(context, tx, before);
    await tx`update registered_models set deleted_at = ${new Date(now())} where id = ${before.id}`;
    events.push({ what: 'model.deleted', subject: `model:${before.id}`, before: stateOf(before), data: { name } });
  });
}

/** Under a name that is free again anybody makes a model without a gate, and whoever loads it by its name gets that one. */
async function requireMayFreeName({ caller }: CallContext, tx: Db, { id, name }: ModelRow): Promise<void> {
  if (mayAct(caller.role, 'owner')) return;
  const [gated] = await tx`select 1 from gates where model_id = ${id} and (jsonb_array_length(rules) > 0 or approvals > 0)`;
  if (!gated) return;
  const reason = `${JSON.stringify(name)} has a gate, and its name would be free for a model without one`;
  throw failure('FORBIDDEN', { field: 'gate', reason, remedy: 'ask an owner' });
}
