import type { Run } from '@cellkeep/schema/tracking';
import type { WireNumber } from '@cellkeep/schema/wire';
import { expect, test } from 'vitest';
import { changesBetween, relativeText } from './changes.ts';

const run = (params: Run['params'], metrics: Record<string, WireNumber>): Pick<Run, 'params' | 'metrics'> => ({
  params,
  metrics: Object.fromEntries(
    Object.entries(metrics).map(([key, last]) => [key, { last, lastStep: 1, lastTime: 0, min: last, max: last, count: 1 }]),
  ),
});

test('params that were changed, added and taken away are told, equal ones are not', () => {
  const changes = changesBetween(run({ lr: '0.1', depth: '3', old: 'x' }, {}), run({ lr: '0.2', depth: '3', fresh: 'y' }, {}));
  expect(changes.map(({ key, before, after }) => [key, before, after])).toEqual([
    ['fresh', null, 'y'],
    ['lr', '0.1', '0.2'],
    ['old', 'x', null],
  ]);
});

test('metrics are compared by their last value, relative to where they were', () => {
  const [loss] = changesBetween(run({}, { loss: -2, auc: 0.5 }), run({}, { loss: -1, auc: 0.5 }));
  expect(loss).toEqual({ key: 'loss', kind: 'metric', before: '-2', after: '-1', relative: 0.5 });
});

test('what the machine measured is no result, and NaN has no difference in percent', () => {
  const changes = changesBetween(run({}, { 'system/cpu_percent': 1, loss: 0.1 }), run({}, { 'system/cpu_percent': 2, loss: 'NaN' }));
  expect(changes).toEqual([{ key: 'loss', kind: 'metric', before: '0.1', after: 'NaN', relative: null }]);
});

test.each([
  [0.0123, '+1.2 %'],
  [-0.5, '−50 %'],
  [11, '×12'],
  [1e-9, '≈'],
])('a relative difference of %f reads %s', (relative, text) => expect(relativeText(relative)).toBe(text));
