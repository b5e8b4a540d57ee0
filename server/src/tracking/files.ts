/**
 * Files of the workspace that belong to no run, by a path of their own: those of logged models, and whatever else a client keeps under
 * MLflow's artifact addresses. A path holds one file, its newest, as with the artifacts of a run.
 */
import type { PendingQuery, Sql, Row as SqlRow } from 'postgres';
import { requireRole } from '../access/index.ts';
import type { FindReferences } from '../core/collectBlobs.ts';
import type { CallContext, Caller, Db } from '../core/context.ts';
import { appendEvent, appendEvents, type NewEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { entriesOf, type FolderEntry, foldersAbove, isBelow, whyTaken } from './folders.ts';
import { requireNotFrozen, waitForFreezing, whyFrozen } from './frozenFolders.ts';

export interface StoredFile {
  path: string;
  /** bytes */
  size: number;
  digest: string;
  mediaType: string;
  createdAt: number;
}

type Who = Pick<Caller, 'workspaceId' | 'userId' | 'userName'>;
type Row = Omit<StoredFile, 'size' | 'createdAt'> & { size: string; createdAt: Date };

const fileOf = ({ size, createdAt, ...row }: Row): StoredFile => ({ ...row, size: Number(size), createdAt: createdAt.getTime() });

/**
 * Names a stored blob, in place of what the path held before. The same again changes nothing.
 * @param also done in the same transaction, and before anything is stored: where it throws, nothing is
 * @throws FORBIDDEN below editor; CONFLICT where its folder is frozen, or a file or a folder is in the way
 */
export async function keepFile(
  context: CallContext,
  given: Omit<StoredFile, 'createdAt'>,
  also?: (tx: Db) => Promise<void>,
): Promise<StoredFile> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const { path, size, digest, mediaType } = given;
  return sql.begin(async (tx) => {
    // Asked together, and answered in this order: under the locks.
    const [, , before, frozen, taken] = await Promise.all([
      waitForFreezing(tx, caller.workspaceId),
      lockName(tx, caller.workspaceId, path),
      findFile(tx, caller.workspaceId, path, { held: true }),
      whyFrozen(tx, caller.workspaceId, { runId: null, path }),
      whyTaken(tx, caller.workspaceId, { runId: null, path }),
    ]);
    await also?.(tx);
    if (before && before.digest === digest && before.mediaType === mediaType) return before;
    const refused = frozen ?? taken;
    if (refused) throw refused;
    const file: StoredFile = { path, size, digest, mediaType, createdAt: now() };
    const data = { path, size, digest };
    await Promise.all([
      tx`
        insert into files (workspace_id, path, size, digest, media_type, created_at)
        values (${caller.workspaceId}, ${path}, ${size}, ${digest}, ${mediaType}, ${new Date(file.createdAt)})
        on conflict (workspace_id, md5(path)) do update set
          size = excluded.size, digest = excluded.digest, media_type = excluded.media_type, created_at = excluded.created_at`,
      appendEvent(tx, caller, { what: 'file.stored', subject: `file:${path}`, before: before ?? undefined, after: file, data }),
    ]);
    return file;
  });
}

/** @param held until the transaction ends nobody else changes or forgets it */
export async function findFile(db: Db, workspaceId: string, path: string, { held = false } = {}): Promise<StoredFile | null> {
  const [row] = await db<Row[]>`
    select path, size, digest, media_type as "mediaType", created_at as "createdAt" from files
    where workspace_id = ${workspaceId} and md5(path) = md5(${path}) ${held ? db`for no key update` : db``}`;
  return row ? fileOf(row) : null;
}

export async function requireFile(db: Db, workspaceId: string, path: string): Promise<StoredFile> {
  const file = await findFile(db, workspaceId, path);
  if (!file) throw failure('NOT_FOUND', { field: 'path', reason: `there is no file ${JSON.stringify(path)}` });
  return file;
}

/** @param folder without a slash at its end; empty: the root. A folder without files is no folder: nothing lies in it. */
export function listFiles(db: Db, workspaceId: string, folder: string): Promise<FolderEntry[]> {
  return entriesOf(db, folder, db`select path, size from files where ${below(db, workspaceId, folder)}`);
}

