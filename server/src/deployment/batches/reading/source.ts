/** A file of rows, read in pieces. */
import type { ColumnReader } from '../../host/rows/columnReader.ts';

/** The bytes of a file that lies elsewhere; `end` is not included. */
export interface Source {
  size: number;
  read: (start: number, end: number) => Promise<Uint8Array>;
}

/** One row: its values in the order of the signature's inputs, or why it is none. */
export type ReadRow = unknown[] | string;

export interface RowFile {
  /** Null where only reading to the end tells. */
  rows: number | null;
  /** Names of columns that the file has; null: each row has its own. */
  columns: string[] | null;
  /** At most `PIECE` rows each. */
  pieces: () => AsyncGenerator<ReadRow[]>;
}

export type OpenRows = (source: Source, readers: readonly ColumnReader[], hints: { name: string }) => Promise<RowFile>;

/** Rows that go through the model together. */
export const PIECE = 4_096;
/** bytes read at once of what is read from its beginning to its end */
export const STRIDE = 1024 * 1024;
/** bytes of one row, and of what a format makes its reader hold at once */
export const LONGEST_ROW = 64 * 1024 * 1024;
export const LARGEST_GROUP = 512 * 1024 * 1024;

/** The file cannot be read: the message says why and what to do. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile';
}

export async function* bytesOf({ size, read }: Source): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += STRIDE) yield read(at, Math.min(size, at + STRIDE));
}

/** Text in pieces, whatever its encoding: half a character waits for its other half. */
export async function* textOf(source: Source): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  for await (const bytes of bytesOf(source)) {
    decoder ??= new TextDecoder(
      bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8',
    );
    yield decoder.decode(bytes, { stream: true });
  }
  const rest = decoder?.decode() ?? '';
  if (rest) yield rest;
}

/** What a binary format holds, as JSON would hold it. */
export function plainValue(value: unknown, isTime: boolean): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return isTime ? timeOf(Number(value)) : Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Date) return timeOf(value.getTime());
  if (isTime && typeof value === 'number') return timeOf(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float64Array);
  if (Array.isArray(value)) return value.map((one) => plainValue(one, isTime));
  if (typeof value === 'object' && Symbol.iterator in value)
    return Array.from(value as Iterable<unknown>, (one) => plainValue(one, isTime));
  return value;
}

const timeOf = (ms: number): string | null => (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null);
