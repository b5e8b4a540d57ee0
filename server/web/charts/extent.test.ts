import { expect, test } from 'vitest';
import type { Curve } from './curve.ts';
import { extentOf } from './extent.ts';

const curve = (y: (number | null)[], part: Partial<Curve> = {}): Curve => ({
  ...{ runId: 'a', label: 'a', colour: '#000', dash: undefined, raw: null, isFaded: false },
  line: { x: y.map((_, i) => i), y },
  ...part,
});
const all = { log: false, clip: 0, window: null, lockedY: null };

test('all values are shown, with room above and below', () => {
  const { extent, outside } = extentOf([curve([0, 10]), curve([5, 20])], all);
  expect(extent.x).toEqual([0, 1]);
  expect(extent.y).toEqual([-1.2, 21.2]);
  expect(outside).toBe(0);
});

test('only what lies in the shown part of x counts', () => {
  const values = [0, 1, 2, 100];
  expect(extentOf([curve(values)], { ...all, window: [0, 2] }).extent.y).toEqual([-0.12, 2.12]);
});

test('of a thousand values one spike is cut off by 99 % and counted; without it all are inside', () => {
  const values = Array.from({ length: 1_000 }, (_, i) => (i === 500 ? 1e6 : i % 10));
  const { extent, outside } = extentOf([curve(values)], { ...all, clip: 0.99 });
  expect(extent.y![1]).toBeLessThan(11);
  expect(outside).toBe(1);
  expect(extentOf([curve(values)], all).outside).toBe(0);
});

test('a range that is held stays, and what leaves it is counted', () => {
  expect(extentOf([curve([1, 2, 30])], { ...all, lockedY: [0, 10] })).toEqual({ extent: { x: [0, 2], y: [0, 10] }, outside: 1 });
});

test('what is in the background does not stretch the axis', () => {
  expect(extentOf([curve([1, 2]), curve([0, 1e9], { isFaded: true })], all).extent.y![1]).toBeLessThan(3);
});

test('gaps, nothing at all, one value, a log axis', () => {
  expect(extentOf([curve([null, 3, null])], all).extent.y).toEqual([2.7, 3.3]);
  expect(extentOf([], all).extent).toEqual({ x: null, y: null });
  const { extent } = extentOf([curve([1, 100])], { ...all, log: true });
  expect(extent.y![0]).toBeGreaterThan(0);
  expect(extent.y![1]).toBeCloseTo(100 * 100 ** 0.06, 9);
});