/** A file, or all that lies below a folder. @returns how many; removing twice is no error @throws CONFLICT where some of it is frozen */
export async function deleteFiles(context: CallContext, path: string): Promise<number> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  return sql.begin(async (tx) => {
    await waitForFreezing(tx, caller.workspaceId);
    await requireNotFrozen(tx, caller.workspaceId, { runId: null, path }, { whole: true });
    const rows = await tx<Row[]>`
      delete from files where (workspace_id = ${caller.workspaceId} and md5(path) = md5(${path})) or (${below(tx, caller.workspaceId, path)})
      returning path, size, digest, media_type as "mediaType", created_at as "createdAt"`;
    await appendEvents(tx, caller, rows.map(fileOf).map(deleted));
    return rows.length;
  });
}

const deleted = (file: StoredFile): NewEvent => {
  const { path, size, digest } = file;
  return { what: 'file.deleted', subject: `file:${path}`, before: file, data: { path, size, digest } };
};

/** The condition for everything below a folder of the workspace. */
const below = (db: Db, workspaceId: string, folder: string): PendingQuery<SqlRow[]> =>
  db`workspace_id = ${workspaceId} and ${isBelow(db, folder)}`;

/** Folders that are locked each by itself; deeper down, all that lies in one of them comes one after the other. */
const DEEPEST_LOCK = 6;

/**
 * Two that store under one path come one after the other, and so do a file and what would lie below it; a row that is not there yet
 * cannot be locked. Others of one folder do not wait for each other. Everybody goes from the outermost folder inwards, so that no two
 * wait for each other, and takes few locks however deep a path is: the table of locks is shared by all.
 */
async function lockName(tx: Db, workspaceId: string, path: string): Promise<void> {
  const keys = [...foldersAbove(path), path].map((one) => `file:${workspaceId}:${one}`);
  const own = keys[DEEPEST_LOCK] ?? keys.at(-1) ?? '';
  const above = keys.slice(0, Math.min(keys.length - 1, DEEPEST_LOCK));
  await Promise.all([
    above.length > 0 &&
      tx`select pg_advisory_xact_lock_shared(hashtextextended(key, 0)) from unnest(${above}::text[]) as above (key)`.execute(),
    tx`select pg_advisory_xact_lock(hashtextextended(${own}, 0))`.execute(),
  ]);
}

/**
 * Files that were stored for a while only, in every workspace: those below the folder, each in one of its own that its content names
 * (`<folder>/<digest>/<name>`). The log says so by whoever has stored it.
 * @param before stored before that, and not again since
 * @returns the contents of those that are gone, `most` at once
 */
export function forgetFiles(sql: Sql, folder: string, before: Date, most: number): Promise<string[]> {
  return sql.begin(async (tx) => {
    // One that is stored again just now is passed over, or looked at again under its lock.
    const rows = await tx<(Row & Who)[]>`
      select f.workspace_id as "workspaceId", path, size, digest, media_type as "mediaType", created_at as "createdAt",
        e.user_id as "userId", e.who as "userName"
      from files f, lateral (
        select user_id, who from events
        where workspace_id = f.workspace_id and subject = 'file:' || f.path and what = 'file.stored' order by seq desc limit 1) e
      where created_at < ${before} and starts_with(path, ${`${folder}/`}) and split_part(path, '/', 2) = digest
        and array_length(string_to_array(path, '/'), 1) = 3
      limit ${most} for update of f skip locked`;
    for (const { workspaceId, userId, userName, ...row } of rows) {
      await tx`delete from files where workspace_id = ${workspaceId} and md5(path) = md5(${row.path})`;
      await appendEvents(tx, { workspaceId, userId, userName }, [deleted(fileOf(row))]);
    }
    return rows.map(({ digest }) => digest);
  });
}

/** For the collector: of these digests, those that a file names. */
export function fileReferences(sql: Sql): FindReferences {
  return async (digests) => {
    const rows = await sql<{ digest: string }[]>`select distinct digest from files where digest = any(${digests})`;
    return rows.map(({ digest }) => digest);
  };
}
