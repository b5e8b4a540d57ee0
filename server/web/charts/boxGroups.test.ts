import { expect, test } from 'vitest';
import { boxGroups } from './boxGroups.ts';
import type { Column } from './fields.ts';
import { quartilesOf } from './quartiles.ts';

const column = (kind: Column['kind'], values: Column['values'], field = 'params.p'): Column => ({ field, kind, values, canLog: false });

test('quartiles are those of numpy', () => {
  // numpy 2.4.6: np.percentile([3, 1, 4, 1, 5, 9, 2, 6], [0, 25, 50, 75, 100])
  expect(quartilesOf([3, 1, 4, 1, 5, 9, 2, 6])).toEqual({ n: 8, least: 1, lower: 1.75, middle: 3.5, upper: 5.25, greatest: 9 });
  expect(quartilesOf([])).toBeNull();
});

test('words are groups in their order, 2 before 10; runs without the param are one of their own', () => {
  const { groups } = boxGroups(column('number', [1, 2, 3, 4]), column('category', ['v10', 'v2', null, 'v2']));
  expect(groups.map(({ label, members }) => [label, members])).toEqual([
    ['v2', [1, 3]],
    ['v10', [0]],
    ['–', [2]],
  ]);
});

test('many numbers become ranges of about equally many runs', () => {
  const by = Array.from({ length: 120 }, (_, i) => 10 ** (-4 + i / 30));
  const { groups, isRanged } = boxGroups(
    column(
      'number',
      by.map((_, i) => i),
    ),
    column('number', by),
  );
  expect(isRanged).toBe(true);
  expect(groups.map(({ members }) => members.length)).toEqual([20, 20, 20, 20, 20, 20]);
});

test('a run without the metric is in no group', () => {
  expect(boxGroups(column('number', [null, 1]), null).groups).toMatchObject([{ label: '', members: [1] }]);
});
