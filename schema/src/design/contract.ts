/** Which cells and hidden state made this? Notebooks, the kernel sessions that ran them, and every execution. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, epochMs, limits, nextCursor, pageInput, runId, uuid } from '../wire/index.ts';

const base = oc.errors(commonErrors);

/** A notebook of one user. It keeps its id, and with it its runs, when it is renamed or moved. */
export const notebook = z.object({
  id: uuid,
  path: z.string().describe("Jupyter's contents path where known (examples/flights.ipynb), else an absolute path."),
  userName: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs,
  runCount: z.number().int(),
});
export type Notebook = z.infer<typeof notebook>;

/** One kernel process (or script process) from its start to its end. */
export const sessionInput = z.object({
  id: uuid,
  kind: z.enum(['notebook', 'script', 'console']),
  notebookPath: z.string().max(4_096).nullable().describe('Null where there is no notebook (script, console).'),
  script: z.string().max(4_096).nullable().default(null).describe('Path of the script where kind is script.'),
  kernel: z.string().max(limits.name).default('').describe('Kernel implementation and version: "ipykernel 7.1.0".'),
  python: z.string().max(limits.name).default(''),
  host: z.string().max(limits.name).default(''),
  pid: z.number().int().nonnegative().default(0),
  startedAt: epochMs,
});
export type SessionInput = z.infer<typeof sessionInput>;

export const errorInfo = z.object({
  name: z.string().max(limits.name),
  message: z.string().max(limits.tagValue),
  traceback: z.string().max(limits.traceback).default('').describe('Plain text, no terminal escapes.'),
});
export type ErrorInfo = z.infer<typeof errorInfo>;

/** One execution of one cell (or of code typed into a console). */
export const executionInput = z.object({
  id: uuid,
  sessionId: uuid,
  cellId: z.string().max(limits.name).nullable().describe('nbformat cell id; null where the runner gives none.'),
  order: z.number().int().nonnegative().describe('0, 1, 2 … within the session; unlike the count it never repeats.'),
  executionCount: z.number().int().nullable().describe('The number in In [n].'),
  source: z.string().max(limits.source),
  startedAt: epochMs,
  durationMs: z.number().nonnegative().nullable().describe('Null while it runs or where it was cut off.'),
  status: z.enum(['running', 'ok', 'error', 'aborted']),
  error: errorInfo.nullable().default(null),
  reads: z.array(z.string().max(limits.key)).max(10_000).default([]).describe('Global names read.'),
  writes: z.array(z.string().max(limits.key)).max(10_000).default([]).describe('Global names bound or deleted.'),
});
export type ExecutionInput = z.infer<typeof executionInput>;

export const execution = executionInput.extend({ notebookPath: z.string().nullable(), runIds: z.array(runId) });
export type Execution = z.infer<typeof execution>;

export const designContract = {
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
