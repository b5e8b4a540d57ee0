import type { Bundle } from '@cellkeep/schema/registry';
import { expect, test } from 'vitest';
import { answered, guessLabel, missingColumns, nameOfFile, sliceable, slicesOf, taskOf } from './setDraft.ts';

const rows = {
  columns: ['carrier', 'late', 'distance', 'zip'],
  data: [
    ['UA', 1, 200.5, 8],
    ['AA', 0, 10, 10],
    ['UA', null, 11, 10],
  ],
};
const bundleOf = (inputs: string[], task = 'other') =>
  ({ task, signature: { layout: 'columns', inputs: inputs.map((name) => ({ name, required: name !== 'zip' })) } }) as unknown as Bundle;

test('the true answer is what the version does not take, or what is called so, or the last column', () => {
  expect(guessLabel(rows, bundleOf(['carrier', 'distance', 'zip']))).toBe('late');
  expect(guessLabel({ columns: ['y', 'a', 'b'], data: [] }, null)).toBe('y');
  expect(guessLabel(rows, null)).toBe('zip');
});

test('a column of few values makes slices, one a value; the answer makes none', () => {
  expect(sliceable(rows, 'late')).toEqual(['carrier', 'distance', 'zip']);
  expect(slicesOf(rows, 'carrier').map(({ name }) => name)).toEqual(['carrier = AA', 'carrier = UA']);
  expect(slicesOf(rows, 'zip').map(({ equals }) => equals)).toEqual([[8], [10]]);
});

test('rows without an answer are left out, an empty text too', () => {
  expect(answered(rows, 'late').data).toHaveLength(2);
  expect(answered({ columns: ['y'], data: [[''], [false], [0]] }, 'y').data).toEqual([[false], [0]]);
});

test('many different numbers are a regression, unless the version says otherwise', () => {
  const numbers = { columns: ['y'], data: Array.from({ length: 30 }, (_, i) => [i / 7]) };
  expect(taskOf(numbers, 'y', null)).toBe('regression');
  expect(taskOf(numbers, 'y', bundleOf([], 'classification'))).toBe('classification');
  expect(taskOf(rows, 'late', null)).toBe('classification');
});

test('what the version needs and the file lacks is told; what may be absent is not', () => {
  expect(missingColumns({ columns: ['carrier'], data: [] }, bundleOf(['carrier', 'distance', 'zip']))).toEqual(['distance']);
});

test.each([
  ['flights.january.csv', 'flights.january'],
  ['.csv', 'rows'],
  ['no ending', 'no ending'],
])('%s is called %s', (file, name) => expect(nameOfFile(file)).toBe(name));
