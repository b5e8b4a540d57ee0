/**
 * Large files in parts, as MLflow's clients send them to object stores: `create` answers an address and headers for each part, parts are
 * PUT there without a token, and `complete` names them all. The addresses are ours; what opens them is the key of the upload, in a header.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UploadPart } from '@cellkeep/schema/tracking';
import { limits } from '@cellkeep/schema/wire';
import type { Services } from '../core/context.ts';
import { baseUrlOf } from '../http/origin.ts';
import {
  addressOf,
  addressToStore,
  cancelUpload,
  kindOf,
  mediaTypeOfAny,
  openedUpload,
  receivePart,
  requireUpload,
  startUpload,
  WentAway,
} from '../tracking/index.ts';
import { answerEmpty, pathInAddress, pathInMessage } from './artifactProxy.ts';
import { type Call, LONG_BODY, type Streamed, streamCall } from './call.ts';
import { invalidParameter, MlflowError, resourceDoesNotExist } from './errors.ts';
import { type Fields, int64, list, type Message, message, readerOf, required, string } from './message.ts';
import { receiveJson } from './receive.ts';

const KEY_HEADER = 'x-cellkeep-upload-key';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const create = streamCall({
  method: 'POST',
  path: 'mlflow-artifacts/mpu/create/{...folder}',
  async stream(streamed) {
    const { path, num_parts = 1 } = await messageOf(streamed, { path: required(string), num_parts: int64 });
    if (num_parts < 1 || num_parts > limits.uploadParts) {
      throw invalidParameter(`Invalid value ${num_parts} for parameter 'num_parts': a file has 1 to ${limits.uploadParts} parts.`);
    }
    const address = await addressToStore(streamed, fileIn(streamed, path));
    const mediaType = mediaTypeOfAny(address.path, undefined);
    const start = { ...address, mediaType, kind: kindOf(mediaType, address.path) };
    const { upload, key } = await startUpload(streamed, start, { withKey: true });
    const at = `${baseUrlOf(streamed.request)}/api/2.0/mlflow-artifacts/mpu/parts/${upload.id}`;
    const headers = { [KEY_HEADER]: key };
    const credentials = Array.from({ length: num_parts }, (_, i) => ({ url: `${at}/${i + 1}`, part_number: i + 1, headers }));
    answerJson(streamed, { upload_id: upload.id, credentials });
  },
});

const part = message({ part_number: required(int64), etag: required(string), url: string });

const complete = streamCall({
  method: 'POST',
  path: 'mlflow-artifacts/mpu/complete/{...folder}',
  async stream(streamed) {
    const { path, upload_id, parts } = await messageOf(streamed, {
      path: required(string),
      upload_id: required(string),
      parts: list(part),
    });
    if (parts.length === 0) throw invalidParameter("Missing value for required parameter 'parts'.");
    const upload = await uploadOf(streamed, upload_id, fileIn(streamed, path));
    const named = parts.map(({ part_number, etag }) => ({ number: part_number, digest: etag.replace(/^"|"$/g, '') }));
    try {
      await streamed.tracking.uploads.complete(streamed, upload, named);
    } catch (error) {
      throw asRefusal(error);
    }
    answerEmpty(streamed);
  },
});

const abort = streamCall({
  method: 'POST',
  path: 'mlflow-artifacts/mpu/abort/{...folder}',
  reads: true,
  async stream(streamed) {
    const { path, upload_id } = await messageOf(streamed, { path: required(string), upload_id: required(string) });
    try {
      await cancelUpload(streamed, await uploadOf(streamed, upload_id, fileIn(streamed, path)));
    } catch (error) {
      throw asRefusal(error);
    }
    answerEmpty(streamed);
  },
});

async function messageOf<F extends Fields>({ request }: Streamed, fields: F): Promise<Message<F>> {
  return readerOf(fields)((await receiveJson(request, LONG_BODY)).message);
}

/** The client says the path of its own file: its last part names the file in the folder of the address. */
function fileIn({ parameters }: Streamed, localPath: string): string {
  const folder = pathInAddress(parameters.folder ?? '');
  const name = localPath.slice(Math.max(localPath.lastIndexOf('/'), localPath.lastIndexOf('\\')) + 1);
  if (name === '' || name === '.') throw invalidParameter('Invalid path');
  return pathInMessage(`${folder}/${name}`);
}

async function uploadOf(streamed: Streamed, id: string, path: string) {
  const { sql, caller } = streamed;
  const upload = UUID.test(id) ? await requireUpload(sql, caller.workspaceId, id).catch(() => null) : null;
  const address = await addressOf(sql, caller.workspaceId, path);
  if (upload && upload.path === address.path && upload.runId === address.runId) return upload;
  throw resourceDoesNotExist(`No upload with id=${id} of '${path}'`);
}

/** A conflict of ours is a wrong parameter of theirs: RESOURCE_ALREADY_EXISTS would say something else. */
function asRefusal(error: unknown): unknown {
  const { code, data } = error as { code?: unknown; data?: { issues?: { field: string; reason: string }[] } };
  if (code !== 'CONFLICT' || data?.issues?.[0]?.field === 'path') return error;
  return invalidParameter((data?.issues ?? []).map(({ field, reason }) => `${field}: ${reason}`).join('\n'));
}

const PART = /^\/+(?:ajax-)?api\/2\.0\/mlflow-artifacts\/mpu\/parts\/([^/?]+)\/(\d{1,6})$/;

/** Whether the address is one of those that `create` hands out. */
export const isPartAddress = (url: string): boolean => PART.test(url);

/** Receives a part from whoever has the key of its upload. */
export async function receivePartByKey(services: Services, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, id = '', given = ''] = PART.exec(request.url ?? '') ?? [];
  if (request.method !== 'PUT')
    throw new MlflowError('ENDPOINT_NOT_FOUND', `A part is sent by PUT, not ${request.method}.`, { status: 405 });
  const key = request.headers[KEY_HEADER];
  if (typeof key !== 'string' || !UUID.test(id)) {
    throw new MlflowError('PERMISSION_DENIED', `A part is sent with the header ${KEY_HEADER} that 'create' has answered.`);
  }
  const number = Number(given);
  if (number < 1 || number > limits.uploadParts) throw invalidParameter(`A file has parts 1 to ${limits.uploadParts}, not ${number}.`);
  services.disk?.require();
  const upload = await openedUpload(services, id, key);
  let stored: UploadPart;
  try {
    stored = await receivePart(services, upload, number, request);
  } catch (error) {
    if (error instanceof WentAway) return void response.destroy();
    throw asRefusal(error);
  }
  response.setHeader('etag', `"${stored.digest}"`);
  response.end();
}

function answerJson({ response }: Streamed, answer: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer));
}

export const multipartCalls: Call[] = [create, complete, abort];
