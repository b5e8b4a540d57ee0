/** Finding logged models by their attributes, params, tags and what was measured of them. */
import type { LoggedModel } from '@cellkeep/schema/registry';
import type { Db } from '../core/context.ts';
import { type Condition, compares, descendingIf, every, inOrder, type Page, type Sql } from './conditions.ts';
import { readLoggedModels } from './readLoggedModels.ts';

export type LoggedModelAttribute =
  | 'id'
  | 'name'
  | 'modelType'
  | 'status'
  | 'statusMessage'
  | 'runId'
  | 'experimentId'
  | 'artifactLocation'
  | 'lifecycle'
  | 'createdAt'
  | 'updatedAt';

export interface DatasetChoice {
  name?: string;
  /** Absent: any. */
  digest?: string;
}

export type LoggedModelOrder = { descending: boolean } & ({ by: LoggedModelAttribute } | { metric: string; dataset: DatasetChoice });

export interface LoggedModelSearch extends Page {
  experimentIds: readonly string[];
  conditions: readonly Condition<LoggedModelAttribute | 'metric' | 'param' | 'tag'>[];
  /** Only what was measured on one of these counts in conditions on metrics; without such conditions, only models that were. */
  datasets: readonly DatasetChoice[];
  /** Models without the value come last in both directions; newest first and by id in the end. */
  order: readonly LoggedModelOrder[];
}

function attributes(db: Db): Record<LoggedModelAttribute, Sql> {
  return {
    id: db`m.id`,
    name: db`m.name`,
    modelType: db`m.model_type`,
    status: db`m.status`,
    statusMessage: db`m.status_message`,
    runId: db`coalesce(m.run_id, '')`,
    experimentId: db`m.experiment_id::text`,
    artifactLocation: db`m.artifact_location`,
    lifecycle: db`(case when m.deleted_at is null then 'active' else 'deleted' end)`,
    createdAt: db`m.created_at`,
    updatedAt: db`m.updated_at`,
  };
}

export async function searchLoggedModels(
  db: Db,
  workspaceId: string,
  { experimentIds, conditions, datasets, order, offset, limit }: LoggedModelSearch,
): Promise<{ models: LoggedModel[]; hasMore: boolean }> {
  const fields = attributes(db);
  const ofDatasets = datasets.length === 0 ? db`true` : db`(${anyOf(db, datasets)})`;
  const wanted = conditions.map(({ field, key = '', ...comparison }): Sql => {
    if (field === 'param') return compares(db, db`(m.params ->> ${key})`, comparison);
    if (field === 'tag') return compares(db, db`(m.tags ->> ${key})`, comparison);
    if (field !== 'metric') return compares(db, fields[field], comparison);
    // NaN compares with nothing, but Postgres takes it for the greatest number.
    return db`exists (select from logged_model_metrics x where x.model_id = m.id and x.key = ${key} and x.value <> 'NaN'
      and ${compares(db, db`x.value`, comparison)} and ${ofDatasets})`;
  });
  if (datasets.length > 0 && !conditions.some(({ field }) => field === 'metric'))
    wanted.push(db`exists (select from logged_model_metrics x where x.model_id = m.id and ${ofDatasets})`);
  const rows = await db<{ id: string }[]>`
    select m.id from logged_models m
    where m.workspace_id = ${workspaceId} and m.experiment_id = any(${[...experimentIds]}::bigint[]) and m.deleted_at is null
      and ${every(db, wanted)}
    order by ${inOrder(db, [...order.flatMap((one) => orderBy(db, fields, one)), db`m.created_at desc`, db`m.id`])}
    limit ${limit + 1} offset ${offset}`;
  const ids = rows.slice(0, limit).map(({ id }) => id);
  return { models: await readLoggedModels(db, workspaceId, ids), hasMore: rows.length > limit };
}

function anyOf(db: Db, datasets: readonly DatasetChoice[]): Sql {
  return datasets.map((one) => isOn(db, one)).reduce((all, one) => db`${all} or ${one}`);
}

function isOn(db: Db, { name, digest }: DatasetChoice): Sql {
  const parts = [
    ...(name === undefined ? [] : [db`x.dataset_name = ${name}`]),
    ...(digest === undefined ? [] : [db`x.dataset_digest = ${digest}`]),
  ];
  return db`(${every(db, parts)})`;
}

function orderBy(db: Db, fields: Record<LoggedModelAttribute, Sql>, order: LoggedModelOrder): Sql[] {
  const direction = descendingIf(db, order.descending);
  if ('by' in order) {
    const isText = order.by !== 'createdAt' && order.by !== 'updatedAt';
    return [db`${fields[order.by]} ${isText ? db`collate "C"` : db``} ${direction} nulls last`];
  }
  const value = db`(select x.value from logged_model_metrics x
    where x.model_id = m.id and x.key = ${order.metric} and ${isOn(db, order.dataset)}
    order by x.time desc, x.step desc, x.run_id limit 1)`;
  // First whether it is a number at all, then which one.
  return [db`(nullif(${value}, 'NaN') is null)`, db`${value} ${direction} nulls last`];
}
