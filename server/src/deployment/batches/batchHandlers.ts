/** Operations of batches. */
import type { QueueWorker } from '../../core/queueWorker.ts';
import { os } from '../implementer.ts';
import { cancelBatch, listBatches, requireBatch, startBatch } from './batches.ts';
import { batchOf } from './batchRows.ts';

export function batchHandlers(worker: Pick<QueueWorker, 'wake'>) {
  return {
    batches: {
      start: os.batches.start.handler(async ({ context, input }) => {
        const batch = await startBatch(context, input);
        worker.wake();
        return batch;
      }),
      get: os.batches.get.handler(async ({ context: { sql, caller }, input: { id } }) =>
        batchOf(await requireBatch(sql, caller.workspaceId, id)),
      ),
      list: os.batches.list.handler(({ context, input }) => listBatches(context, input)),
      cancel: os.batches.cancel.handler(async ({ context, input: { id } }) => {
        const batch = await cancelBatch(context, id);
        worker.wake(); // it is ended now, not at the next look
        return batch;
      }),
    },
  };
}
