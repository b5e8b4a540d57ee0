/**
 * Rows and answers as bytes, between a host and its Python workers; kernel-bridge/src/cellkeep/serving/columns.py has the other end and
 * the description. Rows of several calls go in one frame, and are told apart by their number when the answers come.
 */
import type { Bundle } from '@cellkeep/schema/registry';
import { type Answers, type ColumnValues, ModelFailure, type Rows } from '../model.ts';

const [FLOAT64, INT64, TEXT, BINARY] = [0, 1, 2, 3];

/** What the column holds on the wire: calls whose columns hold the same go together. */
export function kindsOf({ columns }: Rows): string {
  return columns.map(kindOf).join('');
}

function kindOf(values: ColumnValues): number {
  if (values instanceof Float64Array) return FLOAT64 as number;
  if (values instanceof BigInt64Array) return INT64 as number;
  return (values.some((value) => value instanceof Uint8Array) ? BINARY : TEXT) as number;
}

export function jsonFrame(kind: 'L', value: unknown): Buffer {
  return framed([Buffer.from(kind), Buffer.from(JSON.stringify(value))]);
}

export function rowsFrame(calls: readonly Rows[]): Buffer {
  const columns = calls[0]?.columns.length ?? 0;
  const rows = calls.reduce((sum, { count }) => sum + count, 0);
  const parts: Uint8Array[] = [head('P', rows, columns)];
  for (let c = 0; c < columns; c++) {
    const pieces = calls.map((call) => call.columns[c] as ColumnValues);
    // A column of texts of which all are missing looks like one of bytes, and is the same.
    const kind = Math.max(...pieces.map(kindOf));
    const start = Buffer.allocUnsafe(5);
    start[0] = kind;
    start.writeUInt32LE(
      pieces.reduce((sum, piece) => sum + piece.length, 0),
      1,
    );
    parts.push(start);
    if (kind === FLOAT64 || kind === INT64) {
      for (const piece of pieces as (Float64Array | BigInt64Array)[]) {
        parts.push(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
      }
    } else parts.push(...texts(pieces.flat() as (string | Uint8Array | null)[]));
  }
  return framed(parts);
}

function head(kind: string, rows: number, columns: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes.write(kind, 0, 'latin1');
  bytes.writeUInt32LE(rows, 1);
  bytes.writeUInt32LE(columns, 5);
  return bytes;
}

function texts(values: (string | Uint8Array | null)[]): Uint8Array[] {
  const lengths = Buffer.allocUnsafe(4 * values.length);
  const pieces = values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value));
  pieces.forEach((piece, i) => {
    lengths.writeInt32LE(piece === null ? -1 : piece.length, 4 * i);
  });
  return [lengths, ...pieces.filter((piece) => piece !== null)];
}

function framed(parts: Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (size > 0xffff_ffff) throw new ModelFailure(`these rows take ${size} bytes, more than a worker reads at once; send fewer`);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(size);
  return Buffer.concat([length, ...parts], size + 4);
}

/** Cuts a stream into frames, of which each is copied once. @param most bytes of one */
export function frameReader(most: number, take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= 4) {
      if (chunks.length > 1 && (chunks[0] as Buffer).length < 4) chunks = [Buffer.concat(chunks)];
      const length = (chunks[0] as Buffer).readUInt32LE(0);
      if (length > most) throw new ModelFailure(`a worker sent ${length} bytes at once`);
      if (size < length + 4) return;
      const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const rest = all.subarray(length + 4);
      chunks = rest.length > 0 ? [rest] : [];
      size = rest.length;
      take(all.subarray(4, length + 4));
    }
  };
}

/** @param counts rows of each call @returns the answers of each */
export function readAnswers(frame: Buffer, { signature, classes }: Pick<Bundle, 'signature' | 'classes'>, counts: number[]): Answers[] {
  const rows = frame.readUInt32LE(1);
  const columns = frame.readUInt32LE(5);
  const asked = counts.reduce((sum, count) => sum + count, 0);
  if (rows !== asked || columns !== signature.outputs.length) throw new ModelFailure('a worker answered other rows than it was asked');
  let at = 9;
  const read = Array.from({ length: columns }, () => {
    const kind = frame[at] as number;
    const count = frame.readUInt32LE(at + 1);
    at += 5;
    if (kind === FLOAT64 || kind === INT64) {
      const values = kind === FLOAT64 ? new Float64Array(count) : new BigInt64Array(count);
      frame.copy(new Uint8Array(values.buffer), 0, at, at + 8 * count);
      at += 8 * count;
      return values;
    }
    const lengths = Array.from({ length: count }, (_, i) => frame.readInt32LE(at + 4 * i));
    at += 4 * count;
    return lengths.map((length) => {
      if (length < 0) return null;
      at += length;
      return kind === TEXT ? frame.toString('utf8', at - length, at) : new Uint8Array(frame.subarray(at - length, at));
    }) as ColumnValues;
  });
  const width = frame.readUInt32LE(at);
  if (width !== 0 && width !== classes?.length) throw new ModelFailure(`a worker gave ${width} scores for ${classes?.length ?? 0} classes`);
  const scores = new Float64Array(rows * width);
  frame.copy(new Uint8Array(scores.buffer), 0, at + 4);
  if (counts.length === 1) return [{ columns: read, scores: width > 0 ? scores : null }];
  let first = 0;
  return counts.map((count) => {
    const [begin, end] = [first, first + count];
    first = end;
    const own = read.map((values) => {
      const wide = rows === 0 ? 1 : values.length / rows;
      return values.slice(begin * wide, end * wide) as ColumnValues;
    });
    return { columns: own, scores: width > 0 ? scores.slice(begin * width, end * width) : null };
  });
}
