/** Versions with all that is known of them, and models as a list shows them. */
import type { ModelOverview, ModelVersion, VersionDetails } from '@cellkeep/schema/registry';
import type { CallContext, Db } from '../../core/context.ts';
import { cursorOf, readCursor } from '../../core/cursor.ts';
import { findBundles } from '../bundle/bundles.ts';
import { noSuchVersion, readVersions } from '../readVersions.ts';
import { type ModelRow, readModels, requireModel } from '../registeredModels.ts';
import { pageOfModels } from '../searchModels.ts';
import type { WhereServed } from './whereServed.ts';

interface DetailsList {
  name: string;
  deleted: boolean;
  limit: number;
  cursor?: string;
}

/** Newest first. */
export async function listDetails({ sql, caller }: CallContext, where: WhereServed, { name, deleted, limit, cursor }: DetailsList) {
  const model = await requireModel(sql, caller.workspaceId, name);
  const [below] = cursor === undefined ? [] : readCursor(cursor, ['number']);
  const rows = await sql<{ version: number }[]>`
    select version from model_versions where model_id = ${model.id} and (deleted_at is null or ${deleted})
      ${below === undefined ? sql`` : sql`and version < ${Number(below)}::float8`}
    order by version desc limit ${limit + 1}`;
  const numbers = rows.slice(0, limit).map(({ version }) => version);
  const end = numbers.at(-1);
  const versions = await readDetails(sql, caller.workspaceId, where, model, numbers);
  return { versions, nextCursor: rows.length > limit && end !== undefined ? cursorOf([end]) : null };
}

/** A deleted one is there too: it can be looked at before it is restored. */
export async function requireDetails(
  { sql, caller }: Pick<CallContext, 'sql' | 'caller'>,
  where: WhereServed,
  { name, version }: { name: string; version: number },
): Promise<VersionDetails> {
  const model = await requireModel(sql, caller.workspaceId, name);
  const [found] = await readDetails(sql, caller.workspaceId, where, model, [version]);
  if (!found) throw noSuchVersion(name, version);
  return found;
}

async function readDetails(
  db: Db,
  workspaceId: string,
  where: WhereServed,
  model: ModelRow,
  numbers: readonly number[],
): Promise<VersionDetails[]> {
  const keys = numbers.map((version) => ({ modelId: model.id, version }));
  const versions = await readVersions(db, keys, true);
  const loggedModels = versions.flatMap(({ loggedModelId }) => loggedModelId ?? []);
  const [bundles, names, deletions, serving] = await Promise.all([
    findBundles(db, loggedModels),
    runNames(db, workspaceId, versions),
    db<{ version: number; at: Date }[]>`
      select version, deleted_at as at from model_versions where model_id = ${model.id} and deleted_at is not null`,
    where(db, [model.id]),
  ]);
  const deletedAt = new Map(deletions.map(({ version, at }) => [version, at.getTime()]));
  return versions.map((version) => ({
    version,
    bundle: (version.loggedModelId !== null && bundles.get(version.loggedModelId)) || null,
    runName: names.get(version.runId) ?? null,
    endpoints: serving.filter((one) => one.version === version.version).map(({ endpoint, role, weight }) => ({ endpoint, role, weight })),
    deletedAt: deletedAt.get(version.version) ?? null,
  }));
}

async function runNames(db: Db, workspaceId: string, versions: readonly ModelVersion[]): Promise<Map<string, string>> {
  const ids = versions.map(({ runId }) => runId).filter((id) => /^[0-9a-f]{32}$/.test(id));
  if (ids.length === 0) return new Map();
  const rows = await db<{ id: string; name: string }[]>`
    select replace(id::text, '-', '') as id, name from runs where id = any(${ids}::uuid[]) and workspace_id = ${workspaceId}`;
  return new Map(rows.map(({ id, name }) => [id, name]));
}

interface OverviewList {
  text?: string;
  deleted: boolean;
  limit: number;
  cursor?: string;
}

/** By name; of deleted ones the last one of each name, which is the one that can be restored. */
export async function listOverviews(
  { sql, caller }: CallContext,
  where: WhereServed,
  search: OverviewList,
): Promise<{ models: ModelOverview[]; nextCursor: string | null }> {
  const { ids, nextCursor } = await pageOfModels(sql, caller.workspaceId, search);
  const [models, newest, deletions, serving] = await Promise.all([
    readModels(sql, ids),
    newestOf(sql, ids),
    sql<{ id: string; at: Date | null }[]>`select id, deleted_at as at from registered_models where id = any(${ids}::uuid[])`,
    where(sql, ids),
  ]);
  const deletedAt = new Map(deletions.map(({ id, at }) => [id, at?.getTime() ?? null]));
  return {
    models: models.map(({ id, ...model }) => ({
      ...model,
      latest: newest.get(id)?.find(({ version }) => version === model.latestVersion) ?? null,
      stages: stagesOf(newest.get(id) ?? []),
      endpoints: serving
        .filter(({ modelId }) => modelId === id)
        .map(({ endpoint, version, role, weight }) => ({ endpoint, version, role, weight })),
      deletedAt: deletedAt.get(id) ?? null,
    })),
    nextCursor,
  };
}

/** Of each model and stage the version with the greatest number. */
async function newestOf(db: Db, modelIds: readonly string[]): Promise<Map<string, ModelVersion[]>> {
  if (modelIds.length === 0) return new Map();
  const keys = await db<{ modelId: string; version: number }[]>`
    select distinct on (model_id, stage) model_id as "modelId", version from model_versions
    where model_id = any(${[...modelIds]}::uuid[]) and deleted_at is null order by model_id, stage, version desc`;
  const versions = await readVersions(db, keys);
  const byModel = new Map<string, ModelVersion[]>();
  for (const [i, version] of versions.entries()) {
    const { modelId } = keys[i] as { modelId: string };
    byModel.set(modelId, [...(byModel.get(modelId) ?? []), version]);
  }
  return byModel;
}

const ORDER = ['Production', 'Staging', 'Archived'];

const stagesOf = (versions: readonly ModelVersion[]): ModelOverview['stages'] =>
  versions
    .filter(({ stage }) => stage !== 'None')
    .map(({ stage, version }) => ({ stage, version }))
    .sort((a, b) => ORDER.indexOf(a.stage) - ORDER.indexOf(b.stage));
