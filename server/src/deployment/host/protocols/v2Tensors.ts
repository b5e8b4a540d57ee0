/** Tensors as bytes, little-endian and row by row; of BYTES each value after its length as uint32 (Triton, extension_binary_data.md). */
import type { Column } from '@cellkeep/schema/registry';
import type { ColumnValues } from '../model.ts';
import { badRequest } from '../refusal.ts';

const NUMBERS = {
  INT8: { bytes: 1, read: (bytes: Buffer, at: number) => bytes.readInt8(at) },
  UINT8: { bytes: 1, read: (bytes: Buffer, at: number) => bytes.readUInt8(at) },
  INT16: { bytes: 2, read: (bytes: Buffer, at: number) => bytes.readInt16LE(at) },
  UINT16: { bytes: 2, read: (bytes: Buffer, at: number) => bytes.readUInt16LE(at) },
  INT32: { bytes: 4, read: (bytes: Buffer, at: number) => bytes.readInt32LE(at) },
  UINT32: { bytes: 4, read: (bytes: Buffer, at: number) => bytes.readUInt32LE(at) },
  INT64: { bytes: 8, read: (bytes: Buffer, at: number) => bytes.readBigInt64LE(at) },
  UINT64: { bytes: 8, read: (bytes: Buffer, at: number) => bytes.readBigUInt64LE(at) },
  FP32: { bytes: 4, read: (bytes: Buffer, at: number) => bytes.readFloatLE(at) },
  FP64: { bytes: 8, read: (bytes: Buffer, at: number) => bytes.readDoubleLE(at) },
  BOOL: { bytes: 1, read: (bytes: Buffer, at: number) => bytes.readUInt8(at) !== 0 },
} as const;

export type Datatype = keyof typeof NUMBERS | 'BYTES';
export const DATATYPES: readonly Datatype[] = [...(Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]), 'BYTES'];

const OF_TYPES: Record<Column['type'], Datatype> = {
  ...{ boolean: 'BOOL', integer: 'INT64', float: 'FP32', double: 'FP64', string: 'BYTES', datetime: 'BYTES', binary: 'BYTES' },
} as const;

export const datatypeOf = (type: Column['type']): Datatype => OF_TYPES[type];

/** @param count values that the shape has */
export function tensorOfBytes(bytes: Buffer, datatype: Datatype, count: number, field: string): ArrayLike<unknown> {
  if (datatype === 'BYTES') return textsOf(bytes, count, field);
  const { bytes: size, read } = NUMBERS[datatype];
  if (bytes.length !== size * count)
    throw badRequest(field, `has ${bytes.length} bytes, and ${count} values of ${datatype} have ${size * count}`);
  const values = new Array<unknown>(count);
  for (let i = 0; i < count; i++) values[i] = read(bytes, i * size);
  return values;
}

function textsOf(bytes: Buffer, count: number, field: string): string[] {
  const texts: string[] = [];
  let at = 0;
  while (texts.length < count) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    at += 4;
    if (at + length > bytes.length) throw badRequest(field, `ends within its value ${texts.length} of ${count}`);
    texts.push(bytes.toString('utf8', at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw badRequest(field, `has ${bytes.length - at} bytes more than its ${count} values`);
  return texts;
}

export function bytesOfTensor(values: ColumnValues, from: number, to: number, type: Column['type']): Buffer {
  const count = to - from;
  if (type === 'boolean') return Buffer.from(Array.from({ length: count }, (_, i) => (Number(values[from + i]) ? 1 : 0)));
  if (type === 'float') return bytesOf(Float32Array.from({ length: count }, (_, i) => Number(values[from + i])));
  if (type === 'double') return bytesOf(Float64Array.from({ length: count }, (_, i) => Number(values[from + i])));
  if (type === 'integer') return bytesOf(BigInt64Array.from({ length: count }, (_, i) => integerOf(values[from + i] as number | bigint)));
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => {
      const value = values[from + i];
      const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value ?? ''));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
}

const integerOf = (value: number | bigint) => (typeof value === 'bigint' ? value : BigInt(Number.isFinite(value) ? Math.trunc(value) : 0));
const bytesOf = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
