import { type Bundle, evaluationSetPut } from '@cellkeep/schema/registry';
import { limits } from '@cellkeep/schema/wire';
import { expect, test } from 'vitest';
import { readRows } from '../../deployment/tryit/readRows.ts';
import {
  answered,
  categoriesOf,
  guessLabel,
  kindsOfRows,
  MOST_BYTES,
  MOST_SLICES,
  missingColumns,
  nameOfFile,
  type Rows,
  rowSizes,
  slicesOf,
  taskOf,
} from './setDraft.ts';

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

const answeredIn = (some: Rows, label: string) => answered(some, rowSizes(some), label);

test('a column of few values makes slices, one a value; the answer makes none, and so do rows without one', () => {
  const { categories } = answeredIn({ columns: rows.columns, data: [...rows.data, ['DL', null, 1, 3]] }, 'late');
  expect([...categories.keys()]).toEqual(['carrier', 'distance', 'zip']);
  expect(slicesOf('carrier', categories.get('carrier') ?? []).map(({ name }) => name)).toEqual(['carrier = AA', 'carrier = UA']);
  expect(categories.get('zip')).toEqual([8, 10]);
});

test('a column is no category beyond 50 values, and its rows are not looked at further', () => {
  let looked = 0;
  const row = (i: number) =>
    new Proxy([i, i % 50] as unknown[], {
      get(target, key) {
        if (key === '0') looked++;
        return Reflect.get(target, key);
      },
    });
  const data = Array.from({ length: 1_000 }, (_, i) => row(i));
  expect([...categoriesOf({ columns: ['id', 'weekday'], data }).keys()]).toEqual(['weekday']);
  expect(looked).toBe(51);
});

test('rows without an answer are left out, an empty text too', () => {
  expect(answeredIn(rows, 'late').data).toHaveLength(2);
  expect(answeredIn({ columns: ['y'], data: [[''], [false], [0]] }, 'y').data).toEqual([[false], [0]]);
});

test('rows are as large as their JSON in UTF-8', () => {
  const data = [
    ['Zürich 🛫', 1.5, null],
    ['"', true, 0.1],
    ['late', null, null],
  ];
  const some = { columns: ['city', 'late', 'x'], data };
  expect(answeredIn(some, 'late').bytes).toBe(Buffer.byteLength(JSON.stringify(data.slice(0, 2))) - 1);
  expect(MOST_BYTES).toBeLessThan(limits.jsonBody);
});

test('as many slices are taken as the contract takes', () => {
  const slices = (n: number) =>
    evaluationSetPut.shape.slices.safeParse(
      slicesOf(
        'a',
        Array.from({ length: n }, (_, i) => i),
      ),
    );
  expect([MOST_SLICES, MOST_SLICES + 1].map((n) => slices(n).success)).toEqual([true, false]);
});

test.each([
  ['texts', ['01', '02'], '01'],
  ['numbers', [1, 2], 1],
])('an answer is what the classes are: %s', (_, classes, expected) => {
  const bundle = { ...bundleOf(['hour']), classes } as Bundle;
  const written = `hour,was\n5,${expected}\n6,${classes[1]}`;
  expect(readRows(written, [], { kindOf: kindsOfRows(bundle) }).rows?.data[0]).toEqual([5, expected]);
});

test('a name is cut before a character that does not fit, never within', () => {
  expect(nameOfFile(`${'a'.repeat(249)}🛫.csv`)).toBe('a'.repeat(249));
  expect(nameOfFile(`${'a'.repeat(248)}🛫.csv`)).toBe(`${'a'.repeat(248)}🛫`);
  expect(slicesOf('c', [`${'a'.repeat(245)}🛫🛫`])[0]?.name).toBe(`c = ${'a'.repeat(245)}`);
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
