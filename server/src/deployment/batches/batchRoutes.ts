/** The files of batches as bytes: rows that no run holds, stored before (`PUT /batches/rows`), and answers (`GET /batches/{id}/output`). */
import { uuid } from '@cellkeep/schema/wire';
import { type Request, type Response, Router } from 'express';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Caller, Db, Services } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { receiveBody, WentAway, wantedDigest } from '../../core/receiveBody.ts';
import { sendFile } from '../../core/sendFile.ts';
import { guessMediaType, keepFile } from '../../tracking/index.ts';
import { requireBatch } from './batches.ts';

/** Of the workspace's files: rows that are stored here wait a day for a batch that is asked with them (sweepBatches.ts). */
export const ROWS_FOLDER = 'batches';

/** Mounted below /api/v1, after authentication and before any body is read. */
export function batchRoutes({ services, callerOf }: { services: Services; callerOf: (response: Response) => Caller }): Router {
  const router = Router();
  router.put('/batches/rows', async (request, response, next) => {
    const context: CallContext = { ...services, caller: callerOf(response), requestId: String(response.locals.requestId) };
    try {
      await keepRows(context, request, response);
    } catch (error) {
      if (error instanceof WentAway) return void response.status(400).destroy();
      next(error);
    }
  });
  router.get('/batches/:id/output', async (request, response, next) => {
    try {
      const read = uuid.safeParse(request.params.id);
      if (!read.success) throw failure('BAD_REQUEST', { field: 'id', reason: 'the id of a batch is a UUID' });
      const { output, input, status } = await requireBatch(services.sql, callerOf(response).workspaceId, read.data);
      if (!output)
        throw failure('NOT_FOUND', {
          field: 'id',
          reason: `this batch is ${status}, and has written nothing`,
          remedy: 'wait until it is done',
        });
      const name = (input.kind === 'artifact' ? input.path : input.name).split('/').at(-1) ?? 'rows';
      const open = async (range?: { start: number; end: number }) => (await services.blobs.get(output.digest, range))?.stream ?? null;
      const saveAs = `${name.replace(/\.[^.]*$/, '')}.predictions.parquet`;
      await sendFile({ ...output, contentType: 'application/vnd.apache.parquet', saveAs, open }, request, response);
    } catch (error) {
      next(error);
    }
  });
  return router;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const FILE_NAME = /^(?!\.{1,2}$)[^/\\\u0000-\u001f\u007f]{1,200}$/u;

/** Everything that can be refused is refused before the body is read. A file of the workspace names it: no batch may read what none does. */
async function keepRows(context: CallContext, request: Request, response: Response): Promise<void> {
  requireRole(context, 'editor');
  const { name } = request.query;
  if (typeof name !== 'string' || !FILE_NAME.test(name)) {
    throw failure('BAD_REQUEST', {
      field: 'name',
      reason: 'the name of a file has 1 to 200 characters, and neither slashes nor control characters',
      remedy: 'send ?name=rows.csv',
    });
  }
  const { digest, size } = await receiveBody(context.blobs, request, wantedDigest(request.headers));
  const path = `${ROWS_FOLDER}/${digest}/${name}`;
  // The same again waits a day again.
  const waitAgain = (tx: Db) => tx`
    update files set created_at = ${new Date(context.now())} where workspace_id = ${context.caller.workspaceId} and md5(path) = md5(${path})`;
  await keepFile(context, { path, size, digest, mediaType: guessMediaType(name) }, async (tx) => void (await waitAgain(tx)));
  response.status(201).json({ digest, size, name });
}
