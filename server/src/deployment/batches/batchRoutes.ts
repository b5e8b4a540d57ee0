/** The file that a batch has written: `GET /batches/{id}/output`. */
import { uuid } from '@cellkeep/schema/wire';
import { type Response, Router } from 'express';
import type { Caller, Services } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { sendFile } from '../../core/sendFile.ts';
import { requireBatch } from './batches.ts';

/** Mounted below /api/v1, after authentication. */
export function batchRoutes({ services, callerOf }: { services: Services; callerOf: (response: Response) => Caller }): Router {
  const router = Router();
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
