import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test.each([
  ['{"a":NaN,"b":[Infinity, -Infinity]}', { a: 'NaN', b: ['Infinity', '-Infinity'] }],
  [String.raw`{"a \"NaN\" \\":"x NaN, \"Infinity","b":NaN}`, { 'a "NaN" \\': 'x NaN, "Infinity', b: 'NaN' }],
  ['NaN', 'NaN'],
])('%s has words that JSON does not know, outside of its texts alone', (text, value) => {
  expect(parseJson(text)).toEqual(value);
});

test.each([
  ['{"a": xNaN}', 'line 1, column 7'],
  ['{"a": NaN', 'line 1, column 7'],
  ['{"a": "NaN\\"', 'line 1, column 7'],
  ['-', 'line 1, column 1'],
])('%s is no JSON, and the place is named', (text, place) => {
  expect(() => parseJson(text)).toThrow(place);
});

test.each([String.raw`\"`, '"', '\\', '-', 'NaN', '"NaN', '[', 'a'])(
  'a body that repeats %s is refused in a time that grows as it does',
  (piece) => {
    const began = process.cpuUsage(); // a busy machine takes its time
    expect(() => parseJson(`{"a": "${piece.repeat(200_000)}`)).toThrow('is no JSON');
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(3_000); // the square took half a minute
  },
);
