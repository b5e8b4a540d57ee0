import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonTable, NotATable } from './jsonTable.ts';

const tableOf = (text: string, most = 100) => jsonTable({ text, isPart: false }, most);

const AB = {
  columns: ['a', 'b'],
  rows: [
    ['1', 'x'],
    ['2', 'y'],
  ],
  isPart: false,
};

test.each([
  ['a list of objects', '[{"a":1,"b":"x"}, {"a":2,"b":"y"}]'],
  ['JSON lines', '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'],
  ['pandas orient="split"', '{"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]}'],
  ['MLflow log_table', '{\n "columns": ["a", "b"],\n "data": [[1, "x"], [2, "y"]]\n}'],
  ['data before columns', '{"data":[[1,"x"],[2,"y"]],"columns":["a","b"]}'],
  ['pandas orient="table"', '{"schema":{"fields":[]},"data":[{"a":1,"b":"x"},{"a":2,"b":"y"}]}'],
])('%s', (_name, text) => {
  expect(tableOf(text)).toEqual(AB);
});

test('cells keep what was written: 64-bit numbers, NaN, nested values, escapes; null is empty', () => {
  const text = '[{"id":12345678901234567890,"n":NaN,"o":{"k":["]","}"]},"s":"a\\n\\"é\\"","z":null,"__proto__":true}]';
  expect(tableOf(text)).toEqual({
    columns: ['id', 'n', 'o', 's', 'z', '__proto__'],
    rows: [['12345678901234567890', 'NaN', '{"k":["]","}"]}', 'a\n"é"', '', 'true']],
    isPart: false,
  });
});

test('columns are those of all rows that are shown, in the order of appearance', () => {
  const { columns, rows } = tableOf('[{"b":1},{"a":2,"b":3}]');
  expect({ columns, rows }).toEqual({ columns: ['b', 'a'], rows: [['1'], ['3', '2']] });
});

test('rows beyond those asked for make it a part', () => {
  expect(tableOf('[{"a":1},{"a":2}]', 1)).toEqual({ columns: ['a'], rows: [['1']], isPart: true });
  expect(tableOf('[{"a":1}]', 1).isPart).toBe(false);
});

test.each([
  ['[{"a":1},{"a":2', ['1']],
  ['{"a":1}\n{"a":', ['1']],
  ['{"columns":["a"],"data":[[1],[2', ['1']],
])('%s is cut: what is whole is shown', (text, cells) => {
  expect(tableOf(text)).toEqual({ columns: ['a'], rows: [cells], isPart: true });
});

test.each(['', '  \n', '[]', ' [ ] '])('%j is an empty table', (text) => {
  expect(tableOf(text)).toEqual({ columns: [], rows: [], isPart: false });
});

test.each([
  ['{"columns":["a","b"],"rate":0.1}'],
  ['{"columns":["a"],"data":{"train":"a.csv"}}'],
  ['{"columns":["a"],"data":[1,2]}'],
  ['{"index":["id"],"unique":true}'],
])('%s is a configuration: it is no table of one row', (text) => {
  expect(() => tableOf(text)).toThrow(/no rows of them in "data"/);
  expect(tableOf(`${text}\n${text}`).rows).toHaveLength(2); // two such lines are records
});

test.each([
  'hello',
  '"text"',
  '42',
  '[1,2]',
  '[[1]]',
  '[{"a":1} {"a":2}]',
  '{"a" 1}',
  '{a:1}',
  '[{"a":1},,]',
  '{"a":',
  '{"columns":["a"],"data":[[[1',
  '[{"a\\q":1}]',
])('%s is no table', (text) => {
  expect(() => tableOf(text)).toThrow(NotATable);
});

test('records that JSON writes are read back, wherever the text is cut', () => {
  const records = fc.array(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant([{ '"': ']' }]))), { maxLength: 4 });
  fc.assert(
    fc.property(records, fc.double({ min: 0, max: 1, noNaN: true }), (written, share) => {
      const whole = JSON.stringify(written);
      expect(tableOf(whole).rows).toHaveLength(written.length);
      const text = whole.slice(0, Math.floor(whole.length * share));
      let rows: string[][] = [];
      try {
        ({ rows } = jsonTable({ text, isPart: true }, 100));
      } catch (error) {
        expect(error).toBeInstanceOf(NotATable);
      }
      expect(rows).toEqual(tableOf(whole).rows.slice(0, rows.length));
    }),
  );
});
