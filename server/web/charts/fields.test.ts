import type { Run } from '@cellkeep/schema/tracking';
import { describe, expect, test } from 'vitest';
import { columnOf, fieldLabel, fieldsOf, fieldValue, varyingParams } from './fields.ts';

const summary = (last: number | 'NaN', min = last, max = last) => ({ last, lastStep: 0, lastTime: 0, min, max, count: 1 });
const runOf = (part: Partial<Run>): Run =>
  ({
    id: 'a'.repeat(32),
    name: 'one',
    params: {},
    tags: {},
    metrics: {},
    status: 'finished',
    startedAt: 1_000,
    endedAt: 3_500,
    ...part,
  }) as Run;

describe('one value', () => {
  const run = runOf({
    params: { 'a.b': '1' },
    metrics: { auc: summary(0.8, 0.2, 0.9), bad: summary('NaN') },
    tags: { team: 'x' },
    user: 'zed',
    userName: 'root',
  });
  test.each([
    ['attributes.user', 'zed'],
    ['metrics.auc', 0.8],
    ['min.auc', 0.2],
    ['max.auc', 0.9],
    ['metrics.bad', null],
    ['params.a.b', '1'],
    ['tags.team', 'x'],
    ['attributes.duration', 2.5],
    ['attributes.toString', null],
    ['params.constructor', null],
    ['nonsense', null],
  ])('%s', (field, value) => expect(fieldValue(run, field)).toBe(value));
});

describe('a column', () => {
  const column = (values: (string | undefined)[]) =>
    columnOf(
      values.map((value) => runOf({ params: value === undefined ? {} : { p: value } })),
      'params.p',
    );
  test('texts that are all numbers are numbers; an absent one changes nothing', () => {
    expect(column(['0.1', ' 1e-3 ', undefined])).toMatchObject({ kind: 'number', values: [0.1, 0.001, null], canLog: true });
  });
  test('one word among numbers makes all of them words', () => {
    expect(column(['0.1', 'auto'])).toMatchObject({ kind: 'category', values: ['0.1', 'auto'] });
  });
  test('zero and less have no place on a log axis', () => expect(column(['0', '1']).canLog).toBe(false));
  test('an empty text is a word, no zero', () => expect(column(['', '1']).kind).toBe('category'));
  test('a field that no run has', () => expect(column([undefined]).values).toEqual([null]));
});

test('params on which runs differ come first', () => {
  const runs = [runOf({ params: { a: '1', b: '1' } }), runOf({ params: { a: '1', b: '2' } })];
  expect(fieldsOf(runs)[0]).toEqual({ group: 'params', fields: ['params.b', 'params.a'] });
  expect(varyingParams(runs)).toEqual(['params.b']);
});

test('a label says which value of a metric it is', () => {
  expect(['metrics.val/auc', 'max.val/auc', 'attributes.start_time'].map(fieldLabel)).toEqual(['val/auc', 'max val/auc', 'start time']);
});
