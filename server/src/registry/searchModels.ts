/**
 * Finding registered models and versions. Prompts of MLflow are models with a tag: they are found only where they are asked for. Names
 * are compared byte by byte, so that an order is the same on every database.
 */
import type { ModelVersion } from '@cellkeep/schema/registry';
import type { Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { type Condition, compares, descendingIf, every, inOrder, type Page } from './conditions.ts';
import { readVersions, type VersionKey } from './readVersions.ts';
import { type ModelRow, readModels } from './registeredModels.ts';

export const PROMPT_TAG = 'mlflow.prompt.is_prompt';

export interface Order<By extends string> {
  by: By;
  descending: boolean;
}

export interface ModelSearch extends Page {
  conditions: readonly Condition<'name' | 'tag'>[];
  /** By name in the end. */
  order: readonly Order<'name' | 'updatedAt'>[];
  prompts: boolean;
}

export async function searchModels(
  db: Db,
  workspaceId: string,
  { conditions, order, prompts, offset, limit }: ModelSearch,
): Promise<{ models: ModelRow[]; hasMore: boolean }> {
  const wanted = conditions.map((condition) =>
    compares(db, condition.field === 'name' ? db`m.name` : db`(m.tags ->> ${condition.key ?? ''})`, condition),
  );
  const isPrompt = db`coalesce(m.tags ->> ${PROMPT_TAG}, '') = 'true'`;
  const columns = { name: db`m.name collate "C"`, updatedAt: db`m.updated_at` };
  const parts = [...order, { by: 'name' as const, descending: false }].map(
    ({ by, descending }) => db`${columns[by]} ${descendingIf(db, descending)}`,
  );
  const rows = await db<{ id: string }[]>`
    select m.id from registered_models m
    where m.workspace_id = ${workspaceId} and m.deleted_at is null and ${every(db, wanted)} ${prompts ? db`` : db`and not ${isPrompt}`}
    order by ${inOrder(db, parts)} limit ${limit + 1} offset ${offset}`;
  const ids = rows.slice(0, limit).map(({ id }) => id);
  return { models: await readModels(db, ids), hasMore: rows.length > limit };
}

export type VersionField = 'name' | 'version' | 'runId' | 'source' | 'tag';

export interface VersionSearch extends Page {
  conditions: readonly Condition<VersionField>[];
  /** By name and then the greatest number in the end. */
  order: readonly Order<'name' | 'version' | 'createdAt' | 'updatedAt'>[];
  prompts: boolean;
}

export async function searchVersions(
  db: Db,
  workspaceId: string,
  { conditions, order, prompts, offset, limit }: VersionSearch,
): Promise<{ versions: ModelVersion[]; hasMore: boolean }> {
  const fields = { name: db`m.name`, version: db`v.version`, runId: db`v.run_id`, source: db`v.source` };
  const wanted = conditions.map((condition) =>
    compares(db, condition.field === 'tag' ? db`(v.tags ->> ${condition.key ?? ''})` : fields[condition.field], condition),
  );
  // A prompt's versions all bear the tag, and MLflow takes a model of which any version does for one.
  const isPrompt = db`exists (select from model_versions p where p.model_id = v.model_id and p.tags ->> ${PROMPT_TAG} = 'true')`;
  const columns = {
    name: db`m.name collate "C"`,
    version: db`v.version`,
    createdAt: db`v.created_at`,
    updatedAt: db`v.updated_at`,
  };
  const last: VersionSearch['order'] = [
    { by: 'name', descending: false },
    { by: 'version', descending: true },
  ];
  const parts = [...order, ...last].map(({ by, descending }) => db`${columns[by]} ${descendingIf(db, descending)}`);
  const rows = await db<VersionKey[]>`
    select v.model_id as "modelId", v.version from model_versions v join registered_models m on m.id = v.model_id
    where m.workspace_id = ${workspaceId} and m.deleted_at is null and v.deleted_at is null and ${every(db, wanted)}
      ${prompts ? db`` : db`and not ${isPrompt}`}
    order by ${inOrder(db, parts)} limit ${limit + 1} offset ${offset}`;
  return { versions: await readVersions(db, rows.slice(0, limit)), hasMore: rows.length > limit };
}

interface ModelList {
  text?: string;
  deleted?: boolean;
  limit: number;
  cursor?: string;
}

/** By name, without prompts; for people who look for one. */
export async function listModels(
  db: Db,
  workspaceId: string,
  list: Omit<ModelList, 'deleted'>,
): Promise<{ models: ModelRow[]; nextCursor: string | null }> {
  const { ids, nextCursor } = await pageOfModels(db, workspaceId, list);
  return { models: await readModels(db, ids), nextCursor };
}

/** @param list with `deleted` the deleted ones instead: of each name that is free the last one, which is the one that can be restored */
export async function pageOfModels(
  db: Db,
  workspaceId: string,
  { text = '', deleted = false, limit, cursor }: ModelList,
): Promise<{ ids: string[]; nextCursor: string | null }> {
  const [after] = cursor === undefined ? [] : readCursor(cursor, ['string']);
  const rows = await db<{ id: string; name: string }[]>`
    select distinct on (m.name collate "C") m.id, m.name from registered_models m
    where m.workspace_id = ${workspaceId} and m.deleted_at is ${deleted ? db`not null` : db`null`}
      and coalesce(m.tags ->> ${PROMPT_TAG}, '') <> 'true'
      ${deleted ? db`and not exists (select from registered_models n where n.workspace_id = m.workspace_id and n.name = m.name and n.deleted_at is null)` : db``}
      and strpos(lower(m.name), lower(${text})) > 0 ${after === undefined ? db`` : db`and m.name collate "C" > ${after}`}
    order by m.name collate "C", m.deleted_at desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return { ids: page.map(({ id }) => id), nextCursor: rows.length > limit && end ? cursorOf([end.name]) : null };
}
