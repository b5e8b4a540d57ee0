/** Columns of a chunk: gathered as float64 or text, written in the narrowest kind that holds every value as it is. */
import type { Block, BlockKind } from './chunk.ts';

export type LoggedColumn = NumberColumn | TextColumn;

/** Float64, grown by doubling and kept from chunk to chunk. */
export class NumberColumn {
  length = 0;
  /** Set where a bigint came that no float64 holds. */
  large: BigInt64Array | null = null;
  #values = new Float64Array(64);

  push(value: number): void {
    if (this.length === this.#values.length) this.#grow(this.length + 1);
    this.#values[this.length++] = value;
  }

  append(values: Float64Array | BigInt64Array, from: number, to: number): void {
    const count = to - from;
    if (this.length + count > this.#values.length) this.#grow(this.length + count);
    if (values instanceof BigInt64Array) {
      for (let i = 0; i < count; i++) this.#setLarge(this.length + i, values[from + i] as bigint);
    } else if (count < 32) {
      // For a few values a loop is faster than a view of them.
      for (let i = 0; i < count; i++) this.#values[this.length + i] = values[from + i] as number;
    } else this.#values.set(values.subarray(from, to), this.length);
    this.length += count;
  }

  #setLarge(at: number, value: bigint): void {
    this.#values[at] = Number(value);
    if (!this.large && BigInt(this.#values[at]) === value) return;
    const all = this.large ?? BigInt64Array.from({ length: this.#values.length }, (_, i) => BigInt(Math.trunc(this.#values[i] || 0)));
    all[at] = value;
    this.large = all;
  }

  #grow(least: number): void {
    const size = Math.max(least, this.#values.length * 2);
    const grown = new Float64Array(size);
    grown.set(this.#values);
    this.#values = grown;
    if (!this.large) return;
    const large = new BigInt64Array(size);
    large.set(this.large);
    this.large = large;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  get bytes(): number {
    return this.length * 8;
  }

  clear(): void {
    this.length = 0;
    this.large = null;
  }
}

/** Texts, nulls, and bytes as base64. */
export class TextColumn {
  values: (string | null)[] = [];
  bytes = 0;

  append(values: readonly (string | Uint8Array | null | undefined)[], from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const value = values[i] ?? null;
      const text = typeof value === 'string' || value === null ? value : Buffer.from(value).toString('base64');
      this.values.push(text);
      this.bytes += 8 + (text?.length ?? 0);
    }
  }

  clear(): void {
    this.values = [];
    this.bytes = 0;
  }
}

export function blockOf(column: LoggedColumn): { kind: BlockKind; data: Buffer } {
  if (column instanceof TextColumn) return { kind: 'json', data: Buffer.from(JSON.stringify(column.values)) };
  if (column.large) return { kind: 'i64', data: bytesOf(column.large.slice(0, column.length)) };
  return numberBlock(column.values);
}

export function numberBlock(values: Float64Array): { kind: BlockKind; data: Buffer } {
  const kind = narrowest(values);
  if (kind === 'zero') return { kind, data: Buffer.alloc(0) };
  if (kind === 'u8') return { kind, data: bytesOf(Uint8Array.from(values)) };
  if (kind === 'i32') return { kind, data: bytesOf(Int32Array.from(values)) };
  if (kind === 'f32') return { kind, data: bytesOf(Float32Array.from(values)) };
  return { kind, data: bytesOf(values.slice()) };
}

function narrowest(values: Float64Array): BlockKind {
  let isZero = true;
  let isByte = true;
  let isInteger = true;
  let isFloat32 = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value === 0 && !Object.is(value, -0)) continue;
    isZero = false;
    if (isInteger && (value | 0) !== value) isInteger = false;
    if (isByte && (value & 255) !== value) isByte = false;
    if (isFloat32 && !Number.isNaN(value) && Math.fround(value) !== value) isFloat32 = false;
    if (Object.is(value, -0)) isInteger = isByte = false;
    if (!isInteger && !isFloat32) return 'f64';
  }
  if (isZero) return 'zero';
  if (isByte) return 'u8';
  return isInteger ? 'i32' : 'f32';
}

const bytesOf = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** @param data exactly the block's bytes, wherever they lie */
export function valuesOf({ kind }: Block, data: Buffer, count: number): (number | bigint | string | null)[] {
  if (kind === 'zero') return new Array<number>(count).fill(0);
  if (kind === 'json') return JSON.parse(data.toString('utf8')) as (string | null)[];
  const aligned = Uint8Array.from(data).buffer;
  if (kind === 'u8') return Array.from(new Uint8Array(aligned));
  if (kind === 'i32') return Array.from(new Int32Array(aligned));
  if (kind === 'f32') return Array.from(new Float32Array(aligned));
  if (kind === 'i64') return Array.from(new BigInt64Array(aligned));
  return Array.from(new Float64Array(aligned));
}
