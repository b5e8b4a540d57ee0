/**
 * Artifacts by the paths that MLflow's clients make: `mlflow-artifacts/artifacts/<path>`, its folders, and the older addresses by run.
 * Bodies are streamed. Every file is handed out as a download with the type that its name says, as MLflow's own server does it.
 */
import {
  addressOf,
  addressToStore,
  artifactRootOf,
  cleanPath,
  decodedPath,
  deleteAny,
  type FileAddress,
  findAny,
  listAny,
  receiveAny,
  sendArtifact,
} from '../tracking/index.ts';
import { type Call, call, type MlflowContext, type Streamed, streamCall } from './call.ts';
import { contentTypeByName } from './contentType.ts';
import { invalidParameter, resourceDoesNotExist } from './errors.ts';
import { string } from './message.ts';

const invalidPath = () => invalidParameter('Invalid path');

/** @param encoded as it was sent. An encoded slash is a slash, as to MLflow's server, which decodes before it looks for folders. */
export function pathInAddress(encoded: string): string {
  return clean(encoded.replaceAll(/%2f/gi, '/'), decodedPath);
}

/** Of a query or a message. A folder may have a slash at its end; "." is where it stands, which addresses lose on their way. */
export function pathInMessage(given = ''): string {
  if (given.startsWith('/')) throw invalidPath(); // before it loses what stands behind it
  const parts = given.split('/').filter((part) => part !== '.');
  const path = parts.join('/').replace(/(?<=[^/])\/+$/, '');
  return path === '' ? '' : clean(path, cleanPath);
}

/** What the rooms refuse, and "#", which clients leave out of an address: MLflow's server refuses it as well. */
function clean(path: string, read: (path: string) => string): string {
  let found: string;
  try {
    found = read(path);
  } catch {
    throw invalidPath();
  }
  if (found.includes('#')) throw invalidPath();
  return found;
}

const atAddress = ({ sql, caller, parameters }: Streamed): Promise<FileAddress> =>
  addressOf(sql, caller.workspaceId, pathInAddress(parameters.path ?? ''));

const upload = streamCall({
  method: 'PUT',
  path: 'mlflow-artifacts/artifacts/{...path}',
  async stream(streamed) {
    const address = await addressToStore(streamed, pathInAddress(streamed.parameters.path ?? ''));
    if (address.path === '') throw invalidPath();
    if (await receiveAny(streamed, address, streamed.request)) answerEmpty(streamed);
    else streamed.response.destroy();
  },
});

const download = streamCall({
  method: 'GET',
  path: 'mlflow-artifacts/artifacts/{...path}',
  async stream(streamed) {
    await send(streamed, await atAddress(streamed));
  },
});

const remove = streamCall({
  method: 'DELETE',
  path: 'mlflow-artifacts/artifacts/{...path}',
  reads: true,
  async stream(streamed) {
    const address = await atAddress(streamed);
    await deleteAny(streamed, address);
    answerEmpty(streamed);
  },
});

const list = call({
  method: 'GET',
  path: 'mlflow-artifacts/artifacts',
  message: { path: string },
  async answer(context, { path }) {
    const address = await addressOf(context.sql, context.caller.workspaceId, pathInMessage(path));
    return filesOf(await listAny(context, address), nameOf);
  },
});

const listOfRun = call({
  method: 'GET',
  path: 'mlflow/artifacts/list',
  message: { run_id: string, run_uuid: string, path: string, page_token: string },
  async answer(context, { run_id, run_uuid, path }) {
    const { runId, root } = await runOf(context, run_id ?? run_uuid);
    return { root_uri: root, ...filesOf(await listAny(context, { runId, path: pathInMessage(path) }), (path) => path) };
  },
});

/** What MLflow's web page and older clients ask for: `?run_id=…&path=…`. Also served as /get-artifact. */
const downloadOfRun = streamCall({
  method: 'GET',
  path: 'mlflow/get-artifact',
  async stream(streamed) {
    const { query } = streamed;
    const { runId } = await runOf(streamed, query.get('run_id') || query.get('run_uuid') || undefined);
    const path = pathInMessage(query.get('path') ?? undefined);
    if (path === '') throw invalidParameter('Request must specify path.');
    await send(streamed, { runId, path });
  },
});

/** bytes; more goes through mlflow-artifacts */
const MOST_AT_ONCE = 10 * 1024 * 1024;

const uploadToRun = streamCall({
  method: 'POST',
  path: 'mlflow/upload-artifact',
  async stream(streamed) {
    const { query, request } = streamed;
    const given = query.get('run_uuid');
    if (!given) throw invalidParameter('Request must specify run_uuid.');
    const path = pathInMessage(query.get('path') ?? undefined);
    if (path === '') throw invalidParameter('Request must specify path.');
    const size = Number(request.headers['content-length'] ?? Number.NaN);
    if (size > MOST_AT_ONCE) throw invalidParameter('Artifact size is too large. Max size is 10MB.');
    if (!(size > 0)) throw invalidParameter('Request must specify data.');
    const { runId } = await runOf(streamed, given);
    if (await receiveAny(streamed, { runId, path }, request)) answerEmpty(streamed);
    else streamed.response.destroy();
  },
});

async function runOf({ sql, caller }: MlflowContext, id: string | undefined): Promise<{ runId: string; root: string }> {
  if (!id)
    throw invalidParameter(
      "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    );
  const root = /^[0-9a-f]{32}$/.test(id) ? await artifactRootOf(sql, caller.workspaceId, id) : null;
  if (root === null) throw resourceDoesNotExist(`Run with id=${id} not found`);
  return { runId: id, root };
}

/** @throws RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE for a folder */
export async function send(streamed: Streamed, address: FileAddress): Promise<void> {
  const file = await findAny(streamed, address);
  if (!file) {
    const isFolder = (await listAny(streamed, address)).length > 0;
    if (isFolder) throw invalidParameter(`Artifact path refers to a directory, not a file: '${address.path}'`);
    throw resourceDoesNotExist(`No such artifact: '${address.path}'`);
  }
  const { blobs, request, response } = streamed;
  await sendArtifact(blobs, file, request, response, { isDownload: true, contentType: contentTypeByName(file.path) });
}

interface FileInfo {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

export function filesOf(entries: Awaited<ReturnType<typeof listAny>>, shown: (path: string) => string): { files?: FileInfo[] } {
  if (entries.length === 0) return {};
  return {
    files: entries.map(({ path, isFolder, size }) => ({
      path: shown(path),
      is_dir: isFolder,
      ...(size ? { file_size: size } : {}), // of an empty file, MLflow's server says no size
    })),
  };
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

export function answerEmpty({ response }: Streamed): void {
  response.setHeader('content-type', 'application/json');
  response.end('{}');
}

export const artifactCalls: Call[] = [upload, download, remove, list, listOfRun, downloadOfRun, uploadToRun];
