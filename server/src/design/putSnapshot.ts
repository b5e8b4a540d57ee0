/**
 * The two halves of a snapshot come in either order, each perhaps twice, and are joined by its id. A half that is there stays, so that
 * nobody rewrites what a result was made with; but a document from the editor takes the place of one that was read from disk.
 *
 * It is attached to its taker's own session and runs alone: what stands at a run is shown as what made it, and is executed to verify it.
 */
import type { NotebookDocument, SnapshotInput } from '@cellkeep/schema/design';
import type { JSONValue } from 'postgres';
import type { CallContext, Caller, Db } from '../core/context.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { addEdges } from '../core/lineage.ts';
import { digestsOf, type Manifest, requireWritable, warned, withUniqueIds, writeManifest } from './manifest.ts';
import { notebookAt } from './notebooks.ts';
import { missingParts } from './parts.ts';
import { type SnapshotNews, snapshotNews } from './snapshotNews.ts';

export interface PutOptions {
  now: number;
  /**
   * What names parts that are not there, or a session or runs of somebody else, is refused, so that the client sends what lacks and then
   * this again; or, of a kernel that may be gone since, kept with a warning, and not attached to what is not its own.
   */
  missing: 'refuse' | 'warn';
}

interface Row {
  workspaceId: string;
  userId: string;
  notebookId: string | null;
  sessionId: string | null;
  label: string;
  hasKernel: boolean;
  documentFrom: NotebookDocument['takenFrom'] | null;
}

/** In the caller's transaction. @returns what to publish after its commit; null where nothing has changed */
export async function putSnapshot(
  db: Db,
  caller: Caller,
  given: SnapshotInput,
  { now, missing }: PutOptions,
): Promise<SnapshotNews | null> {
  if (given.document) requireWritable(given.document);
  const made = await db`
    insert into snapshots (id, workspace_id, user_id, reason, label, taken_at, created_at)
    values (${given.id}, ${caller.workspaceId}, ${caller.userId}, ${given.reason}, ${given.label}, ${given.takenAt}, ${new Date(now)})
    on conflict (id) do nothing returning 1`;
  const there = await lockSnapshot(db, given.id);
  if (there.workspaceId !== caller.workspaceId || there.userId !== caller.userId) {
    const remedy = 'choose a new id for the snapshot';
    throw failure('CONFLICT', { field: 'id', reason: `snapshot ${given.id} belongs to somebody else`, remedy });
  }
  const isNew = made.length > 0;
  const newKernel = given.kernel && !there.hasKernel ? given.kernel : null;
  const isBetter = there.documentFrom === null || (there.documentFrom === 'disk' && given.document?.takenFrom === 'editor');
  const newDocument = given.document && isBetter ? withUniqueIds(given.document) : null;

  const isForeign = given.kernel !== null && (await isOfAnother(db, caller, given.kernel.sessionId));
  const foreignRuns = await runsOfOthers(db, caller, given.runIds);
  const foreign = notOwn(given, isForeign, foreignRuns);
  if (missing === 'refuse' && foreign.length > 0) throw failure('FORBIDDEN', foreign);
  const lacking = [...foreign, ...(await whatLacks(db, caller.workspaceId, newKernel, newDocument, now))];
  if (missing === 'refuse' && lacking.length > 0) throw failure('BAD_REQUEST', lacking);
  const inWords = lacking.map(({ field, reason }) => `${field}: ${reason}`);
  const isOfKernel = (warning: string) => warning.startsWith('kernel') || (warning.startsWith('runIds') && !newDocument);
  const kernel = newKernel && { ...newKernel, warnings: inWords.filter(isOfKernel).reduce(warned, newKernel.warnings) };
  const document = newDocument && {
    ...newDocument,
    warnings: inWords.filter((one) => !isOfKernel(one)).reduce(warned, newDocument.warnings),
  };
  const manifest = document && (await writeManifest(document));

  const notebookId = await notebookOf(db, caller, given, there, now);
  const label = there.label || given.label;
  const isMoved = notebookId !== there.notebookId || label !== there.label;
  if (kernel) {
    await db`
      update snapshots set kernel = ${db.json(kernel as unknown as JSONValue)}, session_id = ${isForeign ? null : kernel.sessionId},
        last_order = ${kernel.lastOrder}, finding_count = ${kernel.findings.length}
      where id = ${given.id}`;
  }
  if (document && manifest) await storeDocument(db, given.id, document, manifest);
  if (isMoved) await db`update snapshots set notebook_id = ${notebookId}, label = ${label} where id = ${given.id}`;
  const own = given.runIds.filter((id) => !foreignRuns.includes(id));
  const linked = await linkRuns(db, caller, { ...given, runIds: own });
  if (!isNew && !kernel && !document && !isMoved && linked.length === 0) return null;

  await appendEvent(db, caller, {
    what: isNew ? 'snapshot.taken' : 'snapshot.completed',
    subject: `snapshot:${given.id}`,
    after: manifest?.digest,
    data: { reason: given.reason, document: document?.takenFrom ?? null, kernel: kernel !== null, runs: linked.slice(0, 20) },
  });
  return snapshotNews(db, caller.workspaceId, given.id, isNew ? 'taken' : 'completed');
}

async function lockSnapshot(db: Db, id: string): Promise<Row> {
  const [row] = await db<Row[]>`
    select workspace_id as "workspaceId", user_id as "userId", notebook_id as "notebookId", session_id as "sessionId", label, kernel is not null as "hasKernel",
      document_from as "documentFrom"
    from snapshots where id = ${id} for update`;
  if (!row) throw failure('SERVICE_UNAVAILABLE', { field: 'id', reason: `snapshot ${id} was just deleted`, remedy: 'send it again' });
  return row;
}

