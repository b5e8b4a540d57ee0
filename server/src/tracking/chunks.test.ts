import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Columns, decodeChunk, encodeChunk } from './chunks.ts';

const columns = (rows: [number, number, number][]): Columns => ({
  steps: Float64Array.from(rows, ([step]) => step),
  times: Float64Array.from(rows, ([, time]) => time),
  values: Float64Array.from(rows, ([, , value]) => value),
});

const bits = ({ steps, times, values }: Columns) => [steps, times, values].map((column) => Buffer.from(column.buffer).toString('hex'));
const integer = fc.maxSafeInteger();

test('what is written is read, bit by bit: NaN, infinities, negative zero, any step and time', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(integer, integer, fc.double()), { maxLength: 200 }), (rows) => {
      const points = columns(rows);
      expect(bits(decodeChunk(encodeChunk(points)))).toEqual(bits(points));
    }),
  );
});

test('a column whose deltas no float64 could hold is kept as it is', () => {
  const extreme = columns([
    [Number.MIN_SAFE_INTEGER, -8.64e15, 0],
    [Number.MAX_SAFE_INTEGER, 8.64e15, -0],
    [Number.MIN_SAFE_INTEGER, 0, Number.NaN],
  ]);
  expect(bits(decodeChunk(encodeChunk(extreme)))).toEqual(bits(extreme));
});

test('a regular series costs a byte for its step and a byte for its time', () => {
  const points = columns(Array.from({ length: 10_000 }, (_, i) => [i, 1.7e12 + i * 20, Math.sin(i)]));
  expect(encodeChunk(points).length).toBeLessThan(10_000 * 10 + 100);
});
