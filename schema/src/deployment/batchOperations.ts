import { z } from 'zod';
import { limits, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { batch, batchStart } from './batch.ts';
import { route } from './route.ts';

const byId = z.object({ id: uuid });

export const batchOperations = {
  batches: {
    start: route('POST', '/batches', 'Score a file of rows with a version', 201).input(batchStart).output(batch),
    get: route('GET', '/batches/{id}', 'One batch').input(byId).output(batch),
    list: route('GET', '/batches', 'Batches, newest first')
      .input(z.object({ ...pageInput, modelName: z.string().max(limits.name).optional() }))
      .output(z.object({ batches: z.array(batch), nextCursor })),
    cancel: route('POST', '/batches/{id}/cancel', 'Stop a batch').input(byId).output(batch),
  },
};
