import type { Execution, Finding, Snapshot } from '@cellkeep/schema/design';
import { expect, test } from 'vitest';
import { goneCells, lastExecution, markedIndexes, nextMarked } from './cells.ts';

const execution = (order: number, cellId: string | null): Execution => ({ order, cellId }) as Execution;
const document = { cells: ['a', 'b', 'c', 'd'].map((id) => ({ id })) } as unknown as Snapshot['document'];

test('a cell is shown with its last execution', () => {
  const executions = [execution(3, 'a'), execution(12, 'a')];
  expect(lastExecution([12, 3], new Map(executions.map((one) => [one.order, one])))?.order).toBe(12);
  expect(lastExecution([], new Map())).toBeUndefined();
});

test('cells that ran and were deleted stand once, in the order in which they ran last', () => {
  const executions = [execution(0, 'gone'), execution(1, 'a'), execution(2, 'other'), execution(3, 'gone')];
  const gone = goneCells(executions, document);
  expect(gone.map(({ cellId, executions: all }) => [cellId, all.map(({ order }) => order)])).toEqual([
    ['other', [2]],
    ['gone', [0, 3]],
  ]);
});

test('executions of a runner that gives no ids are each their own', () => {
  expect(goneCells([execution(0, null), execution(1, null)], document)).toHaveLength(2);
});

test('without a document nothing is gone from it', () => {
  expect(goneCells([execution(0, 'x')], null)).toEqual([]);
});

test('one goes from marked cell to marked cell, round the ends', () => {
  const marked = markedIndexes(document, [{ cellId: 'd' } as Finding, { cellId: null } as Finding], new Set(['b', 'not there']));
  expect(marked).toEqual([1, 3]);
  expect([nextMarked(marked, -1, 1), nextMarked(marked, 1, 1), nextMarked(marked, 3, 1)]).toEqual([1, 3, 1]);
  expect([nextMarked(marked, 3, -1), nextMarked(marked, 1, -1), nextMarked([], 0, 1)]).toEqual([1, 3, undefined]);
});
