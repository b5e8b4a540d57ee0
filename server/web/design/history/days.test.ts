import type { SnapshotSummary } from '@cellkeep/schema/design';
import { expect, test } from 'vitest';
import { byDay, pairOf, toggle } from './days.ts';

const at = (id: string, ...when: [number, number, number, number]): SnapshotSummary =>
  ({ id, takenAt: new Date(...when).getTime() }) as SnapshotSummary;
const snapshots = [at('c', 2026, 10, 25, 0), at('b', 2026, 10, 24, 23), at('a', 2026, 10, 24, 1)];

test('snapshots stand under the day on which they were taken', () => {
  expect(byDay(snapshots).map(({ at: day, snapshots: of }) => [new Date(day).getDate(), of.map(({ id }) => id)])).toEqual([
    [25, ['c']],
    [24, ['b', 'a']],
  ]);
});

test('a difference goes from the earlier to the later one, however they were chosen', () => {
  expect(pairOf(['c', 'a'], snapshots)).toEqual(['a', 'c']);
  expect(pairOf(['c'], snapshots)).toBeNull();
});

test('a third choice takes the place of the first', () => {
  expect(toggle(['a', 'b'], 'c')).toEqual(['b', 'c']);
  expect(toggle(['a', 'b'], 'a')).toEqual(['b']);
});
