/**
 * A file by the one address that MLflow's clients know: `<where>/<run id>/artifacts/<path>` is an artifact of that run, `<where>` being the
 * number of its experiment or the place that the experiment was given; any other path is a file of the workspace.
 */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ArtifactKind } from '@cellkeep/schema/tracking';
import { requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { receiveBody, WentAway, wantedDigest } from '../core/receiveBody.ts';
import { deleteFolder, findArtifact, listFolder, logArtifact } from './artifacts.ts';
import { deleteFiles, findFile, keepFile, listFiles, type StoredFile } from './files.ts';
import { type FileAddress, type FolderEntry, isWorthSparing, requireNameFree } from './folders.ts';
import { guessMediaType, mediaTypeOf, partsOf } from './mediaType.ts';

const OF_RUN = /^(.+?)\/([0-9a-f]{32})\/artifacts(?:\/(.*))?$/s;

/** @param path clean and relative, or empty for the root of all */
export async function addressOf(db: Db, workspaceId: string, path: string): Promise<FileAddress> {
  const [, where, runId, inside = ''] = OF_RUN.exec(path) ?? [];
  if (where === undefined || runId === undefined) return { runId: null, path };
  const root = await artifactRootOf(db, workspaceId, runId);
  const isOfRun = root !== null && pathOfLocation(root) === `${where}/${runId}/artifacts`;
  return isOfRun ? { runId, path: inside } : { runId: null, path };
}

/**
 * Where a file is to be stored. A path that names a run, yet not as that run's artifacts lie, would store what the run never lists.
 * @throws FORBIDDEN below editor; NOT_FOUND where such a run lies elsewhere
 */
export async function addressToStore(context: CallContext, path: string): Promise<FileAddress> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  const address = await addressOf(sql, caller.workspaceId, path);
  const runId = address.runId === null ? OF_RUN.exec(path)?.[2] : undefined;
  const root = runId === undefined ? null : await artifactRootOf(sql, caller.workspaceId, runId);
  if (root === null) return address;
  const reason = `the artifacts of run ${runId} lie in ${root}, not there`;
  throw failure('NOT_FOUND', { field: 'path', reason, remedy: `send it below ${root}` });
}

/** Where MLflow's clients find the artifacts of a run; null where there is no such run. */
export async function artifactRootOf(db: Db, workspaceId: string, runId: string): Promise<string | null> {
  const [run] = await db<{ experimentId: string; location: string | null }[]>`
    select r.experiment_id as "experimentId", e.artifact_location as location from runs r join experiments e on e.id = r.experiment_id
    where r.id = ${runId} and r.workspace_id = ${workspaceId}`;
  if (!run) return null;
  const root = run.location?.replace(/\/+$/, '') ?? `mlflow-artifacts:/${run.experimentId}`;
  return `${root}/${runId}/artifacts`;
}

