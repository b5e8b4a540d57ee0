import { expect, test } from 'vitest';
import { change, diffTables } from './tableDiff.ts';

test('rows are found by a column that names them, wherever they stand', () => {
  const diff = diffTables(
    {
      columns: ['class', 'f1'],
      rows: [
        ['a', '0.8'],
        ['b', '0.7'],
        ['c', '0.6'],
      ],
    },
    {
      columns: ['class', 'f1'],
      rows: [
        ['c', '0.6'],
        ['a', '0.9'],
        ['d', '0.5'],
      ],
    },
  );
  expect(diff.key).toBe('class');
  expect(diff.rows.map(({ kind, cells }) => [cells[0]!.before ?? cells[0]!.after, kind])).toEqual([
    ['a', 'changed'],
    ['b', 'removed'],
    ['c', 'same'],
    ['d', 'added'],
  ]);
  expect(diff.counts).toEqual({ same: 1, changed: 1, added: 1, removed: 1 });
});

test('without such a column rows are taken in their order', () => {
  const diff = diffTables({ columns: ['x'], rows: [['1'], ['1']] }, { columns: ['x'], rows: [['1'], ['2'], ['3']] });
  expect(diff.key).toBeNull();
  expect(diff.rows.map(({ kind }) => kind)).toEqual(['same', 'changed', 'added']);
});

test('a column that only one table has changes each row', () => {
  const diff = diffTables({ columns: ['id'], rows: [['1']] }, { columns: ['id', 'new'], rows: [['1', 'x']] });
  expect(diff.columns).toEqual(['id', 'new']);
  expect(diff.rows[0]).toEqual({
    kind: 'changed',
    cells: [
      { before: '1', after: '1' },
      { before: null, after: 'x' },
    ],
  });
});

test('numbers that stand in every row are no names where hardly one is in both tables', () => {
  expect(diffTables({ columns: ['loss'], rows: [['0.5'], ['0.4']] }, { columns: ['loss'], rows: [['0.45'], ['0.3']] }).key).toBeNull();
});

test('a number tells how far it moved; a word does not', () => {
  expect(change('0.5', '0.75')).toBe(0.25);
  expect(change('a', '0.75')).toBeNull();
  expect(change(null, '1')).toBeNull();
});
