/** Versions as the contract shows them. */
import type { ModelStage, ModelVersion } from '@cellkeep/schema/registry';
import type { Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';

export interface VersionKey {
  modelId: string;
  version: number;
}

/** Of its events and edges. */
export const subjectOf = (modelId: string, version: number) => `model-version:${modelId}/${version}`;

const columns = (db: Db) => db`
  m.name, v.version, v.description, v.source, coalesce(nullif(v.location, ''), v.source) as location, v.run_id as "runId",
  v.run_link as "runLink", v.logged_model_id as "loggedModelId", v.stage, v.status, v.status_message as "statusMessage", v.tags,
  v.user_name as "userName", v.created_at::float8 as "createdAt", v.updated_at::float8 as "updatedAt",
  array(select a.alias from model_aliases a where a.model_id = v.model_id and a.version = v.version order by a.alias collate "C") as aliases`;

/** In the order of the keys; one that is not there is left out. @param deleted the deleted ones too */
export async function readVersions(db: Db, keys: readonly VersionKey[], deleted = false): Promise<ModelVersion[]> {
  if (keys.length === 0) return [];
  return db<ModelVersion[]>`
    select ${columns(db)}
    from unnest(${keys.map(({ modelId }) => modelId)}::uuid[], ${keys.map(({ version }) => version)}::int[])
      with ordinality as w (model_id, version, place)
    join model_versions v on v.model_id = w.model_id and v.version = w.version and (v.deleted_at is null or ${deleted})
    join registered_models m on m.id = v.model_id
    order by w.place`;
}

/** The name is looked at first: an error says which of the two is not there. */
export async function requireVersion(db: Db, model: { id: string; name: string }, version: number): Promise<ModelVersion> {
  const [found] = await readVersions(db, [{ modelId: model.id, version }]);
  if (!found) throw noSuchVersion(model.name, version);
  return found;
}

export function noSuchVersion(name: string, version: number) {
  return failure('NOT_FOUND', { field: 'version', reason: `model ${JSON.stringify(name)} has no version ${version}` });
}

/** Of each stage the version with the greatest number, by model; all stages where none are named. */
export async function latestVersions(
  db: Db,
  modelIds: readonly string[],
  stages?: readonly ModelStage[],
): Promise<Map<string, ModelVersion[]>> {
  const rows = await db<(ModelVersion & { modelId: string })[]>`
    select v.model_id as "modelId", ${columns(db)}
    from (
      select distinct on (model_id, stage) * from model_versions
      where model_id = any(${[...modelIds]}::uuid[]) and deleted_at is null ${stages ? db`and stage = any(${[...stages]}::text[])` : db``}
      order by model_id, stage, version desc
    ) v join registered_models m on m.id = v.model_id
    order by v.version`;
  const byModel = new Map<string, ModelVersion[]>(modelIds.map((id) => [id, []]));
  for (const { modelId, ...version } of rows) byModel.get(modelId)?.push(version);
  return byModel;
}

/** Newest first, from one number downwards. */
export async function listVersions(
  db: Db,
  modelId: string,
  { limit, below }: { limit: number; below?: number },
): Promise<{ versions: ModelVersion[]; hasMore: boolean }> {
  const rows = await db<{ version: number }[]>`
    select version from model_versions where model_id = ${modelId} and deleted_at is null
      ${below === undefined ? db`` : db`and version < ${below}::float8`}
    order by version desc limit ${limit + 1}`;
  const page = rows.slice(0, limit).map(({ version }) => ({ modelId, version }));
  return { versions: await readVersions(db, page), hasMore: rows.length > limit };
}
