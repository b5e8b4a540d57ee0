import { expect, test } from 'vitest';
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
  const read = readRows('flight,zip,n\n9,8001,1\n9E,8002,', [], { texts: new Set(['zip']) });
  expect(read.rows?.data).toEqual([
    ['9', '8001', 1],
    ['9E', '8002', null],
  ]);
});
