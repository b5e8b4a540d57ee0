/**
 * The first rows of an artifact that is a table. Only the first 4 MiB of the file are read, and cells, columns and the whole answer are
 * bounded, so that a preview costs the same for a file of any size; `truncated` says that anything was left out.
 */
import type { Artifact, tablePreview } from '@cellkeep/schema/tracking';
import type { z } from 'zod';
import type { BlobStore } from '../core/blobs.ts';
import type { CallContext } from '../core/context.ts';
import { csvRecords, delimiterOf } from '../core/csvRecords.ts';
import { failure } from '../core/failure.ts';
import { requireArtifact } from './artifacts.ts';
import { jsonTable, NotATable, type Read, type Table } from './jsonTable.ts';
import { partsOf } from './mediaType.ts';

export type TablePreview = z.infer<typeof tablePreview>;

const MOST_BYTES = 4 * 1024 * 1024;
const MOST_COLUMNS = 1_000;
/** characters */
const LONGEST_CELL = 2_000;
/** characters of the whole answer */
const LONGEST_ANSWER = 2_000_000;

/**
 * @param input `rows`: at most that many, 1 to 1,000
 * @throws NOT_FOUND; BAD_REQUEST where the artifact is no table
 */
export async function previewTable(context: CallContext, input: { runId: string; path: string; rows?: number }): Promise<TablePreview> {
  const artifact = await requireArtifact(context.sql, context.caller.workspaceId, input);
  const format = formatOf(artifact);
  if (!format) throw noTable(`${JSON.stringify(artifact.path)} is ${artifact.mediaType}`);
  const read = await readStart(context.blobs, artifact);
  if (read.text.includes('\0')) throw noTable('the file is binary');
  try {
    return bounded(format === 'json' ? jsonTable(read, input.rows ?? 100) : csvTable(read, input.rows ?? 100, format));
  } catch (error) {
    if (error instanceof NotATable) throw noTable(error.message);
    throw error;
  }
}

type Format = 'csv' | 'tsv' | 'json';

const BY_TYPE: Record<string, Format> = {
  ...{ 'text/csv': 'csv', 'application/csv': 'csv', 'text/tab-separated-values': 'tsv' },
  ...{ 'application/json': 'json', 'application/x-ndjson': 'json', 'application/jsonl': 'json', 'application/x-jsonlines': 'json' },
};
const BY_ENDING: Record<string, Format> = { csv: 'csv', tsv: 'tsv', tab: 'tsv', json: 'json', jsonl: 'json', ndjson: 'json' };

/** Windows and old clients call a CSV a text or a spreadsheet: then the name decides. */
function formatOf({ path, mediaType }: Artifact): Format | null {
  const { type } = partsOf(mediaType);
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (Object.hasOwn(BY_TYPE, type)) return BY_TYPE[type] ?? null;
  return /^(text\/|application\/(octet-stream|vnd\.ms-excel)$)/.test(type) && Object.hasOwn(BY_ENDING, ending)
    ? (BY_ENDING[ending] ?? null)
    : null;
}

function noTable(reason: string) {
  const remedy = 'a preview is made of CSV, TSV, JSON lines, and JSON as a list of objects or {"columns", "data"}; download it instead';
  return failure('BAD_REQUEST', { field: 'path', reason: `this is no table: ${reason}`, remedy });
}

async function readStart(blobs: BlobStore, { digest, size, mediaType, path }: Artifact): Promise<Read> {
  if (size === 0) return { text: '', isPart: false };
  const opened = await blobs.get(digest, { start: 0, end: Math.min(size, MOST_BYTES) - 1 });
  if (!opened) throw new Error(`blob ${digest} of artifact ${path} is missing`);
  let decoder: TextDecoder | undefined;
  let text = '';
  for await (const chunk of opened.stream) {
    decoder ??= decoderOf(chunk, partsOf(mediaType).charset);
    text += decoder.decode(chunk, { stream: true }); // half a character at the end stays in the decoder
  }
  return { text, isPart: size > MOST_BYTES };
}

/** Excel writes UTF-16 with a mark in front; a charset that nobody knows is taken for UTF-8. */
function decoderOf(start: Uint8Array, charset: string | null): TextDecoder {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le');
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be');
  try {
    return new TextDecoder(charset ?? 'utf-8');
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder('utf-8');
    throw error;
  }
}

function csvTable({ text, isPart }: Read, most: number, format: 'csv' | 'tsv'): Table {
  const records: string[][] = [];
  let isWhole = true;
  // One more than asked, to know whether there is more.
  for (const { cells, atEnd } of csvRecords(text, format === 'tsv' ? '\t' : delimiterOf(text))) {
    records.push(cells);
    isWhole = !(atEnd && isPart); // the file goes on in the middle of this record
    if (records.length === most + 2) break;
  }
  if (!isWhole && records.length > 1) records.pop();
  const [columns = [], ...rows] = records;
  return { columns, rows: rows.slice(0, most), isPart: isPart || rows.length > most };
}

/** The same number of cells in every row, and no more of anything than an answer should hold. */
function bounded({ columns, rows, isPart }: Table): TablePreview {
  const widest = rows.reduce((width, row) => Math.max(width, row.length), columns.length);
  const width = Math.min(widest, MOST_COLUMNS);
  let truncated = isPart || widest > width;
  let length = 0;
  const line = (row: string[]) =>
    Array.from({ length: width }, (_, i) => {
      const whole = row[i] ?? '';
      const cell = whole.length > LONGEST_CELL ? cut(whole) : whole;
      if (cell !== whole) truncated = true;
      length += cell.length + 3; // quotes and comma
      return cell;
    });
  const preview: TablePreview = { columns: line(columns), rows: [], truncated };
  for (const row of rows) {
    const cells = line(row);
    if (length > LONGEST_ANSWER && preview.rows.length > 0) {
      truncated = true;
      break;
    }
    preview.rows.push(cells);
  }
  return { ...preview, truncated };
}

/** Not through the middle of a character. */
function cut(text: string): string {
  return text.slice(0, LONGEST_CELL).replace(/[\ud800-\udbff]$/, '');
}
