import { expect, test } from 'vitest';
import { isNumberColumn, nextSort, sortedPlaces } from './rowOrder.ts';

const column = (...cells: string[]) => cells.map((cell) => [cell]);

test.each<[string, string[], 'asc' | 'desc', string[]]>([
  ['numbers by value', ['10', '-2', '1e-3', '9'], 'asc', ['-2', '1e-3', '9', '10']],
  ['numbers downwards', ['10', '-2', '9'], 'desc', ['10', '9', '-2']],
  ['infinities as numbers', ['inf', '0', '-Infinity'], 'asc', ['-Infinity', '0', 'inf']],
  ['gaps last', ['', '2', 'NaN', '1'], 'asc', ['1', '2', '', 'NaN']],
  ['gaps last downwards, too', ['', '2', 'NaN', '1'], 'desc', ['2', '1', '', 'NaN']],
  ['words with numbers in them as people count', ['fold 10', 'fold 2'], 'asc', ['fold 2', 'fold 10']],
])('%s', (_name, cells, direction, sorted) => {
  expect(sortedPlaces(column(...cells), { column: 0, direction }).map((place) => cells[place])).toEqual(sorted);
});

test('rows that are alike keep their order, upwards and downwards', () => {
  const rows = column('1', '0', '1', '1');
  expect(sortedPlaces(rows, { column: 0, direction: 'asc' })).toEqual([1, 0, 2, 3]);
  expect(sortedPlaces(rows, { column: 0, direction: 'desc' })).toEqual([0, 2, 3, 1]);
  expect(sortedPlaces(rows, null)).toEqual([0, 1, 2, 3]);
});

test('a header is pressed for up, for down, and for the order of the file', () => {
  expect(nextSort(null, 1)).toEqual({ column: 1, direction: 'asc' });
  expect(nextSort({ column: 1, direction: 'asc' }, 1)).toEqual({ column: 1, direction: 'desc' });
  expect(nextSort({ column: 1, direction: 'desc' }, 1)).toBeNull();
  expect(nextSort({ column: 1, direction: 'desc' }, 0)).toEqual({ column: 0, direction: 'asc' });
});

test.each<[string[], boolean]>([
  [['1', '', 'NaN'], true],
  [['', 'NaN'], false],
  [['1', 'one'], false],
  [[], false],
])('%j is a column of numbers: %s', (cells, expected) => {
  expect(isNumberColumn(column(...cells), 0)).toBe(expected);
});
