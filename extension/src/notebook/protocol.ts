/**
 * What the extension and the kernel's bridge say to each other, over a comm with the target `cellkeep`. The kernel's side is
 * `kernel-bridge/src/cellkeep/comm.py`. Both sides ignore what they do not know, so that either may be newer than the other.
 */
import type { PromotionOptionsInput, PromotionStep, StepState } from '@cellkeep/schema/deployment';
import type { Finding, Snapshot } from '@cellkeep/schema/design';
import type { CellModel, KernelPromotionNews } from '@cellkeep/web/host';

export const COMM_TARGET = 'cellkeep';
export const PROTOCOL = 1;

export type ToKernel =
  | { type: 'hello'; protocol: number; notebookPath: string }
  | { type: 'moved'; notebookPath: string }
  | { type: 'run.start'; name?: string }
  | { type: 'run.stop'; runId: string }
  | { type: 'run.rename'; runId: string; name: string }
  /** The person wants a snapshot; the kernel answers by asking for the document's half of it. */
  | { type: 'snapshot.take'; label: string }
  /** The document's half is stored; or it could not be (yet), and the kernel reads what lies on disk. */
  | { type: 'snapshot.done'; id: string; ok: boolean; message?: string }
  /** Promote a variable. Its steps are told by the server, under this id; what keeps it from beginning is told as an error. */
  | { type: 'promote'; id: string; variable: string; name: string; endpoint: string | null; options: PromotionOptionsInput }
  /** What the notebook looks like now. `cells` has those that are new or changed since the last message of this connection. */
  | { type: 'document'; version: number; order: string[]; cells: Record<string, DocumentCell> };

export interface DocumentCell {
  type: string;
  source: string;
}

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

/** The kernel has taken its half of a snapshot and asks for the document's. */
export interface SnapshotRequest {
  id: string;
  reason: Snapshot['reason'];
  runIds: string[];
  takenAt: number;
}

export type FromKernel =
  | { type: 'state'; state: KernelState }
  | { type: 'snapshot'; request: SnapshotRequest }
  | { type: 'marks'; findings: Finding[] }
  /** All models that the kernel holds now, each with the cell that made or fitted it. */
  | { type: 'models'; models: CellModel[] }
  | { type: 'promotion'; news: KernelPromotionNews }
  | { type: 'error'; message: string };

/** Null for what is no message of ours: a kernel is not trusted to send what it should. */
export function readMessage(data: unknown): FromKernel | null {
  if (!isRecord(data)) return null;
  if (data.type === 'error') return { type: 'error', message: text(data.message) };
  if (data.type === 'snapshot') return readSnapshot(data);
  if (data.type === 'marks') return { type: 'marks', findings: list(data.findings).flatMap(readFinding) };
  if (data.type === 'models') return { type: 'models', models: list(data.models).slice(0, MOST_MODELS).flatMap(readModel) };
  if (data.type === 'promotion') return readPromotion(data);
  if (data.type !== 'state') return null;
  const server = data.server === 'online' || data.server === 'unconfigured' ? data.server : 'offline';
  return {
    type: 'state',
    state: {
      version: text(data.version),
      sessionId: text(data.sessionId),
      server,
      waiting: count(data.waiting) ?? 0,
      error: typeof data.error === 'string' && data.error !== '' ? data.error : null,
      runs: list(data.runs).flatMap(readRun),
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

const REASONS: readonly Snapshot['reason'][] = ['start', 'end', 'manual', 'promote', 'checkpoint', 'verify'];
const FINDINGS: readonly Finding['kind'][] = ['stale', 'edited', 'gone', 'order', 'undefined'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function readSnapshot(data: Record<string, unknown>): FromKernel | null {
  if (typeof data.id !== 'string' || !UUID.test(data.id)) return null;
  return {
    type: 'snapshot',
    request: {
      id: data.id,
      reason: REASONS.find((reason) => reason === data.reason) ?? 'manual',
      runIds: list(data.runIds).filter((id): id is string => typeof id === 'string' && /^[0-9a-f]{32}$/.test(id)),
      takenAt: count(data.takenAt) ?? Date.now(),
    },
  };
}

function readFinding(data: unknown): Finding[] {
  if (!isRecord(data)) return [];
  const kind = FINDINGS.find((known) => known === data.kind);
  if (!kind) return [];
  return [
    {
      cellId: typeof data.cellId === 'string' ? data.cellId : null,
      kind,
      reason: text(data.reason),
      orders: list(data.orders).filter((order): order is number => count(order) !== null),
      names: list(data.names).filter((name): name is string => typeof name === 'string'),
    },
  ];
}

const MOST_MODELS = 200;

function readModel(data: unknown): CellModel[] {
  if (!isRecord(data) || typeof data.variable !== 'string' || data.variable === '') return [];
  return [
    {
      variable: text(data.variable),
      cellId: typeof data.cellId === 'string' ? data.cellId : null,
      className: text(data.className),
      framework: text(data.framework),
      executionOrder: count(data.executionOrder),
    },
  ];
}

const STEPS: readonly PromotionStep[] = ['snapshot', 'export', 'check', 'register', 'serve'];
const STEP_STATES: readonly StepState['status'][] = ['waiting', 'running', 'done', 'failed', 'skipped'];
const PROMOTION_STATES: readonly KernelPromotionNews['status'][] = ['running', 'done', 'failed', 'cancelled'];

function readPromotion(data: Record<string, unknown>): FromKernel | null {
  const status = PROMOTION_STATES.find((known) => known === data.status);
  if (typeof data.id !== 'string' || !UUID.test(data.id) || !status) return null;
  const steps = list(data.steps).flatMap((one) => {
    const step = isRecord(one) ? STEPS.find((known) => known === one.step) : undefined;
    const state = isRecord(one) ? STEP_STATES.find((known) => known === one.status) : undefined;
    return isRecord(one) && step && state ? [{ step, status: state, text: text(one.text) }] : [];
  });
  return { type: 'promotion', news: { id: data.id, status, steps, error: typeof data.error === 'string' ? text(data.error) : null } };
}

const list = (data: unknown): unknown[] => (Array.isArray(data) ? data : []);
const isRecord = (data: unknown): data is Record<string, unknown> => typeof data === 'object' && data !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 4_096) : '');
const count = (value: unknown): number | null => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null);
