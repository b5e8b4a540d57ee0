/** What is promoted: found, looked at, and whose code it is. */
import type { PromotionOptions, PromotionSource } from '@cellkeep/schema/deployment';
import type { Bundle } from '@cellkeep/schema/registry';
import type { Caller, Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { authorsOfModel, requireLoggedModel, requireModel, requireTrust, requireVersion } from '../../registry/index.ts';
import { requireServable } from '../releases/servable.ts';

export interface FoundSource {
  loggedModelId: string | null;
  /** The version itself, where it is promoted under its own name. */
  version: number | null;
  bundle: Bundle | null;
  /** Who made it: names of users. */
  authors: string[];
}

/** @throws NOT_FOUND where it is not there */
export async function findSource(
  db: Db,
  workspaceId: string,
  source: Exclude<PromotionSource, { kind: 'cell' }>,
  modelName: string,
): Promise<FoundSource> {
  if (source.kind === 'version') {
    const model = await requireModel(db, workspaceId, source.modelName);
    const { loggedModelId, userName, runId } = await requireVersion(db, model, source.version);
    const version = source.modelName === modelName ? source.version : null;
    if (loggedModelId !== null) return { version, ...(await describe(db, workspaceId, loggedModelId)) };
    return { version, loggedModelId, bundle: null, authors: await authorsOfRun(db, workspaceId, runId, userName) };
  }
  const id =
    source.kind === 'loggedModel'
      ? (await requireLoggedModel(db, workspaceId, source.loggedModelId, 'source.loggedModelId')).id
      : await modelOfRun(db, workspaceId, source.runId, source.loggedModelId);
  return { version: null, ...(await describe(db, workspaceId, id)) };
}

async function modelOfRun(db: Db, workspaceId: string, runId: string, wanted: string | undefined): Promise<string> {
  const [run] = await db`select id from runs where id = ${runId} and workspace_id = ${workspaceId} and deleted_at is null`;
  if (!run) throw failure('NOT_FOUND', { field: 'source.runId', reason: `no run ${runId}` });
  const models = await db<{ id: string }[]>`
    select m.id from logged_models m
    where m.workspace_id = ${workspaceId} and m.deleted_at is null and m.status <> 'failed'
      and (m.run_id = ${runId} or exists (select from run_models r where r.model_id = m.id and r.run_id = ${runId} and r.direction = 'out'))
    order by m.created_at desc, m.id`;
  const found = wanted === undefined ? models[0] : models.find(({ id }) => id === wanted);
  if (found) return found.id;
  const reason = wanted === undefined ? `run ${runId} has logged no model` : `run ${runId} has no model ${wanted}`;
  throw failure('NOT_FOUND', { field: wanted === undefined ? 'source.runId' : 'source.loggedModelId', reason });
}

async function describe(db: Db, workspaceId: string, loggedModelId: string): Promise<Omit<FoundSource, 'version'>> {
  const [row] = await db<{ bundle: Bundle | null }[]>`
    select b.bundle from logged_models m left join model_bundles b on b.logged_model_id = m.id
    where m.id = ${loggedModelId} and m.workspace_id = ${workspaceId}`;
  if (!row) throw failure('NOT_FOUND', { field: 'loggedModelId', reason: `no logged model ${loggedModelId}` });
  return { loggedModelId, bundle: row.bundle, authors: await authorsOfModel(db, loggedModelId) };
}

async function authorsOfRun(db: Db, workspaceId: string, runId: string, otherwise: string): Promise<string[]> {
  if (!/^[0-9a-f]{32}$/.test(runId)) return [otherwise];
  const [run] = await db<{ userName: string }[]>`
    select user_name as "userName" from runs where id = ${runId} and workspace_id = ${workspaceId}`;
  return [...new Set([run?.userName ?? otherwise, otherwise])];
}

/** Whether it can be served as it is, without a Python process that exports it. */
export const isExported = ({ bundle }: FoundSource, { runtime }: PromotionOptions): boolean =>
  bundle !== null && (runtime === 'auto' || runtime === bundle.runtime);

/** That a registered version may be served, and by this person. @throws NOT_FOUND, CONFLICT */
export async function requireServed(
  db: Db,
  caller: Pick<Caller, 'workspaceId' | 'userName'>,
  { modelName, version, trustUser }: { modelName: string; version: number; trustUser?: string | null },
): Promise<void> {
  const { runtime } = await requireServable(db, caller.workspaceId, { modelName, version });
  if (runtime !== 'python') return;
  const { authors } = await findSource(db, caller.workspaceId, { kind: 'version', modelName, version }, modelName);
  requireTrust(authors, caller, trustUser);
}

/** For the list of a notebook: a cell's own, and those of the notebook's runs. */
export const isOfNotebook = (db: Db, workspaceId: string, path: string) => db`
  (p.source ->> 'notebookPath' = ${path} or p.source ->> 'runId' in (
    select replace(r.id::text, '-', '') from runs r join notebooks n on n.id = r.notebook_id
    where n.workspace_id = ${workspaceId} and md5(n.path) = md5(${path}) and n.path = ${path} and n.replaced_at is null))`;
