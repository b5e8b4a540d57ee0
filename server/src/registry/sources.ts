/** Where a version comes from: a source names a logged model, a version of a registered model, or a place outside of this room. */
import type { Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { requireLoggedModel } from './readLoggedModels.ts';
import { noSuchVersion, type VersionKey } from './readVersions.ts';
import { noSuchModel } from './registeredModels.ts';

export interface Origin {
  /** Where the files lie: looked up once, since names change and things are deleted. */
  location: string;
  loggedModelId: string | null;
  version: VersionKey | null;
  runId: string | null;
}

/** `models:/m-…` or `models:/name/3`; null for any other text. Names are as they are: this is no URL that was encoded. */
export function parseModelSource(source: string): { loggedModelId: string } | { name: string; version: number } | null {
  const path = /^models:\/+(.+)$/s.exec(source)?.[1];
  if (path === undefined) return null;
  const [, name, version] = /^([^/]+)\/(\d{1,9})$/s.exec(path) ?? [];
  if (name !== undefined) return { name, version: Number(version) };
  return path.includes('/') || path.includes('@') ? null : { loggedModelId: path };
}

export async function originOf(
  db: Db,
  workspaceId: string,
  { source, loggedModelId }: { source: string; loggedModelId?: string },
): Promise<Origin> {
  const named = parseModelSource(source);
  if (named && 'name' in named) {
    const origin = await originOfVersion(db, workspaceId, named);
    return { ...origin, loggedModelId: loggedModelId ?? origin.loggedModelId };
  }
  if (named && loggedModelId !== undefined && named.loggedModelId !== loggedModelId) {
    const reason = `the source names ${named.loggedModelId}, the field ${loggedModelId}`;
    throw failure('BAD_REQUEST', { field: 'loggedModelId', reason, remedy: 'name one logged model' });
  }
  const id = named?.loggedModelId ?? loggedModelId;
  if (id === undefined) return { location: source, loggedModelId: null, version: null, runId: null };
  const model = await requireLoggedModel(db, workspaceId, id, 'loggedModelId');
  return { location: named ? model.artifactLocation : source, loggedModelId: model.id, version: null, runId: model.runId };
}

async function originOfVersion(db: Db, workspaceId: string, { name, version }: { name: string; version: number }): Promise<Origin> {
  const [row] = await db<{ id: string; location: string | null; loggedModelId: string | null; runId: string | null }[]>`
    select m.id, coalesce(nullif(v.location, ''), v.source) as location, v.logged_model_id as "loggedModelId", v.run_id as "runId"
    from registered_models m
    left join model_versions v on v.model_id = m.id and v.version = ${version} and v.deleted_at is null
    where m.workspace_id = ${workspaceId} and m.name = ${name} and m.deleted_at is null`;
  if (!row) throw noSuchModel(name);
  if (row.location === null) throw noSuchVersion(name, version);
  return { location: row.location, loggedModelId: row.loggedModelId, version: { modelId: row.id, version }, runId: row.runId };
}
