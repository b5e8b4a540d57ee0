/** Snapshots for the server UI's tests, made through the API as a kernel and an editor would make them. */
import { createHash } from 'node:crypto';
import type { CellEntry, Environment, ExecutionInput, Finding, KernelRecord, Part, SnapshotInput } from '@cellkeep/schema/design';
import { expect } from '@playwright/test';
import type { Cellkeep } from './fixtures.ts';

export interface MadeCell {
  id: string;
  source: string;
  type?: CellEntry['type'];
  executionCount?: number;
  metadata?: object;
  /** As in a notebook file. */
  outputs?: object[];
}

export interface MadeSnapshot {
  path: string;
  cells: MadeCell[] | null;
  runIds?: string[];
  reason?: SnapshotInput['reason'];
  label?: string;
  takenAt?: number;
  takenFrom?: 'editor' | 'disk';
  warnings?: string[];
  /** Null: no bridge was in the kernel. */
  kernel?: (Partial<KernelRecord> & { sessionId: string; findings?: Finding[] }) | null;
  environment?: Environment;
}

export const stdout = (text: string, name = 'stdout') => ({ output_type: 'stream', name, text });
export const shown = (data: Record<string, unknown>) => ({ output_type: 'display_data', data, metadata: {} });
export const failed = (ename: string, evalue: string, traceback: string[]) => ({ output_type: 'error', ename, evalue, traceback });

export async function putSnapshot(cellkeep: Cellkeep, made: MadeSnapshot): Promise<string> {
  const { design } = cellkeep.client;
  const parts = new Map<string, Part>();
  const cells = (made.cells ?? []).map(
    ({ id, source, type = 'code', executionCount = null, metadata = {}, outputs = [] }): CellEntry => ({
      ...{ id, type, executionCount: type === 'code' ? executionCount : null },
      cell: part(parts, 'cell', { metadata, source, type }),
      outputs: outputs.map((output) => part(parts, 'output', output)),
    }),
  );
  const all = [...parts.values()];
  for (let i = 0; i < all.length; i += 1_000) await design.parts.put({ parts: all.slice(i, i + 1_000) });
  let environment: string | null = null;
  if (made.environment) {
    environment = sha256(canonical(made.environment));
    await design.environments.put({ digest: environment, environment: made.environment });
  }
  const id = crypto.randomUUID();
  await design.snapshots.put({
    id,
    reason: made.reason ?? 'end',
    label: made.label,
    takenAt: made.takenAt ?? Date.now(),
    notebookPath: made.path,
    runIds: made.runIds,
    kernel: made.kernel ? { lastOrder: null, environment, git: null, ...made.kernel } : null,
    document: made.cells && {
      takenFrom: made.takenFrom ?? 'editor',
      nbformat: [4, 5],
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' }, language_info: { name: 'python' } },
      cells,
      warnings: made.warnings,
    },
  });
  return id;
}

export async function putPart(cellkeep: Cellkeep, kind: Part['kind'], value: unknown): Promise<string> {
  const parts = new Map<string, Part>();
  const digest = part(parts, kind, value);
  await cellkeep.client.design.parts.put({ parts: [...parts.values()] });
  return digest;
}

export interface MadeExecution extends Partial<ExecutionInput> {
  cellId: string | null;
  source: string;
}

/** A kernel that ran these cells, in this order; the run, where there is one, was started by the last of them. */
export async function ranCells(
  cellkeep: Cellkeep,
  { path, executions, run }: { path: string; executions: MadeExecution[]; run?: { name: string; experimentName: string } },
): Promise<{ sessionId: string; runId: string }> {
  const [sessionId, runId, at] = [crypto.randomUUID(), crypto.randomUUID().replaceAll('-', ''), Date.now() - 60_000];
  const inputs = executions.map((execution, order) => ({
    ...{
      id: crypto.randomUUID(),
      sessionId,
      order,
      executionCount: order + 1,
      startedAt: at + order * 100,
      durationMs: 40,
      status: 'ok' as const,
    },
    ...execution,
  }));
  const last = inputs.at(-1);
  const source = last && { sessionId, executionId: last.id, cellId: last.cellId, executionCount: last.executionCount };
  const { rejected } = await cellkeep.client.tracking.ingest({
    writer: crypto.randomUUID(),
    seq: 1,
    records: [
      { type: 'session.start', session: { id: sessionId, kind: 'notebook', notebookPath: path, startedAt: at } },
      ...inputs.map((execution) => ({ type: 'execution' as const, execution })),
      ...(run ? [{ type: 'run.create' as const, run: { id: runId, ...run, startedAt: at, source } }] : []),
    ],
  });
  expect(rejected).toEqual([]);
  return { sessionId, runId };
}

export function environmentOf(packages: Record<string, string>, more: Partial<Environment> = {}): Environment {
  return {
    ...{ python: '3.13.5', implementation: 'CPython', language: null, os: 'Linux 6.8', machine: 'x86_64', cpu: 'A processor' },
    ...{ cpuCount: 8, memoryBytes: 16e9, gpus: [] },
    packages: Object.entries(packages).map(([name, version]) => ({ name, version, hash: '', source: '' })),
    ...more,
  };
}

function part(parts: Map<string, Part>, kind: Part['kind'], value: unknown): string {
  const body = typeof value === 'string' ? value : canonical(value);
  const digest = sha256(body);
  parts.set(digest, { kind, body, digest });
  return digest;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with sorted keys and no spaces. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
