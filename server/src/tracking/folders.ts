/** Paths read as folders: what lies directly below one, and how much lies below all of it. */
import type { PendingQuery, Row } from 'postgres';
import type { Db } from '../core/context.ts';

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
