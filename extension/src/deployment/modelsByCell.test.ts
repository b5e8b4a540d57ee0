import { expect, test } from 'vitest';
import { modelsByCell } from './modelsByCell';

const model = (variable: string, cellId: string | null, executionOrder: number | null = null) => ({
  variable,
  cellId,
  className: 'Pipeline',
  framework: 'sklearn',
  executionOrder,
});

test('each cell has its models, the last one first; a model without a cell is at none', () => {
  const found = modelsByCell([model('a', 'one', 1), model('b', 'one', 2), model('c', null), model('d', 'two')]);
  expect([...found].map(([cell, models]) => [cell, models.map(({ variable }) => variable)])).toEqual([
    ['one', ['b', 'a']],
    ['two', ['d']],
  ]);
});
