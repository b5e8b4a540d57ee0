import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Columns } from './chunks.ts';
import { inOrder, joinColumns, toColumns, withinSteps, without } from './columns.ts';

type Row = [step: number, time: number, value: number];
const columns = (rows: readonly Row[]): Columns =>
  toColumns({ steps: rows.map(([s]) => s), times: rows.map(([, t]) => t), values: rows.map(([, , v]) => v) });
const rowsOf = ({ steps, times, values }: Columns): Row[] => Array.from(steps, (step, i) => [step, times[i]!, values[i]!]);
const text = (rows: readonly Row[]) => rows.map((row) => row.map((n) => (Object.is(n, -0) ? '-0' : String(n))).join());

const small = fc.integer({ min: -3, max: 3 });
const row: fc.Arbitrary<Row> = fc.tuple(small, small, fc.constantFrom(0, 1, -0, Number.NaN, Number.POSITIVE_INFINITY, -2));

test('points come in (step, time, value) order, each once', () => {
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const ordered = rowsOf(inOrder(columns(rows)));
      expect(new Set(text(ordered))).toEqual(new Set(text(rows)));
      expect(ordered.length).toBe(new Set(text(rows)).size);
      for (let i = 1; i < ordered.length; i++) {
        const [a, b] = [ordered[i - 1]!, ordered[i]!];
        expect(a[0] < b[0] || (a[0] === b[0] && a[1] <= b[1])).toBe(true);
      }
    }),
  );
});

test('a point that is there already is left out, and no other', () => {
  fc.assert(
    fc.property(fc.array(row), fc.array(row), (given, there) => {
      const held = new Set(text(there));
      const left = rowsOf(without(inOrder(columns(given)), inOrder(columns(there))));
      expect(new Set(text(left))).toEqual(new Set(text(given).filter((one) => !held.has(one))));
    }),
  );
});

test('columns are joined in the order given', () => {
  expect(rowsOf(joinColumns([columns([[1, 1, 1]]), columns([]), columns([[0, 0, 0]])]))).toEqual([
    [1, 1, 1],
    [0, 0, 0],
  ]);
});

test('bounds of steps are both included', () => {
  const points = columns([1, 2, 2, 3, 4].map((step): Row => [step, 0, step]));
  expect([...withinSteps(points, 2, 3).steps]).toEqual([2, 2, 3]);
  expect([...withinSteps(points, 5, 9).steps]).toEqual([]);
});

test('what JSON cannot carry comes as words', () => {
  expect([...toColumns({ steps: [0, 1, 2], times: [0, 0, 0], values: ['NaN', 'Infinity', '-Infinity'] }).values]).toEqual([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
});