/** The path that a location on this server names: `mlflow-artifacts:/models/vision` and `mlflow-artifacts://host/models/vision` alike. */
export function pathOfLocation(location: string): string | null {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*?)\/*$/s.exec(location) ?? [];
  return path ?? null;
}

export async function findAny({ sql, caller }: CallContext, { runId, path }: FileAddress) {
  return runId === null ? findFile(sql, caller.workspaceId, path) : findArtifact(sql, caller.workspaceId, runId, path);
}

/** What lies directly in a folder. Of the root and of an experiment, also the runs that have artifacts. */
export async function listAny({ sql, caller }: CallContext, { runId, path }: FileAddress): Promise<FolderEntry[]> {
  if (runId !== null) return listFolder(sql, runId, path);
  const entries = [...(await listFiles(sql, caller.workspaceId, path)), ...(await foldersOfRuns(sql, caller.workspaceId, path))];
  const byPath = new Map(entries.map((entry) => [`${entry.isFolder} ${entry.path}`, entry]));
  return [...byPath.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

async function foldersOfRuns(db: Db, workspaceId: string, path: string): Promise<FolderEntry[]> {
  const [experiment, run, ...more] = path === '' ? [] : path.split('/');
  if (more.length > 0 || (experiment !== undefined && !/^\d{1,18}$/.test(experiment)) || (run && !/^[0-9a-f]{32}$/.test(run))) return [];
  const rows = await db<{ name: string }[]>`
    select distinct ${experiment === undefined ? db`experiment_id::text` : db`replace(r.id::text, '-', '')`} as name
    from runs r join experiments e on e.id = r.experiment_id
    where r.workspace_id = ${workspaceId} and r.artifact_count > 0 and e.artifact_location is null
      ${experiment === undefined ? db`` : db`and r.experiment_id = ${experiment}`} ${run === undefined ? db`` : db`and r.id = ${run}`}`;
  const inside = path === '' ? '' : `${path}/`;
  return rows.map(({ name }) => ({ path: inside + (run === undefined ? name : 'artifacts'), isFolder: true, size: null }));
}

/** @returns how many files are gone; removing twice is no error */
export function deleteAny(context: CallContext, { runId, path }: FileAddress): Promise<number> {
  return runId === null ? deleteFiles(context, path) : deleteFolder(context, runId, path);
}

/**
 * The body of a request, stored. False where its sender went away: nothing is stored, and nobody is there to be answered. A deleted run
 * takes it too: MLflow's server looks at no run here (3.17, `_upload_artifact`; `upload_artifact_handler` does not ask whether it is deleted).
 */
export async function receiveAny(context: CallContext, { runId, path }: FileAddress, request: IncomingMessage): Promise<boolean> {
  requireRole(context, 'editor');
  const wanted = wantedDigest(request.headers);
  if (isWorthSparing(request.headers)) await requireNameFree(context.sql, context.caller.workspaceId, { runId, path });
  try {
    const { digest, size } = await receiveBody(context.blobs, request, wanted);
    const file = { path, size, digest, mediaType: mediaTypeOfAny(path, request.headers['content-type']) };
    if (runId === null) await keepFile(context, file);
    else {
      const kind = (await isTableInJson(context, file)) ? 'table' : kindOf(file.mediaType, path);
      await logArtifact(context, { runId, ...file, kind });
    }
    return true;
  } catch (error) {
    if (error instanceof WentAway) return false;
    throw error;
  }
}

/** characters */
const START = 256;

/** MLflow's clients keep tables as pandas writes them, `{"columns": […], "data": [[…]]}`, and say nothing of it but the media type. */
async function isTableInJson({ blobs }: CallContext, { digest, size, mediaType }: Pick<StoredFile, 'digest' | 'size' | 'mediaType'>) {
  if (size === 0 || partsOf(mediaType).type !== 'application/json') return false;
  const opened = await blobs.get(digest, { start: 0, end: Math.min(size, START) - 1 });
  return opened !== null && /^\s*\{\s*"columns"\s*:\s*\[/.test(await text(opened.stream));
}

/** MLflow's clients say `text/plain` of CSV and JSON too: then the name knows better. */
export function mediaTypeOfAny(path: string, contentType: string | undefined): string {
  const given = mediaTypeOf(contentType);
  const guessed = guessMediaType(path);
  const isVague = given === null || /^(text\/plain|application\/octet-stream)$/.test(partsOf(given).type);
  return isVague && guessed !== 'application/octet-stream' ? guessed : (given ?? guessed);
}

/** What the file is to the person, as our own client would have said: decides how it is shown. */
export function kindOf(mediaType: string, path: string): ArtifactKind {
  const { type } = partsOf(mediaType);
  if (type.startsWith('image/')) return 'figure';
  if (type === 'text/csv' || type === 'text/tab-separated-values') return 'table';
  if (type.startsWith('text/') && type !== 'text/html') return 'text';
  return /(^|\/)(MLmodel|conda\.yaml|python_env\.yaml|requirements\.txt)$/.test(path) ? 'text' : 'file';
}