interface Lack {
  field: string;
  reason: string;
  remedy: string;
}

/** One that is not there yet is nobody's: the editor's half may be here before the kernel's spool. */
async function isOfAnother(db: Db, caller: Caller, sessionId: string): Promise<boolean> {
  const others = await db`
    select from sessions where id = ${sessionId} and (workspace_id <> ${caller.workspaceId} or user_id <> ${caller.userId})`;
  return others.length > 0;
}

async function runsOfOthers(db: Db, { workspaceId, userId }: Caller, runIds: readonly string[]): Promise<string[]> {
  if (runIds.length === 0) return [];
  const others = await db<{ id: string }[]>`
    select replace(id::text, '-', '') as id from runs
    where id = any(${[...runIds]}::uuid[]) and workspace_id = ${workspaceId} and user_id <> ${userId} order by 1`;
  return others.map(({ id }) => id);
}

function notOwn({ kernel }: SnapshotInput, isForeign: boolean, runs: readonly string[]): Lack[] {
  const remedy = 'whoever ran it takes its snapshots';
  const session = { field: 'kernel.sessionId', reason: `session ${kernel?.sessionId} belongs to somebody else`, remedy };
  const some = `${runs.slice(0, 5).join(', ')}${runs.length > 5 ? ', …' : ''}`;
  const reason = `${runs.length === 1 ? `run ${some} was` : `${runs.length} runs (${some}) were`} logged by somebody else`;
  return [...(isForeign ? [session] : []), ...(runs.length > 0 ? [{ field: 'runIds', reason, remedy }] : [])];
}

/** What the halves name and the workspace does not have. */
async function whatLacks(
  db: Db,
  workspaceId: string,
  kernel: SnapshotInput['kernel'],
  document: NotebookDocument | null,
  now: number,
): Promise<Lack[]> {
  const lacking: Lack[] = [];
  const remedy = 'send them first (POST /api/v1/parts/missing says which), then this again';
  const parts = document ? await missingParts(db, workspaceId, digestsOf(document), now) : [];
  if (parts.length > 0) lacking.push({ field: 'document.cells', reason: `${several(parts)} not there`, remedy });
  const diff = kernel?.git?.diff ? await missingParts(db, workspaceId, [kernel.git.diff], now) : [];
  if (diff.length > 0) lacking.push({ field: 'kernel.git.diff', reason: `${several(diff)} not there`, remedy });
  if (kernel?.environment) {
    const found = await db`select from environments where workspace_id = ${workspaceId} and digest = decode(${kernel.environment}, 'hex')`;
    const reason = `environment ${kernel.environment} is not there`;
    if (found.length === 0)
      lacking.push({ field: 'kernel.environment', reason, remedy: 'send it first (PUT /api/v1/environments/{digest})' });
  }
  if (kernel) {
    const found = await db`select from sessions where id = ${kernel.sessionId}`; // somebody else's is told as such
    const reason = `session ${kernel.sessionId} is not there`;
    if (found.length === 0) lacking.push({ field: 'kernel.sessionId', reason, remedy: 'send its session.start first' });
  }
  return lacking;
}

function several(digests: string[]): string {
  const some = digests.slice(0, 5).join(', ');
  return digests.length === 1 ? `part ${some} is` : `${digests.length} parts (${some}${digests.length > 5 ? ', …' : ''}) are`;
}

async function storeDocument(db: Db, id: string, document: NotebookDocument, { bytes, digest }: Manifest): Promise<void> {
  await db`
    update snapshots set document_from = ${document.takenFrom}, document = ${bytes}, document_digest = decode(${digest}, 'hex'),
      cell_count = ${document.cells.length}
    where id = ${id}`;
}

/** That of the session, which knows when its notebook is moved; else the one at the path that was said. */
async function notebookOf(
  db: Db,
  caller: Caller,
  { kernel, notebookPath }: SnapshotInput,
  there: Row,
  now: number,
): Promise<string | null> {
  const sessionId = there.sessionId ?? kernel?.sessionId;
  if (sessionId) {
    const [session] = await db<{ notebookId: string | null }[]>`
      select notebook_id as "notebookId" from sessions
      where id = ${sessionId} and workspace_id = ${caller.workspaceId} and user_id = ${caller.userId}`;
    if (session?.notebookId) return session.notebookId;
  }
  if (there.notebookId || notebookPath === null || notebookPath === '') return there.notebookId;
  return notebookAt(db, caller, notebookPath, now);
}

/**
 * Runs that are not known yet as well: the editor's half may be here before the kernel's spool. Should one turn out to be somebody else's,
 * readers pass its link over (`ownRuns`). @returns those that are new
 */
async function linkRuns(db: Db, { workspaceId }: Caller, { id, reason, runIds }: SnapshotInput): Promise<string[]> {
  if (runIds.length === 0) return [];
  const rows = await db<{ runId: string }[]>`
    insert into run_snapshots (run_id, snapshot_id, reason)
    select distinct r::uuid, ${id}::uuid, ${reason} from unnest(${runIds}::text[]) as r order by 1
    on conflict do nothing returning replace(run_id::text, '-', '') as "runId"`;
  await addEdges(
    db,
    workspaceId,
    rows.map(({ runId }) => ({ from: `snapshot:${id}`, relation: 'part-of', to: `run:${runId}` })),
  );
  return rows.map(({ runId }) => runId);
}

/** One snapshot by itself, in a transaction of its own. */
export async function putOneSnapshot(context: CallContext, given: SnapshotInput): Promise<SnapshotNews | null> {
  const { sql, caller, now } = context;
  return sql.begin((tx) => putSnapshot(tx, caller, given, { now: now(), missing: 'refuse' }));
}
