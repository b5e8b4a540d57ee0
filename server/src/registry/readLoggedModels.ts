/** Logged models as the contract shows them. */
import type { LoggedModel, ModelMetric, Registration } from '@cellkeep/schema/registry';
import { toWire } from '@cellkeep/schema/wire';
import type { Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { failure } from '../core/failure.ts';

type Row = Omit<LoggedModel, 'metrics' | 'registrations'>;

/** In the order of the ids, deleted ones too; one that is not there is left out. */
export async function readLoggedModels(db: Db, workspaceId: string, ids: readonly string[]): Promise<LoggedModel[]> {
  if (ids.length === 0) return [];
  const [rows, metrics, registrations] = await Promise.all([
    readRows(db, workspaceId, ids),
    readMetrics(db, ids),
    readRegistrations(db, workspaceId, ids),
  ]);
  return rows.map((row) => ({ ...row, metrics: metrics.get(row.id) ?? [], registrations: registrations.get(row.id) ?? [] }));
}

/** Deleted ones are there too where `deleted` says so. @param field that an error names */
export async function requireLoggedModel(
  db: Db,
  workspaceId: string,
  id: string,
  field = 'id',
  { deleted = false }: { deleted?: boolean } = {},
): Promise<LoggedModel> {
  const [model] = await readLoggedModels(db, workspaceId, [id]);
  if (!model || (model.lifecycle === 'deleted' && !deleted)) throw noSuchLoggedModel(id, field);
  return model;
}

export function noSuchLoggedModel(id: string, field = 'id') {
  return failure('NOT_FOUND', { field, reason: `no logged model ${id}` });
}

function readRows(db: Db, workspaceId: string, ids: readonly string[]): Promise<Row[]> {
  return db<Row[]>`
    select m.id, m.experiment_id::text as "experimentId", m.run_id as "runId", m.name, m.model_type as "modelType", m.status,
      m.status_message as "statusMessage", m.params, m.tags, m.artifact_location as "artifactLocation",
      case when m.deleted_at is null then 'active' else 'deleted' end as lifecycle, m.user_name as "userName",
      m.created_at::float8 as "createdAt", m.updated_at::float8 as "updatedAt"
    from unnest(${[...ids]}::text[]) with ordinality as w (id, place)
    join logged_models m on m.id = w.id and m.workspace_id = ${workspaceId}
    order by w.place`;
}

async function readMetrics(db: Db, ids: readonly string[]): Promise<Map<string, ModelMetric[]>> {
  const rows = await db<(Omit<ModelMetric, 'value'> & { modelId: string; value: number })[]>`
    select model_id as "modelId", key, value, step::float8 as step, time::float8 as time, replace(run_id::text, '-', '') as "runId",
      dataset_name as "datasetName", dataset_digest as "datasetDigest"
    from logged_model_metrics where model_id = any(${[...ids]}::text[])
    order by model_id, key collate "C", time, step, run_id, dataset_name, dataset_digest`;
  const byModel = new Map<string, ModelMetric[]>();
  for (const { modelId, value, ...point } of rows) {
    const metrics = byModel.get(modelId) ?? [];
    byModel.set(modelId, metrics);
    metrics.push({ ...point, value: toWire(value) });
  }
  return byModel;
}

async function readRegistrations(db: Db, workspaceId: string, ids: readonly string[]): Promise<Map<string, Registration[]>> {
  const rows = await db<(Registration & { loggedModelId: string })[]>`
    select v.logged_model_id as "loggedModelId", m.name, v.version,
      array(select a.alias from model_aliases a where a.model_id = v.model_id and a.version = v.version order by a.alias) as aliases
    from model_versions v join registered_models m on m.id = v.model_id and m.workspace_id = ${workspaceId} and m.deleted_at is null
    where v.logged_model_id = any(${[...ids]}::text[]) and v.deleted_at is null
    order by v.created_at, m.name, v.version`;
  const byModel = new Map<string, Registration[]>();
  for (const { loggedModelId, ...registration } of rows) byModel.set(loggedModelId, [...(byModel.get(loggedModelId) ?? []), registration]);
  return byModel;
}

export interface LoggedModelList {
  experimentId?: string;
  runId?: string;
  limit: number;
  cursor?: string;
}

/** Newest first, without deleted ones. */
export async function listLoggedModels(db: Db, workspaceId: string, { experimentId, runId, limit, cursor }: LoggedModelList) {
  const [time, id] = cursor === undefined ? [] : readCursor(cursor, ['number', 'string']);
  const rows = await db<{ id: string; createdAt: number }[]>`
    select id, created_at::float8 as "createdAt" from logged_models
    where workspace_id = ${workspaceId} and deleted_at is null
      ${experimentId === undefined ? db`` : db`and experiment_id = ${experimentId}`}
      ${runId === undefined ? db`` : db`and run_id = ${runId}`}
      ${time === undefined ? db`` : db`and (created_at < ${Number(time)}::float8 or (created_at = ${Number(time)}::float8 and id > ${String(id)}))`}
    order by created_at desc, id limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  const models = await readLoggedModels(
    db,
    workspaceId,
    page.map((row) => row.id),
  );
  return { models, nextCursor: rows.length > limit && end ? cursorOf([end.createdAt, end.id]) : null };
}
