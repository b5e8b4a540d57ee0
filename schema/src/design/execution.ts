/** What ran: sessions (one process each) and the executions of cells in them, with what each needs and touches. */
import { z } from 'zod';
import { digest, epochMs, limits, runId, uuid } from '../wire/index.ts';

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

/**
 * Names are global variables, or, with a colon, other state: `random:numpy`, `file:/data/flights.csv`, `module:pandas`, `env:PATH`.
 * May be longer than a key: it may hold a path.
 */
const stateName = z.string().max(1_000);

/** Why an execution needs an earlier one of its session. */
export const need = z.object({
  order: z.number().int().nonnegative().describe('Order of the execution that is needed.'),
  names: z.array(stateName).max(1_000),
  why: z.string().max(1_000).describe('For people: "reads `df`, which In[4] changed in place".'),
  sure: z.boolean().describe('False: it could not be ruled out, so it counts.'),
});

export const touch = z.object({
  name: stateName,
  how: z.enum(['bound', 'changed', 'deleted']).describe('`changed`: the value itself was mutated, through whatever name.'),
  sure: z.boolean(),
});

/** The runtime record of one execution, from which a slice can be made later, of executions alone. */
export const flow = z.object({ needs: z.array(need).max(2_000), touches: z.array(touch).max(10_000) });
export type Flow = z.infer<typeof flow>;

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
  flow: flow.nullable().default(null).describe('Null: not observed (another kernel, an older bridge).'),
  outputs: z.array(digest).max(limits.outputsOfCell).default([]).describe('Parts of kind output, in the order they were shown.'),
});
export type ExecutionInput = z.infer<typeof executionInput>;

export const execution = executionInput.extend({ notebookPath: z.string().nullable(), runIds: z.array(runId) });
export type Execution = z.infer<typeof execution>;
