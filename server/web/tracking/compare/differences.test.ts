import type { WireNumber } from '@cellkeep/schema/wire';
import { describe, expect, test } from 'vitest';
import { likelyDirection, metricRows, moved, paramRows } from './differences.ts';

const summary = (last: WireNumber, min = last, max = last) => ({ last, lastStep: 0, lastTime: 0, min, max, count: 1 });

describe('params', () => {
  test('a row says whether the runs agree; one that lacks the key does not', () => {
    const rows = paramRows([{ params: { lr: '0.1', depth: '3' } }, { params: { lr: '0.10', depth: '3', extra: '' } }]);
    expect(rows).toEqual([
      { key: 'depth', values: ['3', '3'], differs: false },
      { key: 'extra', values: [null, ''], differs: true },
      { key: 'lr', values: ['0.1', '0.10'], differs: true },
    ]);
  });
});

describe('metrics', () => {
  test('the best is the greatest score and the least cost', () => {
    const rows = metricRows(
      [{ metrics: { auc: summary(0.8), loss: summary(0.4) } }, { metrics: { auc: summary(0.9), loss: summary(0.5) } }],
      'last',
    );
    expect(rows.map(({ key, best }) => [key, best])).toEqual([
      ['auc', [1]],
      ['loss', [0]],
    ]);
  });

  test('a row can be turned round', () => {
    const [row] = metricRows([{ metrics: { auc: summary(0.8) } }, { metrics: { auc: summary(0.9) } }], 'last', () => 'lower');
    expect(row?.best).toEqual([0]);
  });

  test('equal best values share the mark; NaN and absent values never have it', () => {
    const rows = metricRows(
      [
        { metrics: { auc: summary('NaN') } },
        { metrics: { auc: summary(0.9) } },
        { metrics: {} },
        { metrics: { auc: summary(0.9) } },
        { metrics: { auc: summary(0.1) } },
      ],
      'last',
    );
    expect(rows[0]?.best).toEqual([1, 3]);
  });

  test('nothing is best where all agree or only one has a value', () => {
    expect(metricRows([{ metrics: { a: summary(1) } }, { metrics: { a: summary(1) } }], 'last')[0]?.best).toEqual([]);
    expect(metricRows([{ metrics: { a: summary(1) } }, { metrics: {} }], 'last')[0]?.best).toEqual([]);
    expect(metricRows([{ metrics: { a: summary(1) } }, { metrics: { a: summary(1) } }, { metrics: {} }], 'last')[0]?.best).toEqual([]);
  });

  test('the chosen statistic decides, and what the machine measured is left out', () => {
    const rows = metricRows(
      [{ metrics: { loss: summary(5, 1, 9), 'system/cpu_percent': summary(1) } }, { metrics: { loss: summary(4, 2, 8) } }],
      'min',
    );
    expect(rows).toEqual([{ key: 'loss', values: [1, 2], differs: true, best: [0] }]);
  });
});

test.each([
  ['val/loss', 'lower'],
  ['logLoss', 'lower'],
  ['rmse_test', 'lower'],
  ['fit_seconds', 'lower'],
  ['auc', 'higher'],
  ['glossary', 'higher'],
  ['accuracy', 'higher'],
])('%s is better %s', (key, direction) => expect(likelyDirection(key)).toBe(direction));

test('a member is moved within the list and never out of it', () => {
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 2, -2)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b'], 1, 5)).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 7, -1)).toEqual(['a', 'b']);
});
