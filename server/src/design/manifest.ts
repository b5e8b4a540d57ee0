/** The document's half of a snapshot as it is kept: deflated JSON of digests, some 36 bytes for each cell and each output. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { CellEntry, NotebookDocument } from '@cellkeep/schema/design';
import { canonicalJson } from '../core/events.ts';
import { failure } from '../core/failure.ts';

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

export interface Manifest {
  bytes: Buffer;
  /** Hex; of equal notebooks equal, whichever way they came here. */
  digest: string;
}

export async function writeManifest(document: NotebookDocument): Promise<Manifest> {
  const { nbformat, metadata, cells } = document;
  const digest = createHash('sha256').update(canonicalJson({ nbformat, metadata, cells })).digest('hex');
  return { bytes: await deflated(JSON.stringify(document)), digest };
}

/** @throws BAD_REQUEST where a manifest cannot be written, since its metadata is nested deeper than a stack is high */
export function requireWritable({ metadata }: NotebookDocument): void {
  try {
    canonicalJson({ metadata });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw failure('BAD_REQUEST', { field: 'document.metadata', reason: 'it is nested too deeply' }, error);
  }
}

export async function readManifest(bytes: Uint8Array): Promise<NotebookDocument> {
  return JSON.parse((await inflated(bytes)).toString()) as NotebookDocument;
}

export function digestsOf({ cells }: Pick<NotebookDocument, 'cells'>): Set<string> {
  const digests = new Set<string>();
  for (const { cell, outputs } of cells) {
    digests.add(cell);
    for (const output of outputs) digests.add(output);
  }
  return digests;
}

export const MOST_WARNINGS = 100;

/** With one more warning; the last one gives way where there are too many. */
export const warned = (warnings: readonly string[], warning: string): string[] => [
  ...warnings.slice(0, MOST_WARNINGS - 1),
  warning.slice(0, 1_000),
];

/** With ids that are unique: what comes twice gets a number, as a repair that is told. */
export function withUniqueIds(document: NotebookDocument): NotebookDocument {
  const taken = new Set(document.cells.map(({ id }) => id));
  if (taken.size === document.cells.length) return document;
  const seen = new Set<string>();
  let repaired = 0;
  const cells = document.cells.map((cell): CellEntry => {
    if (!seen.has(cell.id)) {
      seen.add(cell.id);
      return cell;
    }
    repaired += 1;
    let n = 2;
    while (taken.has(numbered(cell.id, n))) n += 1;
    taken.add(numbered(cell.id, n));
    return { ...cell, id: numbered(cell.id, n) };
  });
  return { ...document, cells, warnings: warned(document.warnings, `${repaired} cells had the id of another one and got a new one`) };
}

const numbered = (id: string, n: number) => `${id.slice(0, 240)}-${n}`;
