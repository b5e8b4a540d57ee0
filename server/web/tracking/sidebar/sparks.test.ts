import { expect, test } from 'vitest';
import { growTail, joinTail, type Tail } from './sparks.ts';

test('a summary without news changes nothing', () => {
  const tail = growTail(undefined, { last: 1, lastStep: 5 });
  expect(growTail(tail, { last: 1, lastStep: 5 })).toBe(tail);
  expect(growTail(tail, { last: 2, lastStep: 6 })).toEqual({ steps: [5, 6], values: [1, 2] });
});

test('a long tail is thinned and keeps its newest point', () => {
  let tail: Tail | undefined;
  for (let step = 0; step < 1_000; step++) tail = growTail(tail, { last: step, lastStep: step });
  expect(tail!.steps.length).toBeLessThanOrEqual(64);
  expect(tail!.steps.at(-1)).toBe(999);
  expect([...tail!.steps].sort((a, b) => a - b)).toEqual(tail!.steps);
});

test('the tail goes on where the history ends, and no point is drawn twice', () => {
  expect(joinTail({ steps: [0, 1, 2], values: [9, 8, 7] }, { steps: [1, 2, 3], values: [8, 7, 6] })).toEqual([9, 8, 7, 6]);
  expect(joinTail(undefined, { steps: [3], values: [6] })).toEqual([6]);
  expect(joinTail({ steps: [0], values: [9] }, undefined)).toEqual([9]);
});
