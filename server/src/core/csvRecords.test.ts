import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvRecords, delimiterOf } from './csvRecords.ts';

const cellsOf = (text: string, delimiter = ',') => [...csvRecords(text, delimiter)].map(({ cells }) => cells);

test.each([
  ['LF', 'a,b\n1,2\n', '[["a","b"],["1","2"]]'],
  ['CRLF, none at the end', 'a,b\r\n1,2', '[["a","b"],["1","2"]]'],
  ['CR of old Macs', 'a,b\r1,2\r', '[["a","b"],["1","2"]]'],
  ['quotes around comma, quote and line break', '"a,b","say ""hi""","1\n2"\n', String.raw`[["a,b","say \"hi\"","1\n2"]]`],
  ['a quote inside an unquoted cell', '5" disk,x', String.raw`[["5\" disk","x"]]`],
  ['text after a closing quote', '"a"b,c', '[["ab","c"]]'],
  ['a quote that is never closed', 'a,"b\nc', String.raw`[["a","b\nc"]]`],
  ['blank lines between records', 'a\n\n\r\n1\n', '[["a"],["1"]]'],
  ['an empty cell in quotes is no blank line', 'a\n""\n', '[["a"],[""]]'],
  ['empty cells', ',\n,,\n', '[["",""],["","",""]]'],
  ['ragged records', 'a,b\n1\n1,2,3', '[["a","b"],["1"],["1","2","3"]]'],
  ['nothing', '', '[]'],
])('%s', (_name, text, records) => {
  expect(JSON.stringify(cellsOf(text))).toBe(records);
});

test('the last record says that no line break followed it', () => {
  expect([...csvRecords('a\nb', ',')].map(({ atEnd }) => atEnd)).toEqual([false, true]);
});

test.each([
  ['a,b;c', ','],
  ['a;b\n1,5;2', ';'],
  ['a\tb', '\t'],
  ['"a;b"\n1', ','],
  ['a', ','],
])('%j is delimited by %j', (text, delimiter) => {
  expect(delimiterOf(text)).toBe(delimiter);
});

test('what RFC 4180 writes is read back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '😀'), maxLength: 6 });
  const records = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
  fc.assert(
    fc.property(records, fc.constantFrom('\n', '\r\n', '\r'), fc.constantFrom(',', ';', '\t'), (rows, line, delimiter) => {
      const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(delimiter) + line).join('');
      expect(cellsOf(text, delimiter)).toEqual(rows);
    }),
  );
});

test('any text is read to its end', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r'), maxLength: 40 });
  fc.assert(
    fc.property(text, (given) => {
      const letters = (of: string) => of.replace(/[^a]/g, '').length;
      expect(letters(cellsOf(given).flat().join(''))).toBe(letters(given));
    }),
  );
});
