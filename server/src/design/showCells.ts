/**
 * Cells of a snapshot with what can be shown at once: texts up to 64 KiB, images up to 1 MiB. A page ends early where its cells are large,
 * so that the memory for one does not grow with the notebook.
 */
import type { CellEntry, Finding, ShownCell, ShownOutput } from '@cellkeep/schema/design';
import type { CallContext } from '../core/context.ts';
import { cellTypeOf, isJsonType, isText, outputTypeOf } from './partShape.ts';
import { partsInOrder, type StoredPart, sizesOfParts } from './parts.ts';
import { readBeginning, readOutline, readSpan, readText } from './readPart.ts';
import { requireHalves } from './readSnapshots.ts';

/** bytes */
const LARGEST_TEXT = 64 * 1024;
const LARGEST_IMAGE = 1024 * 1024;
const LARGEST_SOURCE = 4 * 1024 * 1024;
/** bytes that a page may have before it ends, and that the outputs of one cell may have */
const LARGEST_PAGE = 8 * 1024 * 1024;
/** Outputs of a cell that are looked into; more of them are only named. */
const MOST_OUTPUTS = 500;

type Context = Pick<CallContext, 'sql' | 'blobs' | 'caller'>;

export interface CellPage {
  cells: ShownCell[];
  total: number;
}

export async function showCells(context: Context, { id, offset, limit }: { id: string; offset: number; limit: number }): Promise<CellPage> {
  const { sql, caller } = context;
  const { document, kernel, sessionId } = await requireHalves(sql, caller.workspaceId, id);
  const entries = document?.cells ?? [];
  const wanted = entries.slice(offset, offset + limit);
  const orders = kernel && sessionId ? await ordersOf(context, sessionId, kernel.lastOrder, wanted) : new Map<string, number[]>();
  const findings = new Map<string, Finding[]>();
  for (const finding of kernel?.findings ?? []) {
    if (finding.cellId === null) continue;
    findings.set(finding.cellId, [...(findings.get(finding.cellId) ?? []), finding]);
  }
  const parts = partsInOrder(
    sql,
    caller.workspaceId,
    wanted.flatMap(({ cell, outputs }) => [cell, ...outputs.slice(0, MOST_OUTPUTS)]),
  );
  const cells: ShownCell[] = [];
  for (let used = 0; cells.length < wanted.length && used < LARGEST_PAGE; ) {
    const entry = wanted[cells.length] as CellEntry;
    const { source, outputs, bytes } = await showContent(context, entry, parts);
    used += bytes;
    cells.push({
      id: entry.id,
      index: offset + cells.length,
      type: entry.type,
      source: source ?? '',
      ...(source === null ? { isMissing: true } : {}),
      executionCount: entry.executionCount,
      outputs,
      executions: orders.get(entry.id) ?? [],
      findings: findings.get(entry.id) ?? [],
    });
  }
  await parts.return(undefined);
  return { cells, total: entries.length };
}

async function ordersOf({ sql, caller }: Context, sessionId: string, lastOrder: number | null, cells: readonly CellEntry[]) {
  const rows = await sql<{ cellId: string; orders: number[] }[]>`
    select cell_id as "cellId", (array_agg("order" order by "order" desc))[1:1000] as orders from executions
    where session_id = ${sessionId} and workspace_id = ${caller.workspaceId} and "order" <= ${lastOrder ?? -1}
      and cell_id = any(${cells.map(({ id }) => id)})
    group by cell_id`;
  return new Map(rows.map(({ cellId, orders }) => [cellId, orders.reverse()]));
}

interface Content {
  /** Null where the part is missing. */
  source: string | null;
  outputs: ShownOutput[];
  bytes: number;
}

type Parts = AsyncGenerator<StoredPart | undefined>;

const next = async (parts: Parts): Promise<StoredPart | undefined> => (await parts.next()).value;

/** @param parts that of the cell comes next, and then those of its outputs */
async function showContent(context: Context, { outputs }: CellEntry, parts: Parts): Promise<Content> {
  const { sql, blobs, caller } = context;
  const part = await next(parts);
  const source = part ? await sourceOf(context, part) : null;
  let bytes = source?.length ?? 0;
  const shown: ShownOutput[] = [];
  for (const digest of outputs.slice(0, MOST_OUTPUTS)) {
    const found = await next(parts);
    const output = (found && (await showOutput(blobs, found, bytes < LARGEST_PAGE))) ?? { ...nothing(digest), isMissing: true };
    bytes += 200 + Object.values(output.data).reduce((sum, text) => sum + text.length, 0);
    shown.push(output);
  }
  const passed = outputs.slice(MOST_OUTPUTS);
  const sizes = await sizesOfParts(sql, caller.workspaceId, passed);
  for (const digest of passed) {
    const size = sizes.get(digest);
    shown.push(size === undefined ? { ...nothing(digest), isMissing: true } : { ...nothing(digest), size, cut: ['*/*'] });
    bytes += 200;
  }
  return { source, outputs: shown, bytes };
}

async function sourceOf({ blobs }: Context, part: StoredPart): Promise<string | null> {
  const outline = await readOutline(blobs, part);
  const span = outline?.members.get('source');
  if (!outline || !cellTypeOf(outline) || !span || !isText(span)) return null;
  return span.end - span.start > LARGEST_SOURCE ? readBeginning(blobs, part, span, LARGEST_SOURCE) : readText(blobs, part, span);
}

const nothing = (digest: string): ShownOutput => ({ digest, type: 'display_data', size: 0, name: '', data: {}, cut: [] });

async function showOutput(blobs: Context['blobs'], part: StoredPart, hasRoom: boolean): Promise<ShownOutput | null> {
  const outline = await readOutline(blobs, part);
  const type = outline && outputTypeOf(outline);
  if (!outline || !type) return null;
  const { members, data } = outline;
  const output: ShownOutput = { ...nothing(part.digest), type, size: part.size };
  const texts = type === 'stream' ? [members.get('text')] : type === 'error' ? [members.get('traceback')] : [];
  const spans = texts.length > 0 ? new Map(texts.flatMap((span) => (span ? [['text/plain', span] as const] : []))) : data;
  if (type === 'stream') output.name = members.get('name')?.text ?? '';
  if (type === 'error') output.name = members.get('ename')?.text ?? '';
  const shown: [string, string][] = [];
  for (const [mime, span] of spans) {
    const size = span.end - span.start;
    const largest = /^image\/(?!svg)/.test(mime) ? LARGEST_IMAGE : LARGEST_TEXT;
    if (hasRoom && size <= largest) {
      const isJson = type !== 'stream' && type !== 'error' && isJsonType(mime);
      const text = isJson
        ? (await readSpan(blobs, part, span)).toString()
        : await readText(blobs, part, span, type === 'error' ? '\n' : '');
      shown.push([mime, text]);
      continue;
    }
    output.cut.push(mime);
    if (hasRoom && mime === 'text/plain' && span.kind === 'string')
      shown.push([mime, await readBeginning(blobs, part, span, LARGEST_TEXT)]);
  }
  // Not by assignment: a MIME type may be called `__proto__`.
  return { ...output, data: Object.fromEntries(shown) };
}
