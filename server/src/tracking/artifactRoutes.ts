/**
 * Artifacts as bytes: `PUT`, `GET` and `HEAD /runs/:runId/artifacts/files/<path>`, and the parts of large ones. Bodies are streamed between socket and blob, so memory
 * does not grow with their size. What people store is hostile until proven otherwise: it is handed out so that no browser runs it.
 */
import { artifactKind } from '@cellkeep/schema/tracking';
import { type Request, type Response, Router } from 'express';
import { requireRole } from '../access/index.ts';
import type { CallContext, Caller, Services } from '../core/context.ts';
import { receiveBody, WentAway, wantedDigest } from '../core/receiveBody.ts';
import { accepted, type FileOfRun, fileOfRun, isFileOfRun, type PartOfUpload, partOfUpload } from './artifactPath.ts';
import { logArtifact, requireArtifact, requirePlace } from './artifacts.ts';
import { isWorthSparing, requireNameFree } from './folders.ts';
import { guessMediaType, mediaTypeOf } from './mediaType.ts';
import { sendArtifact } from './sendArtifact.ts';
import { receivePart, requireUpload } from './uploads.ts';

export interface ArtifactRoutesOptions {
  services: Services;
  /** Who sent the request that this answers; called after authentication. */
  callerOf: (response: Response) => Caller;
}

/** Mounted below /api/v1, after authentication and before any body is read. */
export function artifactRoutes({ services, callerOf }: ArtifactRoutesOptions): Router {
  const router = Router();
  // No pattern of Express: it would decode the path, and what `%2f` and `%2e` were could no longer be told.
  router.use(async (request, response, next) => {
    const { method } = request;
    if (method !== 'PUT' && method !== 'GET' && method !== 'HEAD') return next();
    const isPart = method === 'PUT' && request.path.includes('/artifacts/uploads/');
    if (!isPart && !isFileOfRun(request.path)) return next();
    const context: CallContext = { ...services, caller: callerOf(response), requestId: String(response.locals.requestId) };
    try {
      const part = isPart ? partOfUpload(request.path) : null;
      if (part) return await receiveOne(context, part, request, response);
      if (isPart) return next();
      const file = fileOfRun(request.path);
      await (method === 'PUT' ? receive(context, file, request, response) : hand(context, file, request, response));
    } catch (error) {
      if (error instanceof WentAway) return void response.status(400).destroy();
      next(error);
    }
  });
  return router;
}

/** Everything that can be refused is refused before a large body is read. */
async function receive(context: CallContext, { runId, path }: FileOfRun, request: Request, response: Response): Promise<void> {
  const { headers, query } = request;
  const kind = accepted('kind', artifactKind.default('file'), query.kind);
  const wanted = wantedDigest(headers);
  requireRole(context, 'editor');
  if (isWorthSparing(headers)) {
    await requirePlace(context.sql, context.caller.workspaceId, runId);
    await requireNameFree(context.sql, context.caller.workspaceId, { runId, path });
  }
  const { digest, size } = await receiveBody(context.blobs, request, wanted);
  const mediaType = mediaTypeOf(headers['content-type']) ?? guessMediaType(path);
  const { artifact, isNew } = await logArtifact(context, { runId, path, kind, size, digest, mediaType });
  response.status(isNew ? 201 : 200).json(artifact);
}

async function receiveOne(context: CallContext, part: PartOfUpload, request: Request, response: Response): Promise<void> {
  requireRole(context, 'editor');
  const upload = await requireUpload(context.sql, context.caller.workspaceId, part.uploadId, part.runId);
  const stored = await receivePart(context, upload, part.number, request);
  response.setHeader('etag', `"${stored.digest}"`);
  response.json(stored);
}

async function hand(context: CallContext, file: FileOfRun, request: Request, response: Response): Promise<void> {
  const artifact = await requireArtifact(context.sql, context.caller.workspaceId, file);
  await sendArtifact(context.blobs, artifact, request, response, { isDownload: request.query.download === '1' });
}
