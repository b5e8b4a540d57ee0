/**
 * Artifacts of runs: a row names a path of the run and the digest of a blob. A path holds one artifact, its newest; what it held before
 * stays in the events and in the lineage, its bytes until the collector finds that nothing names them.
 */
import type { Artifact } from '@cellkeep/schema/tracking';
import type { PendingQuery, Sql, Row as SqlRow } from 'postgres';
import { requireRole } from '../access/index.ts';
import type { FindReferences } from '../core/collectBlobs.ts';
import type { CallContext, Db } from '../core/context.ts';
import { cursorOf, readCursor } from '../core/cursor.ts';
import { appendEvent, appendEvents } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { addEdges } from '../core/lineage.ts';
import type { RunPlace } from './effects.ts';
import { entriesOf, type FolderEntry, isBelow, whyTaken } from './folders.ts';
import { requireNotFrozen, waitForFreezing, whyFrozen } from './frozenFolders.ts';
import { findPlace } from './ingest.ts';
import { noSuchRun } from './readRuns.ts';

export type NewArtifact = Omit<Artifact, 'createdAt'>;

type Row = Omit<Artifact, 'runId' | 'size' | 'createdAt'> & { size: string; createdAt: Date };

const artifactOf = (runId: string, { path, kind, size, digest, mediaType, createdAt }: Row): Artifact => ({
  ...{ runId, path, kind, size: Number(size), digest, mediaType },
  createdAt: createdAt.getTime(),
});

/** A deleted run counts too: it can be restored, and until then its kernel may still be sending. */
export async function requirePlace(db: Db, workspaceId: string, runId: string): Promise<void> {
  if (!(await findPlace(db, workspaceId, runId))) throw noSuchRun(runId, 'runId');
}

/** Ordered by path, byte by byte, so that a page's end does not move with the collation of the database. */
export async function listArtifacts(
  db: Db,
  workspaceId: string,
  { runId, prefix, limit, cursor }: { runId: string; prefix: string; limit: number; cursor?: string },
): Promise<{ artifacts: Artifact[]; nextCursor: string | null }> {
  await requirePlace(db, workspaceId, runId);
  const [after = null] = cursor === undefined ? [] : readCursor(cursor, ['string']);
  const rows = await db<Row[]>`
    select path, kind, size, digest, media_type as "mediaType", created_at as "createdAt" from artifacts
    where run_id = ${runId} and starts_with(path, ${prefix})
      ${after === null ? db`` : db`and path collate "C" > ${after}`}
    order by path collate "C" limit ${limit + 1}`;
  const page = rows.slice(0, limit).map((row) => artifactOf(runId, row));
  const last = page.at(-1);
  return { artifacts: page, nextCursor: rows.length > limit && last ? cursorOf([last.path]) : null };
}

export async function findArtifact(db: Db, workspaceId: string, runId: string, path: string): Promise<Artifact | null> {
  const row = await readRow(db, workspaceId, runId, path);
  return row && artifactOf(runId, row);
}

export async function requireArtifact(db: Db, workspaceId: string, { runId, path }: { runId: string; path: string }): Promise<Artifact> {
  const artifact = await findArtifact(db, workspaceId, runId, path);
  if (artifact) return artifact;
  await requirePlace(db, workspaceId, runId);
  throw failure('NOT_FOUND', { field: 'path', reason: `run ${runId} has no artifact ${JSON.stringify(path)}` });
}

async function readRow(db: Db, workspaceId: string, runId: string, path: string): Promise<Row | null> {
  const [row] = await db<Row[]>`
    select path, kind, size, digest, media_type as "mediaType", created_at as "createdAt" from artifacts
    where run_id = ${runId} and md5(path) = md5(${path}) and workspace_id = ${workspaceId}`;
  return row ?? null;
}

/**
 * Names a stored blob as an artifact of a run, in place of what the path held before. The same artifact again changes nothing and
 * keeps its `createdAt`, because a kernel repeats an upload whose answer it missed.
 * @param also done in the same transaction, and before anything is stored: where it throws, nothing is
 * @throws FORBIDDEN below editor; NOT_FOUND where there is no such run; CONFLICT where its folder is frozen, or a file or a
 * folder is in the way
 */
export async function keepArtifact(context: CallContext, artifact: NewArtifact, also?: (tx: Db) => Promise<void>): Promise<Artifact> {
  return (await logArtifact(context, artifact, also)).artifact;
}

