/**
 * Folders whose files never change again, because something was made of them that is trusted as it is: the registry freezes the folder of a
 * logged model when a version is made of it. What lay there is written down, with who had stored it.
 */
import type { JSONValue } from 'postgres';
import type { Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { type FileAddress, foldersAbove, insideOf, md5Of } from './folders.ts';

export interface FrozenFile {
  /** Relative to the folder. */
  path: string;
  digest: string;
  /** bytes */
  size: number;
  /** Who stored it. */
  userName: string;
}

/** What lies below a folder now, by path. */
export async function readFolder(db: Db, workspaceId: string, { runId, path }: FileAddress): Promise<FrozenFile[]> {
  const inside = insideOf(path);
  // The same stored again is no event: the last one tells of what lies there.
  const rows =
    runId === null
      ? await db<Row[]>`
          select f.path, f.digest, f.size, last.who from files f left join lateral (
            select who from events where workspace_id = ${workspaceId} and subject = 'file:' || f.path and what = 'file.stored'
            order by seq desc limit 1
          ) last on true
          where f.workspace_id = ${workspaceId} and starts_with(f.path, ${inside})`
      : await db<Row[]>`
          select a.path, a.digest, a.size, last.who from artifacts a left join lateral (
            select who from events
            where workspace_id = ${workspaceId} and subject = ${`run:${runId}`} and what = 'artifact.logged' and data ->> 'path' = a.path
            order by seq desc limit 1
          ) last on true
          where a.run_id = ${runId} and a.workspace_id = ${workspaceId} and starts_with(a.path, ${inside})`;
  return rows
    .map(({ path, digest, size, who }) => ({ path: path.slice(inside.length), digest, size: Number(size), userName: who ?? '' }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Row {
  path: string;
  digest: string;
  size: string;
  who: string | null;
}

/** Null where it is not frozen. */
export async function findFrozen(db: Db, workspaceId: string, { runId, path }: FileAddress): Promise<FrozenFile[] | null> {
  const [row] = await db<{ files: FrozenFile[] }[]>`
    select files from frozen_folders
    where workspace_id = ${workspaceId} and md5(path) = md5(${path}) and run_id is not distinct from ${runId}::uuid`;
  return row?.files ?? null;
}

/** An empty folder stays open: nothing was made of it yet. Freezing twice is no error. */
export async function freezeFolder(tx: Db, workspaceId: string, address: FileAddress, at: Date): Promise<void> {
  if (await findFrozen(tx, workspaceId, address)) return;
  await tx`select pg_advisory_xact_lock(${lockOf(tx, workspaceId)})`;
  const files = await readFolder(tx, workspaceId, address);
  if (files.length === 0) return;
  await tx`
    insert into frozen_folders (workspace_id, run_id, path, files, frozen_at)
    values (${workspaceId}, ${address.runId}, ${address.path}, ${tx.json(files as unknown as JSONValue)}, ${at})
    on conflict do nothing`;
}

/**
 * Within what changes files: whoever freezes waits for it, or has done so before. What is asked after this was called is answered under
 * the lock, also where nobody waited for the lock's own answer.
 */
export async function waitForFreezing(tx: Db, workspaceId: string): Promise<void> {
  await tx`select pg_advisory_xact_lock_shared(${lockOf(tx, workspaceId)})`.execute();
}

const lockOf = (db: Db, workspaceId: string) => db`hashtextextended(${`freeze:${workspaceId}`}, 0)`;

/**
 * @param whole also where something below it is frozen
 * @throws CONFLICT
 */
export async function requireNotFrozen(db: Db, workspaceId: string, address: FileAddress, options?: { whole?: boolean }): Promise<void> {
  const frozen = await whyFrozen(db, workspaceId, address, options);
  if (frozen) throw frozen;
}

/** What `requireNotFrozen` throws; null where the file may change. */
export async function whyFrozen(db: Db, workspaceId: string, { runId, path }: FileAddress, { whole = false } = {}): Promise<Error | null> {
  const hashes = [...foldersAbove(path), path].map(md5Of);
  const [found] = await db<{ path: string }[]>`
    select path from frozen_folders
    where workspace_id = ${workspaceId} and run_id is not distinct from ${runId}::uuid
      and (md5(path) = any(${hashes}::text[]) ${whole ? db`or starts_with(path, ${insideOf(path)})` : db``})
    limit 1`;
  if (!found) return null;
  const reason = `${JSON.stringify(found.path)} holds the files of a model that is registered, and they stay as they were registered`;
  return failure('CONFLICT', { field: 'path', reason, remedy: 'log another model, and register it as the next version' });
}
