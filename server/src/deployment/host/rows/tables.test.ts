import type { Column } from '@cellkeep/schema/registry';
import { expect, test } from 'vitest';
import type { ColumnValues } from '../model.ts';
import { BEYOND } from './beyond.ts';
import { columnReaders } from './columnReader.ts';
import { csvValue } from './csvValue.ts';
import { readTable } from './table.ts';
import { type Json, ofJson, tableOfRecords } from './tables.ts';

const column = (name: string, shape: number[] | null): Column => ({
  ...{ name, type: 'double', required: true, shape, categories: null, min: null, max: null },
});
const readers = columnReaders({ inputs: [column('x', null), column('image', [2, 2])], outputs: [], layout: 'columns' } as never, false);

/** What is wrong with rows of JSON, or the values that were read. */
function readJson(text: string, looked?: unknown): unknown {
  const table = ofJson(tableOfRecords(JSON.parse(text) as Json[], readers, 'rows'));
  // As features are looked up.
  const whole = looked === undefined ? table : { ...table, value: (row: number, c: number) => (c === 0 ? looked : table.value(row, c)) };
  const into = readers.map((reader) => reader.make(table.count)) as ColumnValues[];
  try {
    readTable(whole, readers, into, 0);
  } catch (error) {
    return (error as { issues: { field: string; reason: string }[] }).issues.map(({ field, reason }) => `${field}: ${reason}`);
  }
  return into.map((values) => [...values]);
}

test('a number that JSON writes and nobody can hold is refused by name, also within a tensor', () => {
  expect(readJson('[{"x": 1e400, "image": [1, 2, 3, 4]}, {"x": 1, "image": [[1, 2], [-1e999, 4]]}]')).toEqual([
    `rows[0].x: ${BEYOND}`,
    `rows[1].image: ${BEYOND}`,
  ]);
  expect(readJson(`[{"x": 1${'0'.repeat(400)}, "image": [1, 2, 3, 4]}]`)).toEqual([`rows[0].x: ${BEYOND}`]);
});

test('an infinity in words, and one that was looked up, is an infinity', () => {
  const infinity = Number.POSITIVE_INFINITY;
  expect(readJson('[{"x": "Infinity", "image": [1, "-Infinity", 1e308, 4]}]')).toEqual([[infinity], [1, -infinity, 1e308, 4]]);
  expect(readJson('[{"image": [1, 2, 3, 4]}]', infinity)).toEqual([[infinity], [1, 2, 3, 4]]);
});

test('a cell of CSV beyond all numbers stays a text, which is no number; inf is one', () => {
  expect(['1e400', '-1e400', 'inf', '-Infinity', '1e308'].map((cell) => csvValue(cell, 'double'))).toEqual([
    ...['1e400', '-1e400', Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308],
  ]);
});
