/** Snapshots, their parts and environments. Raw bytes go beside: PUT and GET /api/v1/parts/{digest}, GET /api/v1/snapshots/{id}/notebook. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, digest, limits, nextCursor, pageInput, runId, uuid } from '../wire/index.ts';
import { diffInput, snapshotDiff } from './diff.ts';
import { environment, part, shownCell, snapshot, snapshotInput, snapshotSummary } from './snapshot.ts';

const base = oc.errors(commonErrors);
const byId = z.object({ id: uuid });

export const snapshotOperations = {
  snapshots: {
    list: base
      .route({ method: 'GET', path: '/snapshots', tags: ['design'], summary: 'Snapshots of a notebook, a run or a session, newest first' })
      .input(
        z.object({
          ...pageInput,
          notebookPath: z.string().max(4_096).optional(),
          notebookId: uuid.optional(),
          runId: runId.optional(),
          sessionId: uuid.optional(),
        }),
      )
      .output(z.object({ snapshots: z.array(snapshotSummary), nextCursor })),
    get: base
      .route({ method: 'GET', path: '/snapshots/{id}', tags: ['design'], summary: 'One snapshot: its manifest and what was recorded' })
      .input(byId)
      .output(snapshot),
    put: base
      .route({
        method: 'PUT',
        path: '/snapshots/{id}',
        tags: ['design'],
        summary: 'Store a snapshot or one half of it; every part that it names must be there',
      })
      .input(snapshotInput)
      .output(snapshotSummary),
    cells: base
      .route({
        method: 'GET',
        path: '/snapshots/{id}/cells',
        tags: ['design'],
        summary: 'Cells of the notebook as it was, with small outputs',
        description: 'A page ends early where its cells are large: go on from `offset` + the number of cells that came, until `total`.',
      })
      .input(byId.extend({ offset: z.coerce.number().int().min(0).max(limits.cells).default(0), limit: pageInput.limit }))
      .output(z.object({ cells: z.array(shownCell), total: z.number().int() })),
    diff: base
      .route({ method: 'GET', path: '/snapshots/diff', tags: ['design'], summary: 'What is different between two snapshots' })
      .input(diffInput)
      .output(snapshotDiff),
    delete: base
      .route({
        method: 'DELETE',
        path: '/snapshots/{id}',
        tags: ['design'],
        summary: 'Remove a snapshot that no run, version or verdict needs',
      })
      .input(byId)
      .output(z.object({ deleted: z.boolean() })),
  },
  parts: {
    missing: base
      .route({ method: 'POST', path: '/parts/missing', tags: ['design'], summary: 'Which of these parts are to be sent' })
      .input(z.object({ digests: z.array(digest).max(100_000) }))
      .output(z.object({ missing: z.array(digest) })),
    put: base
      .route({ method: 'POST', path: '/parts', tags: ['design'], summary: 'Store small parts' })
      .input(z.object({ parts: z.array(part).max(1_000) }))
      .output(z.object({ stored: z.number().int().describe('Those that were new.') })),
  },
  environments: {
    get: base
      .route({ method: 'GET', path: '/environments/{digest}', tags: ['design'], summary: 'Packages and machine that a snapshot ran on' })
      .input(z.object({ digest }))
      .output(environment),
    put: base
      .route({ method: 'PUT', path: '/environments/{digest}', tags: ['design'], summary: 'Store an environment' })
      .input(z.object({ digest, environment }))
      .output(z.object({ stored: z.boolean() })),
  },
};
