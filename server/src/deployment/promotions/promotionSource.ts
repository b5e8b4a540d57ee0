/**
 * What is promoted: found, looked at, and whose code it is. A model of the runtime `python` is a pickle, which is a program: whoever asks
 * that another person's runs here has to name that person first.
 */
import type { PromotionOptions, PromotionSource } from '@cellkeep/schema/deployment';
import type { Bundle } from '@cellkeep/schema/registry';
import type { Caller, Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { modelFiles, requireLoggedModel, requireModel, requireVersion } from '../../registry/index.ts';
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
  const [row] = await db<{ bundle: Bundle | null; userName: string; bundledBy: string | null }[]>`
    select b.bundle, m.user_name as "userName", u.name as "bundledBy"
    from logged_models m left join model_bundles b on b.logged_model_id = m.id left join users u on u.id = b.user_id
    where m.id = ${loggedModelId} and m.workspace_id = ${workspaceId}`;
  if (!row) throw failure('NOT_FOUND', { field: 'loggedModelId', reason: `no logged model ${loggedModelId}` });
  // Until it is registered its folder is open to every editor: a file may be another person's than the model, and so may the bundle be,
  // which names the modules that are imported.
  const files = (await modelFiles(db, loggedModelId)) ?? [];
  const authors = new Set([row.userName, row.bundledBy ?? '', ...files.map(({ userName }) => userName)]);
  return { loggedModelId, bundle: row.bundle, authors: [...authors].filter((name) => name !== '') };
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

/** @throws CONFLICT where somebody's code would run whom nobody has named */
export function requireTrust(authors: readonly string[], caller: Pick<Caller, 'userName'>, trustUser: string | null | undefined): void {
  const others = authors.filter((name) => name !== caller.userName && name !== trustUser);
  if (others.length === 0) return;
  const names = others.map((name) => JSON.stringify(name)).join(' and ');
  throw failure('CONFLICT', {
    field: 'trustUser',
    reason: `this model is a program that ${names} wrote, and it would run as the server`,
    remedy: others.length === 1 ? 'name its author in trustUser if you trust that person' : 'ask its authors, or export it anew yourself',
  });
}

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
