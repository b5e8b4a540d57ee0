import type { Run } from '@cellkeep/schema/tracking';
import { expect, test } from 'vitest';
import { bestOf, columnOf, defaultColumns } from './columns.ts';

const t = (text: string) => text;
const run = (id: string, last: number | 'NaN' | null) => ({ id, metrics: last === null ? {} : { auc: { last } } }) as unknown as Run;

test.each([
  ['name', { kind: 'name', orderBy: 'attributes.name' }],
  ['metrics.val/auc', { kind: 'metric', key: 'val/auc', isNumber: true }],
  ['params.a.b', { kind: 'param', key: 'a.b' }],
  ['spark.loss', { kind: 'spark', orderBy: null }],
  ['tags.team', { kind: 'tag', key: 'team' }],
])('%s is a column', (id, wanted) => {
  expect(columnOf(id, t)).toMatchObject(wanted);
});

test.each(['nonsense', 'metrics.', 'other.key', ''])('%j is none', (id) => {
  expect(columnOf(id, t)).toBeNull();
});

test('a table begins with what the person logged; what the machine did is a choice', () => {
  const columns = defaultColumns({ metrics: ['system/cpu_percent', 'auc', 'loss'], params: ['lr'], tags: ['team'] });
  expect(columns).toEqual(['name', 'status', 'params.lr', 'metrics.auc', 'spark.auc', 'metrics.loss', 'source', 'user', 'took', 'when']);
});

test('the best is the greatest or the least; NaN and absent never are', () => {
  const runs = [run('a', 0.5), run('b', 0.9), run('c', 'NaN'), run('d', null)];
  expect(bestOf(runs, 'auc', 'desc')).toBe('b');
  expect(bestOf(runs, 'auc', 'asc')).toBe('a');
  expect(bestOf([run('c', 'NaN')], 'auc', 'desc')).toBeNull();
});
