/**
 * A snapshot as a notebook again: nbformat 4.5, valid whatever was stored, in pieces, so that one with gigabytes of outputs needs no more
 * memory than its largest small part. Members are copied from where they lie; those that nbformat does not know stay behind, and so does
 * `trusted` of a cell: whoever opens the notebook decides whether its outputs may run scripts, not whoever stored it.
 */
import { createHash } from 'node:crypto';
import type { CellEntry, NotebookDocument } from '@cellkeep/schema/design';
import type { CallContext } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import type { Outline, Span } from './outline.ts';
import { cellTypeOf, outputTypeOf } from './partShape.ts';
import { openPart, partsInOrder, type StoredPart } from './parts.ts';
import { readOutline } from './readPart.ts';
import { requireHalves } from './readSnapshots.ts';

type Context = Pick<CallContext, 'sql' | 'blobs' | 'caller'>;

export interface Assembled {
  /** Name of the file, without its folder. */
  name: string;
  pieces: AsyncGenerator<Buffer>;
}

/** @throws NOT_FOUND, also for a snapshot that has only the kernel's half */
export async function assembleNotebook(context: Context, id: string, { outputs }: { outputs: boolean }): Promise<Assembled> {
  const { sql, caller } = context;
  const { document } = await requireHalves(sql, caller.workspaceId, id);
  if (!document) {
    const remedy = 'its executions have the sources of what ran: GET /api/v1/executions?sessionId=…';
    throw failure('NOT_FOUND', { field: 'id', reason: `snapshot ${id} has no notebook, only the kernel's half`, remedy });
  }
  const [row] = await sql<{ path: string }[]>`
    select n.path from snapshots s join notebooks n on n.id = s.notebook_id where s.id = ${id}`;
  return { name: fileName(row?.path ?? '', id), pieces: joined(assemble(context, document, outputs)) };
}

function fileName(path: string, id: string): string {
  const name = path.split('/').at(-1) ?? '';
  const stem = name.replace(/\.ipynb$/i, '') || 'notebook';
  return `${stem} ${id.slice(0, 8)}.ipynb`;
}

/** bytes: a write for each brace of 5,000 cells takes twenty times as long */
const JOINED = 64 * 1024;

async function* joined(pieces: AsyncGenerator<string | Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    waiting.push(bytes);
    size += bytes.length;
    if (size < JOINED) continue;
    yield Buffer.concat(waiting);
    [waiting, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(waiting);
}

async function* assemble(context: Context, { cells, metadata }: NotebookDocument, withOutputs: boolean): AsyncGenerator<string | Buffer> {
  const ids = validIds(cells);
  const wanted = cells.flatMap(({ cell, type, outputs }) => (withOutputs && type === 'code' ? [cell, ...outputs] : [cell]));
  const parts = partsInOrder(context.sql, context.caller.workspaceId, wanted);
  yield '{"cells":[';
  for (const [i, entry] of cells.entries()) {
    if (i > 0) yield ',\n';
    const outputs = withOutputs && entry.type === 'code' ? entry.outputs : [];
    yield* cellPieces(context.blobs, { ...entry, id: ids[i] as string, outputs }, parts);
  }
  yield `],"metadata":${JSON.stringify(metadata)},"nbformat":4,"nbformat_minor":5}\n`;
}

/** @param parts that of the cell comes next, and then those of its outputs */
async function* cellPieces(
  blobs: Context['blobs'],
  { id, type, cell, executionCount, outputs }: CellEntry,
  parts: AsyncGenerator<StoredPart | undefined>,
): AsyncGenerator<string | Buffer> {
  const part = (await parts.next()).value as StoredPart | undefined;
  const outline = part ? await readOutline(blobs, part) : null;
  yield `{"cell_type":"${type}","id":${JSON.stringify(id)}`;
  if (part && outline && cellTypeOf(outline)) {
    const { members } = outline;
    yield ',"metadata":';
    yield* metadataPieces(blobs, part, outline);
    yield ',"source":';
    yield* spanPieces(blobs, part, members.get('source'));
    const attachments = members.get('attachments');
    if (type !== 'code' && attachments && attachments.end - attachments.start > '{}'.length) {
      yield ',"attachments":';
      yield* spanPieces(blobs, part, attachments);
    }
  } else yield `,"metadata":{},"source":${JSON.stringify(`# Cellkeep: this cell (${cell}) was never received`)}`;
  if (type !== 'code') return yield '}';
  const count = executionCount !== null && executionCount >= 0 ? executionCount : null;
  yield `,"execution_count":${count},"outputs":[`;
  for (const [i, digest] of outputs.entries()) {
    if (i > 0) yield ',';
    const found = (await parts.next()).value as StoredPart | undefined;
    const shape = found ? await readOutline(blobs, found) : null;
    if (found && shape && outputTypeOf(shape)) yield* outputPieces(blobs, found, shape, count);
    else yield JSON.stringify({ output_type: 'stream', name: 'stderr', text: `Cellkeep: this output (${digest}) was never received\n` });
  }
  yield ']}';
}

async function* outputPieces(
  blobs: Context['blobs'],
  part: StoredPart,
  outline: Outline,
  count: number | null,
): AsyncGenerator<string | Buffer> {
  const type = outputTypeOf(outline);
  const names = {
    stream: ['name', 'text'],
    error: ['ename', 'evalue', 'traceback'],
    display_data: ['data', 'metadata'],
    execute_result: ['data', 'metadata'],
  };
  yield `{"output_type":"${type}"`;
  if (type === 'execute_result') yield `,"execution_count":${count}`;
  for (const name of type ? names[type] : []) {
    yield `,"${name}":`;
    yield* spanPieces(blobs, part, outline.members.get(name));
  }
  yield '}';
}

async function* metadataPieces(blobs: Context['blobs'], part: StoredPart, { members, trusted }: Outline): AsyncGenerator<string | Buffer> {
  const span = members.get('metadata');
  if (!span || !trusted) return yield* spanPieces(blobs, part, span);
  yield* spanPieces(blobs, part, { ...span, end: trusted.start });
  yield* spanPieces(blobs, part, { ...span, start: trusted.end });
}

async function* spanPieces(blobs: Context['blobs'], part: StoredPart, span: Span | undefined): AsyncGenerator<string | Buffer> {
  if (!span) return yield '{}'; // only metadata may be absent
  if (part.body) return yield part.body.subarray(span.start, span.end);
  const stream = await openPart(blobs, part, span);
  if (!stream) throw new Error(`the bytes of part ${part.digest} are missing`);
  for await (const bytes of stream) yield bytes as Buffer;
}

/** nbformat's rule for ids is narrower than ours: one that breaks it is replaced by one that is made from it, and stays the same so. */
export function validIds(cells: readonly Pick<CellEntry, 'id'>[]): string[] {
  const isValid = (id: string) => /^[a-zA-Z0-9-_]{1,64}$/.test(id);
  const taken = new Set(cells.map(({ id }) => id).filter(isValid));
  return cells.map(({ id }) => {
    if (isValid(id)) return id;
    for (let n = 0; ; n++) {
      const made = createHash('sha256').update(`${id} ${n}`).digest('hex').slice(0, 16);
      if (taken.has(made)) continue;
      taken.add(made);
      return made;
    }
  });
}
