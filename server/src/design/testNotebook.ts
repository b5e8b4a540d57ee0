/** Notebooks of tests, as a client sends them: parts by digest, and the manifest that names them. */
import { createHash, randomUUID } from 'node:crypto';
import type { CellEntry, Environment, KernelRecord, NotebookDocument, Part, PartKind, SnapshotInput } from '@cellkeep/schema/design';
import { canonicalJson } from '../core/events.ts';

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export function partOf(kind: PartKind, value: unknown): Part {
  const body = typeof value === 'string' ? value : canonicalJson(value);
  return { kind, body, digest: sha256(body) };
}

export const stream = (text: string) => ({ output_type: 'stream', name: 'stdout', text });
export const shown = (data: Record<string, unknown>, type = 'display_data') => ({ output_type: type, data, metadata: {} });

export interface TestCell {
  id: string;
  source: string;
  type?: CellEntry['type'];
  outputs?: unknown[];
  metadata?: object;
}

export interface TestNotebook {
  document: NotebookDocument;
  parts: Part[];
}

export function notebookOf(cells: TestCell[], more: Partial<NotebookDocument> = {}): TestNotebook {
  const parts: Part[] = [];
  const kept = (part: Part) => {
    parts.push(part);
    return part.digest;
  };
  const entries = cells.map(
    ({ id, source, type = 'code', outputs = [], metadata = {} }): CellEntry => ({
      id,
      type,
      cell: kept(partOf('cell', { metadata, source, type })),
      executionCount: type === 'code' ? 1 : null,
      outputs: outputs.map((output) => kept(partOf('output', output))),
    }),
  );
  const metadata = { kernelspec: { name: 'python3', display_name: 'Python 3' }, language_info: { name: 'python' } };
  return { parts, document: { takenFrom: 'editor', nbformat: [4, 5], metadata, cells: entries, warnings: [], ...more } };
}

export function kernelOf(sessionId: string, more: Partial<KernelRecord> = {}): KernelRecord {
  return {
    sessionId,
    lastOrder: null,
    environment: null,
    git: null,
    files: [],
    seeds: [],
    variables: {},
    commandLine: [],
    folder: '',
    data: [],
    findings: [],
    warnings: [],
    ...more,
  };
}

export const environmentOf = (more: Partial<Environment> = {}): Environment => ({
  python: '3.13.5',
  implementation: 'CPython',
  language: null,
  os: 'Linux',
  machine: 'x86_64',
  cpu: 'one',
  cpuCount: 2,
  memoryBytes: 8e9,
  gpus: [],
  packages: [{ name: 'numpy', version: '2.3.1', hash: '', source: '' }],
  ...more,
});

let clock = 1_700_000_000_000;

export function snapshotOf(more: Partial<SnapshotInput> = {}): SnapshotInput {
  clock += 1_000;
  return {
    id: randomUUID(),
    reason: 'manual',
    label: '',
    takenAt: clock,
    notebookPath: null,
    runIds: [],
    kernel: null,
    document: null,
    ...more,
  };
}
