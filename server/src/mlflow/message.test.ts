/** As protobuf's JSON reads and refuses the same: https://protobuf.dev/programming-guides/json/ */
import { describe, expect, test } from 'vitest';
import {
  bool,
  double,
  doubleOf,
  fromQuery,
  ids,
  int64,
  list,
  message,
  oneOf,
  readerOf,
  required,
  string,
  strings,
  time,
} from './message.ts';

const tag = message({ key: required(string), value: string });
const read = readerOf({
  run_id: required(string),
  start_time: int64,
  ended: time,
  max_value: double,
  status: oneOf({ RUNNING: 1, FINISHED: 3 }),
  tags: list(tag),
  order_by: strings,
  experiment_ids: ids,
});

describe('a message', () => {
  test('has what was sent under either name; lists that are absent are empty, null is absent, unknown fields are passed over', () => {
    expect(read({ runId: 'r', startTime: '5', max_value: 'Infinity', status: 3, tags: [{ key: 'a' }], more: {}, order_by: null })).toEqual({
      ...{ run_id: 'r', start_time: 5, max_value: Number.POSITIVE_INFINITY, status: 'FINISHED', tags: [{ key: 'a' }] },
      ...{ order_by: [], experiment_ids: [] },
    });
    expect(read({ run_id: 'r', experiment_ids: [5, '6'] }).experiment_ids).toEqual(['5', '6']);
  });

  test.each([
    [{}, "Missing value for required parameter 'run_id'."],
    [{ run_id: '' }, "Missing value for required parameter 'run_id'."],
    [{ run_id: 31 }, "Invalid value 31 for parameter 'run_id' supplied:  Hint: Value was of type 'int'."],
    [{ run_id: 'r', runId: 's' }, "Request specifies both 'run_id' and 'runId'; provide only one of them."],
    [{ run_id: 'r', start_time: 1.5 }, "Invalid value 1.5 for parameter 'start_time'"],
    [{ run_id: 'r', start_time: 2 ** 53 }, "for parameter 'start_time'"],
    [{ run_id: 'r', start_time: true }, "Invalid value true for parameter 'start_time' supplied:  Hint: Value was of type 'bool'."],
    [{ run_id: 'r', max_value: '' }, 'Invalid value "" for parameter \'max_value\''],
    [{ run_id: 'r', status: 'NOPE' }, 'Invalid value "NOPE" for parameter \'status\''],
    [{ run_id: 'r', tags: '5' }, 'Invalid value "5" for parameter \'tags\''],
    [{ run_id: 'r', tags: [{}] }, "Missing value for required parameter 'tags[0].key'."],
    [{ run_id: 'r', tags: [null] }, "Invalid value null for parameter 'tags[0]' supplied:  Hint: Value was of type 'NoneType'."],
    [
      { run_id: 'r', ended: 8.64e15 + 1 },
      "Invalid value 8640000000000001 for parameter 'ended' supplied: it must be milliseconds since 1970",
    ],
    [{ run_id: 'r', ended: '-8640000000000001' }, "for parameter 'ended' supplied: it must be milliseconds since 1970"],
    [{ run_id: 'r', order_by: [{ b: 1, a: 2 }] }, 'Invalid value [{"a":2,"b":1}] for parameter \'order_by\''],
  ])('%j is refused', (given, said) => {
    expect(() => read(given)).toThrow(said);
  });

  test('that has lists in lists without end is refused as any other', () => {
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    for (const field of ['order_by', 'experiment_ids', 'run_id'])
      expect(() => read({ run_id: 'r', [field]: [deep] })).toThrow(/^Invalid value \[{20}.*for parameter/);
    const message = (given: object) => {
      try {
        read({ run_id: 'r', ...given });
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message({ start_time: 'x'.repeat(10_000_000) })?.length).toBeLessThan(1_300);
    expect(message({ start_time: Array.from({ length: 100_000 }, () => 1) })).toContain(',1…');
  });

  test('takes no field from what every object has', () => {
    expect(readerOf({ constructor: string, to_string: string })({})).toEqual({});
  });
});

test.each([
  ['1.5', 1.5],
  [' -2e3 ', -2_000],
  ['NaN', Number.NaN],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['0x10', undefined],
  ['x', undefined],
  [null, undefined],
  [true, undefined],
])('%j as a double', (given, number) => {
  expect(doubleOf(given)).toBe(number);
});

describe('a query string', () => {
  test('has lists where the field is one, and words for booleans', () => {
    const fields = { run_ids: strings, key: string, deep: bool };
    expect(fromQuery(fields, 'run_ids=a&run_ids=b&key=x&key=y&deep=True&more=1')).toEqual({ run_ids: ['a', 'b'], key: 'x', deep: true });
    expect(fromQuery(fields, 'run_ids=a')).toEqual({ run_ids: ['a'] });
    expect(() => fromQuery(fields, 'deep=1')).toThrow("Invalid boolean value: 1, must be 'true' or 'false'.");
  });
});
