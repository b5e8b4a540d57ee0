import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { checkpoint, checkpointInput } from './checkpoint.ts';

const base = oc.errors(commonErrors);

export const checkpointOperations = {
  checkpoints: {
    list: base
      .route({ method: 'GET', path: '/checkpoints', tags: ['design'], summary: 'Kept variables of a notebook or a session, newest first' })
      .input(z.object({ ...pageInput, notebookPath: z.string().max(4_096).optional(), sessionId: uuid.optional() }))
      .output(z.object({ checkpoints: z.array(checkpoint), nextCursor })),
    get: base
      .route({ method: 'GET', path: '/checkpoints/{id}', tags: ['design'], summary: 'One checkpoint' })
      .input(z.object({ id: uuid }))
      .output(checkpoint),
    put: base
      .route({
        method: 'PUT',
        path: '/checkpoints/{id}',
        tags: ['design'],
        summary: 'Store a checkpoint; every part that it names must be there',
      })
      .input(checkpointInput)
      .output(checkpoint),
    delete: base
      .route({ method: 'DELETE', path: '/checkpoints/{id}', tags: ['design'], summary: 'Remove a checkpoint' })
      .input(z.object({ id: uuid }))
      .output(z.object({ deleted: z.boolean() })),
  },
};
