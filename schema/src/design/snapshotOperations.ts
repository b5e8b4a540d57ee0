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
        description:
          'A snapshot has two halves, `kernel` and `document`, which may come in either order and from different clients; the id joins them. A half that is there stays as it is, but a document from the editor takes the place of one from disk. Runs are added to those that it has. Repeating it changes nothing.',
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
      .route({
        method: 'GET',
        path: '/snapshots/diff',
        tags: ['design'],
        summary: 'What is different between two snapshots',
        description:
          'Cells are aligned by id, then by what they hold, then by likeness. Params and metrics are those of the run of each that was started last.',
      })
      .input(diffInput)
      .output(snapshotDiff),
    delete: base
      .route({
        method: 'DELETE',
        path: '/snapshots/{id}',
        tags: ['design'],
        summary: 'Remove a snapshot that no run, version or verdict needs',
        description: 'Cells and outputs that no other snapshot has are removed a week later. Removing one that is not there is no error.',
      })
      .input(byId)
      .output(z.object({ deleted: z.boolean() })),
  },
  parts: {
    missing: base
      .route({
        method: 'POST',
        path: '/parts/missing',
        tags: ['design'],
        summary: 'Which of these parts are to be sent',
        description: 'Those that are there already stay for a week at least, so that a snapshot can name them.',
      })
      .input(z.object({ digests: z.array(digest).max(100_000) }))
      .output(z.object({ missing: z.array(digest) })),
    put: base
      .route({
        method: 'POST',
        path: '/parts',
        tags: ['design'],
        summary: 'Store small parts',
        description:
          'Cells are `{"metadata":{},"source":"x = 1","type":"code"}`, outputs those of nbformat 4.5 without their `execution_count`; each is named by the SHA-256 of its bytes, which are JSON with sorted keys and no spaces, so that kernel and editor name equal things equally. One that is not what it says stores none of them.',
      })
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
