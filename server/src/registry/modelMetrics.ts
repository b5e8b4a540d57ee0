/** Points that were measured of logged models, in addition to the series of the run that measured them. */
import { requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { noSuchLoggedModel } from './readLoggedModels.ts';

export interface ModelPoint {
  modelId: string;
  key: string;
  value: number;
  step: number;
  /** ms since the epoch */
  time: number;
  datasetName?: string;
  datasetDigest?: string;
}

/**
 * Keeps each point once, however often it is sent. Of several values of one step and time the greatest stays, as it does in a series.
 * @throws NOT_FOUND where the run or a model is not there; then none is kept
 */
export async function logModelMetrics(context: CallContext, runId: string, points: readonly ModelPoint[]): Promise<void> {
  if (points.length === 0) return;
  requireRole(context, 'editor');
  const { sql, caller } = context;
  const [run] = await sql`select id from runs where id = ${runId} and workspace_id = ${caller.workspaceId}`;
  if (!run) throw failure('NOT_FOUND', { field: 'runId', reason: `no run ${runId}` });
  await requireAll(sql, caller.workspaceId, [...new Set(points.map(({ modelId }) => modelId))]);
  const rows = greatest(points);
  await sql`
    insert into logged_model_metrics as m (model_id, run_id, key, dataset_name, dataset_digest, value, step, time)
    select p.model_id, ${runId}::uuid, p.key, p.dataset_name, p.dataset_digest, p.value, p.step, p.time
    from unnest(${rows.map((row) => row.modelId)}::text[], ${rows.map((row) => row.key)}::text[],
      ${rows.map((row) => row.datasetName ?? '')}::text[], ${rows.map((row) => row.datasetDigest ?? '')}::text[],
      ${rows.map((row) => row.value)}::float8[], ${rows.map((row) => row.step)}::bigint[], ${rows.map((row) => row.time)}::bigint[])
      as p (model_id, key, dataset_name, dataset_digest, value, step, time)
    on conflict (model_id, key, run_id, dataset_name, dataset_digest, step, time)
      do update set value = excluded.value where m.value < excluded.value`;
}

async function requireAll(db: Db, workspaceId: string, ids: readonly string[]): Promise<void> {
  const found = await db<{ id: string }[]>`
    select id from logged_models where id = any(${[...ids]}::text[]) and workspace_id = ${workspaceId}`;
  const known = new Set(found.map(({ id }) => id));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw noSuchLoggedModel(missing, 'modelId');
}

/** One row a place, or Postgres would refuse to write a row twice; in one order, so that two writers never wait in a circle. */
function greatest(points: readonly ModelPoint[]): ModelPoint[] {
  const byPlace = new Map<string, ModelPoint>();
  for (const point of points) {
    const { modelId, key, datasetName = '', datasetDigest = '', step, time, value } = point;
    const place = JSON.stringify([modelId, key, datasetName, datasetDigest, step, time]);
    const known = byPlace.get(place);
    // NaN counts as the greatest, as it does in Postgres.
    if (!known || (!Number.isNaN(known.value) && !(value <= known.value))) byPlace.set(place, point);
  }
  return [...byPlace.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, point]) => point);
}
