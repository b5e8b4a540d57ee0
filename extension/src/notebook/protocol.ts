/**
 * What the extension and the kernel's bridge say to each other, over a comm with the target `cellkeep`. The kernel's side is
 * `kernel-bridge/src/cellkeep/comm.py`. Both sides ignore what they do not know, so that either may be newer than the other.
 */
export const COMM_TARGET = 'cellkeep';
export const PROTOCOL = 1;

export type ToKernel =
  | { type: 'hello'; protocol: number; notebookPath: string }
  | { type: 'moved'; notebookPath: string }
  | { type: 'run.start'; name?: string }
  | { type: 'run.stop'; runId: string }
  | { type: 'run.rename'; runId: string; name: string };

export interface KernelRun {
  id: string;
  name: string;
  status: string;
  cellId: string | null;
  executionCount: number | null;
}

export interface KernelState {
  version: string;
  sessionId: string;
  server: 'online' | 'offline' | 'unconfigured';
  /** Records that the server has not acknowledged yet. */
  waiting: number;
  error: string | null;
  runs: KernelRun[];
}

export type FromKernel = { type: 'state'; state: KernelState } | { type: 'error'; message: string };

/** Null for what is no message of ours: a kernel is not trusted to send what it should. */
export function readMessage(data: unknown): FromKernel | null {
  if (!isRecord(data)) return null;
  if (data.type === 'error') return { type: 'error', message: text(data.message) };
  if (data.type !== 'state') return null;
  const server = data.server === 'online' || data.server === 'unconfigured' ? data.server : 'offline';
  const runs = Array.isArray(data.runs) ? data.runs.flatMap(readRun) : [];
  return {
    type: 'state',
    state: {
      version: text(data.version),
      sessionId: text(data.sessionId),
      server,
      waiting: count(data.waiting) ?? 0,
      error: typeof data.error === 'string' && data.error !== '' ? data.error : null,
      runs,
    },
  };
}

function readRun(data: unknown): KernelRun[] {
  if (!isRecord(data) || typeof data.id !== 'string' || !/^[0-9a-f]{32}$/.test(data.id)) return [];
  return [
    {
      id: data.id,
      name: text(data.name) || data.id.slice(0, 8),
      status: text(data.status),
      cellId: typeof data.cellId === 'string' ? data.cellId : null,
      executionCount: count(data.executionCount),
    },
  ];
}

const isRecord = (data: unknown): data is Record<string, unknown> => typeof data === 'object' && data !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 4_096) : '');
const count = (value: unknown): number | null => (typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null);
