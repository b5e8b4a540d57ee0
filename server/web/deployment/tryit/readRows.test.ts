import { expect, test } from 'vitest';
import { kindsOf } from './kinds.ts';
import { readRows } from './readRows.ts';

const names = ['age', 'city'];
const two = {
  columns: names,
  data: [
    [1, 'Bern'],
    [2, 'Wien'],
  ],
};
const shapes: [string, string, object][] = [
  ['records', '[{"age":1,"city":"Bern"},{"age":2,"city":"Wien"}]', two],
  ['MLflow’s split', '{"dataframe_split":{"columns":["age","city"],"data":[[1,"Bern"],[2,"Wien"]]}}', two],
  ['MLflow’s records', '{"dataframe_records":[{"age":1,"city":"Bern"},{"age":2,"city":"Wien"}]}', two],
  ['rows without names', '[[1,"Bern"],[2,"Wien"]]', two],
  ['one row', '{"age":1,"city":"Bern"}', { columns: names, data: [[1, 'Bern']] }],
  ['one row without names', '[1,"Bern"]', { columns: names, data: [[1, 'Bern']] }],
  [
    'records that lack a value',
    '[{"age":1},{"city":"Wien"}]',
    {
      columns: names,
      data: [
        [1, null],
        [null, 'Wien'],
      ],
    },
  ],
  ['JSON lines', '{"age":1,"city":"Bern"}\r\n{"age":2,"city":"Wien"}\n', two],
  ['CSV with a mark of its encoding', '\uFEFFage,city\n1,Bern\n2,Wien', two],
  ['CSV', 'age,city\n1,Bern\r\n2,Wien\n', two],
  ['CSV with semicolons and quotes', 'age;city\n1;"Bern; ""die"" Stadt"\n', { columns: names, data: [[1, 'Bern; "die" Stadt']] }],
  [
    'tabs, with nothing at the end',
    '\n  \nage\tcity\n1\tBern\n2\t\n ',
    {
      columns: names,
      data: [
        [1, 'Bern'],
        [2, null],
      ],
    },
  ],
  [
    'CSV with nothing, truth and a line break',
    'age,city\n,"a\nb"\nTrue,x',
    {
      columns: names,
      data: [
        [null, 'a\nb'],
        [true, 'x'],
      ],
    },
  ],
];
test.each(shapes)('%s', (_, text, rows) => expect(readRows(text, names)).toEqual({ rows, problem: null }));

const wrongs: [string, string, RegExp][] = [
  ['nothing', '  ', /no rows yet/],
  ['broken JSON', '[{"age":', /no JSON/],
  ['an empty list', '[]', /no rows in it/],
  ['too few values', '[[1]]', /Row 1 has 1 values for 2 columns/],
  ['a CSV line that is too long', 'age,city\n1,Bern,3', /Row 1 has 3 values for 2 columns/],
  ['CSV without rows', 'age,city', /first line/],
  ['an open quotation mark', 'age,city\n1,"Bern', /not closed/],
  ['too many rows', JSON.stringify(Array.from({ length: 10_001 }, () => [1, 'x'])), /batch/],
];
test.each(wrongs)('%s', (_, text, reason) => expect(readRows(text, names).problem).toMatch(reason));

test('a CSV column is numbers only where all of it is, and never where the model takes texts', () => {
  const kindOf = kindsOf([{ name: 'zip', type: 'string' }]);
  const read = readRows('flight,zip,n\n9,8001,1\n9E,8002,', [], { kindOf });
  expect(read.rows?.data).toEqual([
    ['9', '8001', 1],
    ['9E', '8002', null],
  ]);
});

const cells: [written: string, read: unknown][] = [
  ...(['0', '-0.5', '0.5', '1e3', '.5', '9007199254740991'].map((text) => [text, Number(text)]) as [string, number][]),
  ...(['01', '-007', '00', '12345678901234567890', '9007199254740993', '1e400'].map((text) => [text, text]) as [string, string][]),
  ...(['constructor', 'toString', '__proto__', 'hasOwnProperty'].map((text) => [text, text]) as [string, string][]),
  ['TRUE', true],
];
test.each(cells)('a column of CSV in which %s stands is read as it was written', (written, read) => {
  expect(readRows(`a,b\n${written},x`, []).rows?.data).toEqual([[read, 'x']]);
});

test('what the model takes as a number is one, with leading zeros too', () => {
  const kindOf = kindsOf([{ name: 'hour', type: 'integer' }]);
  expect(readRows('hour,zip\n07,07', [], { kindOf }).rows?.data).toEqual([[7, '07']]);
});

test('a record that lacks a value has none, whatever an object inherits', () => {
  expect(readRows('[{"constructor":1},{"a":2}]', []).rows?.data).toEqual([
    [1, null],
    [null, 2],
  ]);
});
