import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allColumns, arrange, expandColumns, moveColumn, withColumn, withoutColumn } from './columnSets.ts';

const keys = { metrics: ['auc', 'layer1/norm', 'layer2/norm', 'loss'], params: ['lr', 'model'], tags: ['team'] };

describe('a set becomes columns', () => {
  test.each([
    ['the name is always there, and first', ['status'], ['name', 'status']],
    ['a star stands for every key that fits', ['name', 'metrics.layer*'], ['name', 'metrics.layer1/norm', 'metrics.layer2/norm']],
    ['in the middle too, in any case', ['metrics.*1*NORM'], ['name', 'metrics.layer1/norm']],
    [
      'a column that is named by itself stands there alone',
      ['metrics.loss', 'metrics.l*', 'when'],
      [...['name', 'metrics.loss', 'metrics.layer1/norm', 'metrics.layer2/norm', 'when']],
    ],
    ['one can be taken out', ['metrics.*', '!metrics.auc', '!metrics.loss'], ['name', 'metrics.layer1/norm', 'metrics.layer2/norm']],
    ['nothing fits', ['params.x*', 'nonsense.*', '*'], ['name']],
    ['curves', ['spark.a*'], ['name', 'spark.auc']],
  ])('%s', (_, set, wanted) => {
    expect(expandColumns(set, keys)).toEqual(wanted);
  });

  test('a pattern with many stars takes no time', () => {
    const long = { ...keys, metrics: ['a'.repeat(250)] };
    expect(expandColumns([`metrics.${'*a'.repeat(120)}*b`], long)).toEqual(['name']);
  });

  test('each column once, whatever the set says', () => {
    const set = fc.array(fc.constantFrom('name', 'metrics.*', 'metrics.auc', '!metrics.loss', 'params.l*', 'when', '*'));
    fc.assert(
      fc.property(set, (ids) => {
        const columns = expandColumns(ids, keys);
        expect(new Set(columns).size).toBe(columns.length);
        expect(columns[0]).toBe('name');
      }),
    );
  });
});

describe('a column is moved', () => {
  test.each([
    ['to the left', ['name', 'a', 'b', 'c'], 'c', 'a', ['name', 'c', 'a', 'b']],
    ['to the right', ['name', 'a', 'b', 'c'], 'a', 'c', ['name', 'b', 'c', 'a']],
    ['out of its pattern', ['name', 'when', 'metrics.*'], 'metrics.auc', 'when', ['name', 'metrics.auc', 'when', 'metrics.*']],
    ['behind a pattern', ['name', 'when', 'metrics.*'], 'when', 'metrics.auc', ['name', 'metrics.*', 'when']],
    ['onto itself', ['name', 'a'], 'a', 'a', ['name', 'a']],
    ['what is not there', ['name', 'a'], 'x', 'a', ['name', 'a']],
  ])('%s', (_, set, id, target, wanted) => {
    expect(moveColumn(set, id, target, keys)).toEqual(wanted);
  });
});

test('hiding and showing a column of a pattern leaves the pattern', () => {
  const hidden = withoutColumn(['name', 'metrics.*'], 'metrics.auc');
  expect(expandColumns(hidden, keys)).not.toContain('metrics.auc');
  expect(expandColumns(withColumn(hidden, 'metrics.auc'), keys)).toContain('metrics.auc');
  expect(withoutColumn(['name', 'when'], 'when')).toEqual(['name']);
});

test('pinned columns stand behind the name, before all others', () => {
  expect(arrange(['name', 'a', 'b', 'c'], ['c', 'a', 'gone'])).toEqual({ ids: ['name', 'a', 'c', 'b'], fixed: 3 });
});

test('all columns are those of every run, and two for each metric', () => {
  expect(allColumns(keys).length).toBe(9 + 4 * 2 + 2 + 1);
  expect(allColumns(undefined).length).toBe(9);
});
