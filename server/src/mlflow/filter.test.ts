/** What MLflow 3.17.2 reads from the same filters, and how it refuses them. */
import { describe, expect, test } from 'vitest';
import { listOf, parseFilter, parseOrder, splitIdentifier, textOf } from './filter.ts';

const parts = (filter: string) =>
  parseFilter(filter).map(({ identifier, comparator, value }) => [identifier, comparator, value.written].filter((part) => part !== ''));

describe('a filter', () => {
  test.each([
    ['', []],
    ['metrics.acc > 0.5', [['metrics.acc', '>', '0.5']]],
    [
      "metrics.acc>=-1e-3 and tags.a='x'",
      [
        ['metrics.acc', '>=', '-1e-3'],
        ['tags.a', '=', "'x'"],
      ],
    ],
    ['params."a b" = "c"', [['params."a b"', '=', '"c"']]],
    ["`Run name` like 'a%'", [['`Run name`', 'LIKE', "'a%'"]]],
    ["run_id NOT IN ('a', 'b')", [['run_id', 'NOT IN', "('a', 'b')"]]],
    [
      'tags.a IS NULL AND params.b is not null',
      [
        ['tags.a', 'IS NULL'],
        ['params.b', 'IS NOT NULL'],
      ],
    ],
    ["params.x = 'it''s; AND (so)'", [['params.x', '=', "'it''s; AND (so)'"]]],
    ["tags.mlflow.source.name = 'a'", [['tags.mlflow.source.name', '=', "'a'"]]],
    ["tags.ключ = 'ä'", [['tags.ключ', '=', "'ä'"]]],
    // MLflow asks for no AND, and bears one too many.
    [
      'metrics.a > 1 metrics.b < 2 AND',
      [
        ['metrics.a', '>', '1'],
        ['metrics.b', '<', '2'],
      ],
    ],
  ] as [string, string[][]][])('%s', (filter, comparisons) => {
    expect(parts(filter)).toEqual(comparisons);
  });

  test.each([
    ['  ', "Invalid filter '  '. Could not be parsed."],
    ['metrics.a > 0 OR metrics.a < 0', "Invalid clause(s) in filter string: 'OR'"],
    ['(metrics.a > 0)', "Invalid clause(s) in filter string: '(metrics.a > 0)'"],
    ['metrics.a', "Invalid clause(s) in filter string: 'metrics.a'"],
    ['NOT metrics.a > 0', "Invalid clause(s) in filter string: 'NOT'"],
    ['1 > metrics.a', "Invalid comparison clause. Expected 'Identifier' found '1'"],
    ['metrics.a > 0; metrics.b > 0', 'Search filter contained multiple expression'],
  ])('%s is refused', (filter, message) => {
    expect(() => parseFilter(filter)).toThrow(message);
  });

  test.each(["(' ", '(', "'\\' ", '``', '((a'])('of %s many times is read to its end', (piece) => {
    expect(() => parseFilter(`${piece.repeat(15_000)} metrics.a`)).toThrow('Invalid');
  });
});

test('a list has text alone', () => {
  const read = (written: string) => () => listOf({ is: 'list', written });
  expect(read('(\'a\', "b",)')()).toEqual(['a', 'b']);
  expect(read('()')).toThrow('expected a non-empty list of string values, but got empty list');
  expect(read("('a', 1)")).toThrow('but got different type in list');
  expect(read("('a' b)")).toThrow('ill-formed list');
});

test.each([
  ['(\'a\' , "b" , )', ['a', 'b']],
  [" ( 'it''s' )".trim(), ["it''s"]],
  ["('(', ')')", ['(', ')']],
])('the list %s is read', (written, texts) => {
  expect(listOf({ is: 'list', written })).toEqual(texts);
});

test.each([
  ["('a' 'b')", 'got different type'],
  ["(,'a')", 'got different type'],
  ["('a',, 'b')", 'got different type'],
  ['(-1.5)', 'got different type'],
  ['(1, "b")', 'ill-formed'],
  ["('a', b)", 'ill-formed'],
  ["('a', ('b'))", 'ill-formed'],
  ["('a)", 'ill-formed'],
])('the list %s is refused', (written, said) => {
  expect(() => listOf({ is: 'list', written })).toThrow(said);
});

test.each([' ', "''", "' ", "\\' ", "\\',", "'\\','", ',', '1', "'a' ", '"a" '])(
  'a list of "%s" many times costs by its length',
  (piece) => {
    const began = process.cpuUsage(); // a busy machine takes its time
    expect(() => listOf({ is: 'list', written: `('a'${piece.repeat(99_000 / piece.length)}x)` })).toThrow('list');
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(1_000); // the square took ten times as long
  },
);

test('a value without quotes is refused', () => {
  expect(() => textOf({ is: 'word', written: 'x' })).toThrow('is either not quoted or unidentified quote types used for string value x');
});

test.each([
  ['metrics.acc', 'metrics', 'acc'],
  ['metrics.`a.b`', 'metrics', 'a.b'],
  ['`params`."x y"', 'params', 'x y'],
  ['tags.mlflow.runName', 'tags', 'mlflow.runName'],
  ['status', null, 'status'],
])('%s names a group and a key', (identifier, group, key) => {
  expect(splitIdentifier(identifier)).toEqual({ group, key });
});

test.each([
  ['metrics.acc', { identifier: 'metrics.acc', desc: false }],
  ['metrics.`a b`  DESC', { identifier: 'metrics.`a b`', desc: true }],
  ['  start_time  asc  ', { identifier: 'start_time', desc: false }],
  ['start_time asc', { identifier: 'start_time', desc: false }],
])('the order %s', (clause, part) => {
  expect(parseOrder(clause)).toEqual(part);
});

test.each([
  ['', 'Could not be parsed.'],
  ['metrics.a foo', "Invalid ordering key in order_by clause 'metrics.a foo'."],
  ['metrics.a, metrics.b', 'Could not be parsed.'],
  ['metrics.a asc desc', 'Could not be parsed.'],
  [' metrics.a asc  desc ', 'Could not be parsed.'],
])('the order "%s" is refused', (clause, message) => {
  expect(() => parseOrder(clause)).toThrow(message);
});

test('an order of a million marks is refused after the first few', () => {
  const began = process.cpuUsage(); // a busy machine takes its time
  for (let i = 0; i < 10; i++) expect(() => parseOrder('. '.repeat(500_000))).toThrow('Could not be parsed.');
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(3_000); // each took more than a second
});
