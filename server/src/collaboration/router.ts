import { contract } from '@cellkeep/schema';
import { implement } from '@orpc/server';
import type { CallContext } from '../core/context.ts';
import { createView, deleteView, listViews, updateView } from './views.ts';

export function createCollaborationRouter() {
  const os = implement(contract.collaboration).$context<CallContext>();
  return os.router({
    views: {
      list: os.views.list.handler(({ context, input }) => listViews(context, input)),
      create: os.views.create.handler(({ context, input }) => createView(context, input)),
      update: os.views.update.handler(({ context, input }) => updateView(context, input)),
      delete: os.views.delete.handler(async ({ context, input: { id } }) => {
        await deleteView(context, id);
        return { deleted: true };
      }),
    },
  });
}
