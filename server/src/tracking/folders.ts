/**
 * Paths read as folders: what lies directly below one, and how much lies below all of it. A name is a file or a folder, never both: who
 * downloads all that a run has writes it to a disk, where it can be only one of them.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { PendingQuery, Row } from 'postgres';
import type { Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';

export interface FolderEntry {
  /** Whole path, not only the last part of it. */
  path: string;
  isFolder: boolean;
  /** bytes; null for a folder */
  size: number | null;
}

export interface FileAddress {
  /** Null: a file of the workspace. */
  runId: string | null;
  /** Empty: the root. */
  path: string;
}

/** @param folder without a slash at its end; empty: the root */
export const insideOf = (folder: string): string => (folder === '' ? '' : `${folder}/`);

/** The folders that a path lies in, the outermost first: of `a/b/c`, `a` and `a/b`. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}

export const md5Of = (path: string): string => createHash('md5').update(path).digest('hex');

/** Characters of a path that the indexes `files_folder` and `artifacts_folder` hold. */
const INDEXED = 512;

/** The condition for everything below a folder, in the form that those indexes answer. @param folder empty: everything */
export function isBelow(db: Db, folder: string): PendingQuery<Row[]> {
  if (folder === '') return db`true`;
  const inside = insideOf(folder);
  const start = [...inside].slice(0, INDEXED + 1);
  const indexed = db`left(path, ${db.unsafe(String(INDEXED))}) collate "C"`;
  if (start.length > INDEXED) return db`(${indexed} = ${start.slice(0, INDEXED).join('')} and starts_with(path, ${inside}))`;
  // '0' comes right after '/'.
  return db`(${indexed} >= ${inside} and ${indexed} < ${`${folder}0`} and starts_with(path, ${inside}))`;
}

/**
 * That a new file may be stored here: none of the folders that it would lie in is a file, and it is no folder itself. What is there
 * already may be stored anew, also where an older server let both in.
 * @throws CONFLICT
 */
export async function requireNameFree(db: Db, workspaceId: string, address: FileAddress): Promise<void> {
  const taken = await whyTaken(db, workspaceId, address);
  if (taken) throw taken;
}

/** What `requireNameFree` throws; null where the name is free. */
export async function whyTaken(db: Db, workspaceId: string, { runId, path }: FileAddress): Promise<Error | null> {
  const stored = runId === null ? db`files where workspace_id = ${workspaceId}` : db`artifacts where run_id = ${runId}`;
  const above = foldersAbove(path).map(md5Of);
  const found = await db<{ path: string; is: 'itself' | 'above' | 'below' }[]>`
    select path, 'itself' as is from ${stored} and md5(path) = md5(${path})
    union all (select path, 'above' from ${stored} and md5(path) = any(${above}::text[]) limit 1)
    union all (select path, 'below' from ${stored} and ${isBelow(db, path)} limit 1)`;
  const [inTheWay] = found;
  if (!inTheWay || found.some(({ is }) => is === 'itself')) return null;
  const [here, there] = [JSON.stringify(path), JSON.stringify(inTheWay.path)];
  return failure(
    'CONFLICT',
    inTheWay.is === 'above'
      ? {
          field: 'path',
          reason: `${here} would lie in ${there}, which is a file`,
          remedy: 'choose another name, or delete that file first',
        }
      : { field: 'path', reason: `${here} is a folder: ${there} lies in it`, remedy: 'choose another name, or delete the folder first' },
  );
}

/** bytes; less is read sooner than it is asked whether there is a place for it */
const WORTH_SPARING = 1 << 20;

/** Whether to ask for a place before the body is read, which may be large. It is looked at in any case with what is stored. */
export function isWorthSparing(headers: IncomingHttpHeaders): boolean {
  return !(Number(headers['content-length'] ?? Number.NaN) < WORTH_SPARING);
}

/**
 * What lies directly in a folder, ordered by name, byte by byte. A folder is there because a file below it is.
 * @param below rows of `path` and `size`, all of which start with `insideOf(folder)`
 */
export async function entriesOf(db: Db, folder: string, below: PendingQuery<Row[]>): Promise<FolderEntry[]> {
  const inside = insideOf(folder);
  const rows = await db<{ name: string; isFolder: boolean; size: string | null }[]>`
    with below as (select substr(path, char_length(${inside}) + 1) as rest, size from (${below}) found),
    parts as (select split_part(rest, '/', 1) as name, strpos(rest, '/') > 0 as "isFolder", size from below)
    select name, "isFolder", case when "isFolder" then null else max(size) end as size
    from parts group by name, "isFolder" order by name collate "C", "isFolder"`;
  return rows.map(({ name, isFolder, size }) => ({ path: inside + name, isFolder, size: size === null ? null : Number(size) }));
}
