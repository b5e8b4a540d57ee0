import { describe, expect, test } from 'vitest';
import { groupRuns, settle } from './groups.ts';

const now = new Date(2026, 2, 30, 15).getTime(); // the day after Europe's clocks went forward
const at = (month: number, day: number, hour: number) => new Date(2026, month, day, hour).getTime();
const run = (id: string, startedAt: number, status: 'running' | 'finished' = 'finished') => ({ id, startedAt, status });

test('running first, then by day, each group in the order of the list', () => {
  const groups = groupRuns(
    [
      run('a', at(2, 30, 14), 'running'),
      run('b', at(2, 30, 13)),
      run('c', at(2, 30, 0)),
      run('d', at(2, 29, 23)),
      run('e', at(2, 29, 0)),
      run('f', at(2, 25, 12)),
      run('g', at(1, 1, 12)),
      run('h', at(2, 1, 12), 'running'),
    ],
    now,
  );
  expect(groups).toEqual([
    { name: 'running', ids: ['a', 'h'] },
    { name: 'today', ids: ['b', 'c'] },
    { name: 'yesterday', ids: ['d', 'e'] },
    { name: 'week', ids: ['f'] },
    { name: 'earlier', ids: ['g'] },
  ]);
});

test('no runs, no groups', () => {
  expect(groupRuns([], now)).toEqual([]);
});

describe('under the pointer', () => {
  const held = groupRuns([run('a', now, 'running'), run('b', now)], now);

  test('a run that ends stays where it is, one that comes waits and is counted', () => {
    const fresh = groupRuns([run('new', now, 'running'), run('a', now), run('b', now)], now);
    expect(settle(held, fresh)).toEqual({ groups: held, news: 1 });
  });

  test('a run that is gone is gone, and its empty group with it', () => {
    expect(settle(held, groupRuns([run('b', now)], now))).toEqual({ groups: [{ name: 'today', ids: ['b'] }], news: 0 });
  });
});
