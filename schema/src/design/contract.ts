/** Which cells and hidden state made this? Notebooks, the kernel sessions that ran them, and every execution. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, limits, nextCursor, pageInput, runId, uuid } from '../wire/index.ts';
import { checkpointOperations } from './checkpointOperations.ts';
import { execution, notebook } from './execution.ts';
import { snapshotOperations } from './snapshotOperations.ts';
import { verdictOperations } from './verdictOperations.ts';

const base = oc.errors(commonErrors);

export const designContract = {
  ...snapshotOperations,
  ...verdictOperations,
  ...checkpointOperations,
  notebooks: {
    list: base
      .route({ method: 'GET', path: '/notebooks', tags: ['design'], summary: 'Notebooks that were tracked, newest first' })
      .input(z.object({ ...pageInput, path: z.string().max(4_096).optional().describe('Only this path.') }))
      .output(z.object({ notebooks: z.array(notebook), nextCursor })),
    move: base
      .route({
        method: 'POST',
        path: '/notebooks/move',
        tags: ['design'],
        summary: 'A notebook, or the folder that holds it, was renamed or moved: it keeps its runs',
      })
      .input(z.object({ from: z.string().min(1).max(4_096), to: z.string().min(1).max(4_096) }))
      .output(z.object({ moved: z.boolean().describe('False where nothing was tracked under `from`.') })),
  },
  executions: {
    list: base
      .route({ method: 'GET', path: '/executions', tags: ['design'], summary: 'Executions of a run, a session or a notebook, in order' })
      .input(
        z.object({
          ...pageInput,
          runId: runId.optional(),
          sessionId: uuid.optional(),
          notebookPath: z.string().max(4_096).optional(),
          cellId: z.string().max(limits.name).optional(),
        }),
      )
      .output(z.object({ executions: z.array(execution), nextCursor })),
  },
};
