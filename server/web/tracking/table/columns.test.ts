import type { Run } from '@cellkeep/schema/tracking';
import { expect, test } from 'vitest';
import { appendNewKeys, bestOf, columnOf, defaultColumns, rankKeys } from './columns.ts';

const t = (text: string) => text;
const run = (id: string, last: number | 'NaN' | null) => ({ id, metrics: last === null ? {} : { auc: { last } } }) as unknown as Run;

test.each([
  ['name', { kind: 'name', orderBy: 'attributes.name' }],
  ['metrics.val/auc', { kind: 'metric', key: 'val/auc', isNumber: true }],
  ['params.a.b', { kind: 'param', key: 'a.b' }],
  ['spark.loss', { kind: 'spark', orderBy: null, label: '∿ loss' }],
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

const set = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, '1']));
const runWith = (params: string[], metrics: string[]) => ({ params: set(...params), metrics: set(...metrics) }) as unknown as Run;

test('what most runs have comes first, the rest in the given order', () => {
  const keys = { params: ['alpha', 'depth', 'lr', 'zeta'], metrics: ['auc', 'loss', 'rare'], tags: ['team'] };
  const runs = [runWith(['lr', 'zeta'], ['loss']), runWith(['lr', 'depth'], ['loss', 'auc']), runWith(['lr'], [])];
  expect(rankKeys(keys, runs)).toEqual({ params: ['lr', 'depth', 'zeta', 'alpha'], metrics: ['loss', 'auc', 'rare'], tags: ['team'] });
  expect(rankKeys(keys, [])).toEqual(keys);
});

test('keys that come later stand behind those that were decided', () => {
  const ranked = { params: ['lr'], metrics: ['loss', 'auc'], tags: [] };
  const now = { params: ['alpha', 'lr'], metrics: ['acc', 'auc', 'loss'], tags: ['team'] };
  expect(appendNewKeys(ranked, now)).toEqual({ params: ['lr', 'alpha'], metrics: ['loss', 'auc', 'acc'], tags: ['team'] });
});

test('the best is the greatest or the least; NaN and absent never are', () => {
  const runs = [run('a', 0.5), run('b', 0.9), run('c', 'NaN'), run('d', null)];
  expect(bestOf(runs, 'auc', 'desc')).toBe('b');
  expect(bestOf(runs, 'auc', 'asc')).toBe('a');
  expect(bestOf([run('c', 'NaN')], 'auc', 'desc')).toBeNull();
});