/** As `keepArtifact`; `isNew` says that the path was free. */
export async function logArtifact(
  context: CallContext,
  given: NewArtifact,
  also?: (tx: Db) => Promise<void>,
): Promise<{ artifact: Artifact; isNew: boolean }> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  const { runId, path, kind, size, digest, mediaType } = given;
  const { run, artifact, before } = await sql.begin(async (tx) => {
    // Asked together, answered in this order, so under both locks: each way to Postgres and back costs more than the answer, and others
    // that upload to this run wait meanwhile.
    const [, run, row, frozen, taken] = await Promise.all([
      waitForFreezing(tx, caller.workspaceId),
      lockRun(tx, caller.workspaceId, runId),
      readRow(tx, caller.workspaceId, runId, path),
      whyFrozen(tx, caller.workspaceId, { runId, path }),
      whyTaken(tx, caller.workspaceId, { runId, path }),
    ]);
    await also?.(tx);
    const before = row && artifactOf(runId, row);
    if (before && isSame(before, given)) return { run: null, artifact: before, before };
    const refused = frozen ?? taken;
    if (refused) throw refused;
    const artifact: Artifact = { runId, path, kind, size, digest, mediaType, createdAt: now() };
    await Promise.all([
      tx`
        insert into artifacts (run_id, path, workspace_id, kind, size, digest, media_type, created_at)
        values (${runId}, ${path}, ${caller.workspaceId}, ${kind}, ${size}, ${digest}, ${mediaType}, ${new Date(artifact.createdAt)})
        on conflict (run_id, md5(path)) do update set
          kind = excluded.kind, size = excluded.size, digest = excluded.digest,
          media_type = excluded.media_type, created_at = excluded.created_at`,
      before ?? tx`update runs set artifact_count = artifact_count + 1 where id = ${runId}`,
      appendEvent(tx, caller, {
        what: 'artifact.logged',
        subject: `run:${runId}`,
        before: before ?? undefined,
        after: artifact,
        data: { path, kind, size, digest },
      }),
      addEdges(tx, caller.workspaceId, [{ from: `run:${runId}`, relation: 'produced', to: `artifact:${digest}` }]),
    ]);
    return { run, artifact, before };
  });
  if (run) publish(context, run, runId, artifact);
  return { artifact, isNew: before === null };
}

/** @returns false where there was none; removing twice is no error */
export async function deleteArtifact(context: CallContext, { runId, path }: { runId: string; path: string }): Promise<boolean> {
  return (await deleteArtifacts(context, { runId, path }, (db) => db`md5(path) = md5(${path})`)) > 0;
}

/** An artifact, or all below a folder; of an empty path, all of the run. @returns how many */
export function deleteFolder(context: CallContext, runId: string, folder: string): Promise<number> {
  return deleteArtifacts(context, { runId, path: folder }, (db) => db`(md5(path) = md5(${folder}) or ${isBelow(db, folder)})`);
}

async function deleteArtifacts(
  context: CallContext,
  address: { runId: string; path: string },
  which: (db: Db) => PendingQuery<SqlRow[]>,
): Promise<number> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  const { runId } = address;
  const { run, count } = await sql.begin(async (tx) => {
    await waitForFreezing(tx, caller.workspaceId);
    await requireNotFrozen(tx, caller.workspaceId, address, { whole: true });
    const run = await lockRun(tx, caller.workspaceId, runId);
    const rows = await tx<Row[]>`
      delete from artifacts where run_id = ${runId} and ${which(tx)}
      returning path, kind, size, digest, media_type as "mediaType", created_at as "createdAt"`;
    if (rows.length > 0) await tx`update runs set artifact_count = artifact_count - ${rows.length} where id = ${runId}`;
    const events = rows.map((row) => {
      const before = artifactOf(runId, row);
      const { path, kind, size, digest } = before;
      return { what: 'artifact.deleted', subject: `run:${runId}`, before, data: { path, kind, size, digest } };
    });
    await appendEvents(tx, caller, events);
    return { run, count: rows.length };
  });
  if (count > 0) publish(context, run, runId, null);
  return count;
}

/** What lies directly in a folder of the run. @param folder without a slash at its end; empty: the root */
export function listFolder(db: Db, runId: string, folder: string): Promise<FolderEntry[]> {
  return entriesOf(db, folder, db`select path, size from artifacts where run_id = ${runId} and ${isBelow(db, folder)}`);
}

/**
 * Uploads to one run come one after the other here, so that its count is right and no two add the same edge. What is asked after this was
 * called is answered under the lock.
 */
async function lockRun(tx: Db, workspaceId: string, runId: string): Promise<RunPlace> {
  const [run] = await tx<RunPlace[]>`
    select experiment_id as "experimentId", notebook_id as "notebookId" from runs
    where id = ${runId} and workspace_id = ${workspaceId} for no key update`.execute();
  if (!run) throw noSuchRun(runId, 'runId');
  return run;
}

function isSame(a: NewArtifact, b: NewArtifact): boolean {
  return a.digest === b.digest && a.kind === b.kind && a.mediaType === b.mediaType;
}

/** The artifact, and the run, whose count has changed. */
function publish({ live, caller }: CallContext, run: RunPlace, runId: string, artifact: Artifact | null): void {
  const about = { workspaceId: caller.workspaceId, runId, experimentId: run.experimentId, notebookId: run.notebookId };
  if (artifact) live.publish({ ...about, topic: 'artifact', payload: artifact });
  live.publish({ ...about, topic: 'run', payload: { change: 'updated' } });
}

/** For the collector: of these digests, those that an artifact of any workspace names. */
export function artifactReferences(sql: Sql): FindReferences {
  return async (digests) => {
    const rows = await sql<{ digest: string }[]>`select distinct digest from artifacts where digest = any(${digests})`;
    return rows.map(({ digest }) => digest);
  };
}
