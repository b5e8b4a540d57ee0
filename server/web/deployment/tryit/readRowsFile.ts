/** Rows of a file that somebody chooses: what can be pasted, and Parquet, whose reader is loaded only then. */
import { type Reading, type ReadRows, readRows, wrongCount } from './readRows.ts';

/** What a file input offers. */
export const ROW_FILES = '.csv,.tsv,.txt,.json,.jsonl,.ndjson,.parquet';

const LARGEST = 60 * 2 ** 20; // bytes; more becomes too large a request in nearly every case, and too many objects in every one

/** @param names as `readRows` */
export async function readRowsFile(file: File, names: readonly string[], { most = 10_000, ...reading }: Reading = {}): Promise<ReadRows> {
  if (file.size > LARGEST) return wrong(`${file.name} has more than 60 MiB.`);
  let bytes: ArrayBuffer;
  try {
    bytes = await file.arrayBuffer();
  } catch (error) {
    return wrong(`${file.name} cannot be read: ${reasonOf(error)}`); // it was moved or changed since it was chosen
  }
  if (!/\.(parquet|pq)$/i.test(file.name)) return readText(file.name, new Uint8Array(bytes), names, { ...reading, most });
  try {
    return await readParquet(file.name, bytes, most);
  } catch (error) {
    return wrong(`${file.name} cannot be read as Parquet: ${reasonOf(error)}`);
  }
}

function readText(name: string, bytes: Uint8Array, names: readonly string[], reading: Reading): ReadRows {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) return wrong(`${name} is in UTF-16: save it again in UTF-8 (in Excel “CSV UTF-8”).`);
  if (bytes.includes(0)) return wrong(`${name} is no text: CSV, JSON lines, JSON or Parquet are read.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Which encoding it is nobody can tell for sure, and a wrong guess would be stored as other words.
    return wrong(
      `${name} is not in UTF-8, from line ${lineNotInUtf8(bytes)} on; it may be in Windows-1252 or Latin-1: save it again in UTF-8 (in Excel “CSV UTF-8”).`,
    );
  }
  return readRows(text, names, reading);
}

function lineNotInUtf8(bytes: Uint8Array): number {
  const text = new TextDecoder().decode(bytes);
  return text.slice(0, text.indexOf('\uFFFD')).split('\n').length;
}

const READABLE = new Set(['UNCOMPRESSED', 'SNAPPY']);

async function readParquet(name: string, file: ArrayBuffer, most: number): Promise<ReadRows> {
  const { parquetMetadata, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const metadata = parquetMetadata(file);
  const codecs = metadata.row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data?.codec ?? 'UNCOMPRESSED'));
  const unreadable = codecs.find((codec) => !READABLE.has(codec));
  if (unreadable) {
    return wrong(
      `${name} is compressed with ${unreadable}, which is not read here: write it with compression="snappy" (pandas: to_parquet, Polars: write_parquet), or as CSV.`,
    );
  }
  // Told by the footer: decoding millions of rows to refuse them would freeze the page.
  const refused = wrongCount(Number(metadata.num_rows), most);
  if (refused) return refused;
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const rows = await parquetReadObjects({ file, metadata });
  return { rows: { columns, data: rows.map((row) => columns.map((column) => plainValue(row[column]))) }, problem: null };
}

/** As JSON carries it: a missing number is null, a whole one beyond 2^53 a text, a time ISO 8601, bytes base64. */
export function plainValue(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return base64Of(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plainValue);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainValue(one)]));
}

const PIECE = 8_192; // bytes given as arguments at once; some engines take no more than 65,535

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

const wrong = (problem: string): ReadRows => ({ rows: null, problem });
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
