/**
 * Bytes of snapshots below /api/v1: `PUT`, `GET` and `HEAD /parts/{digest}`, and `GET /snapshots/{id}/notebook`. Bodies are streamed, so
 * memory does not grow with their size. They are handed out as what no browser runs, and with a policy that lets it run nothing.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { partKind } from '@cellkeep/schema/design';
import { digest, limits, uuid } from '@cellkeep/schema/wire';
import { type Request, type Response, Router } from 'express';
import type { z } from 'zod';
import { requireRole } from '../access/index.ts';
import { attachmentNamed } from '../core/attachment.ts';
import type { CallContext, Caller, Services } from '../core/context.ts';
import { failure, toIssue } from '../core/failure.ts';
import { type BodyCheck, collectBody, receiveBody, WentAway, wantedDigest } from '../core/receiveBody.ts';
import { FILE_POLICY, isLeaving, sendFile } from '../core/sendFile.ts';
import { assembleNotebook } from './assembleNotebook.ts';
import { shapeCheck } from './partShape.ts';
import { checkPartBytes, findParts, LARGEST_ROW, openPart, type ReadyPart, storeParts } from './parts.ts';

export interface DesignRoutesOptions {
  services: Services;
  /** Who sent the request that this answers; called after authentication. */
  callerOf: (response: Response) => Caller;
}

const PART = /^\/parts\/([^/]+)$/;
const NOTEBOOK = /^\/snapshots\/([^/]+)\/notebook$/;

/** Mounted below /api/v1, after authentication and before any body is read. */
export function designRoutes({ services, callerOf }: DesignRoutesOptions): Router {
  const router = Router();
  const contextOf = (response: Response): CallContext => ({
    ...services,
    caller: callerOf(response),
    requestId: String(response.locals.requestId),
  });
  router.use(async (request, response, next) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    const [, part] = PART.exec(request.path) ?? [];
    const [, snapshot] = isReading ? (NOTEBOOK.exec(request.path) ?? []) : [];
    try {
      if (part !== undefined && isReading) return await handPart(contextOf(response), part, request, response);
      if (part !== undefined && request.method === 'PUT') return await receivePart(contextOf(response), part, request, response);
      if (snapshot !== undefined) return await handNotebook(contextOf(response), snapshot, request, response);
      next();
    } catch (error) {
      if (error instanceof WentAway) return void response.status(400).destroy();
      next(error);
    }
  });
  return router;
}

/** Everything that can be refused is refused before the body is read. */
async function receivePart(context: CallContext, named: string, request: Request, response: Response): Promise<void> {
  requireRole(context, 'editor');
  const wanted = accepted('digest', digest, named);
  const kind = accepted('kind', partKind, request.query.kind);
  wantedDigest(request.headers); // its refusals: the bytes are the part's own
  const length = request.headers['content-length'] === undefined ? null : Number(request.headers['content-length']);
  if (length !== null && length > limits.partBytes) throw tooLarge();
  const { sql, caller, now, blobs, disk } = context;
  let part: ReadyPart;
  if (length !== null && length <= LARGEST_ROW) {
    disk?.require();
    part = checkPartBytes({ digest: wanted, kind }, await collectBody(request), 'body');
  } else {
    const shape = shapeCheck(kind, 'body');
    const body = { header: 'digest', algorithm: 'sha256' as const, value: Buffer.from(wanted, 'hex').toString('base64') };
    const { size } = await receiveBody(blobs, request, body, bounded(shape));
    part = { digest: wanted, kind, size, body: null };
  }
  const stored = await sql.begin((tx) => storeParts(tx, caller.workspaceId, [part], now()));
  response.status(stored > 0 ? 201 : 200).json({ digest: wanted, kind, size: part.size });
}

/** Of a body that does not say its length, more is refused once it has come. */
function bounded(check: BodyCheck): BodyCheck {
  let size = 0;
  return {
    write(bytes) {
      size += bytes.length;
      if (size > limits.partBytes) throw tooLarge();
      check.write(bytes);
    },
    end: check.end,
  };
}

function tooLarge() {
  return failure('PAYLOAD_TOO_LARGE', { field: 'body', reason: `a part has at most ${limits.partBytes} bytes` });
}

async function handPart({ sql, blobs, caller }: CallContext, named: string, request: Request, response: Response): Promise<void> {
  const wanted = accepted('digest', digest, named);
  const part = (await findParts(sql, caller.workspaceId, [wanted])).get(wanted);
  if (!part) throw failure('NOT_FOUND', { field: 'digest', reason: `no part ${wanted}` });
  const { size, kind } = part;
  const contentType = kind === 'diff' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  const open = (range?: { start: number; end: number }) =>
    openPart(blobs, part, range ? { start: range.start, end: range.end + 1 } : { start: 0, end: size });
  await sendFile({ size, digest: wanted, contentType, open }, request, response);
}

async function handNotebook(context: CallContext, named: string, request: Request, response: Response): Promise<void> {
  const id = accepted('id', uuid, named);
  const { name, pieces } = await assembleNotebook(context, id, { outputs: request.query.outputs !== '0' });
  response.setHeader('content-type', 'application/x-ipynb+json');
  response.setHeader('content-disposition', attachmentNamed(name));
  response.setHeader('content-security-policy', FILE_POLICY);
  if (request.method === 'HEAD') return void response.end();
  try {
    await pipeline(Readable.from(pieces, { objectMode: false }), response);
  } catch (error) {
    if (!isLeaving(error)) throw error;
  }
}

function accepted<T>(field: string, schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw failure('BAD_REQUEST', { ...toIssue(read.error.issues[0] as { message: string }), field });
}
