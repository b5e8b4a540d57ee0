import { expect, test } from 'vitest';
import { MANY } from './comparedIds.ts';
import { columnsInSight, WIDTH } from './useColumnsInSight.ts';

test('a few columns are all drawn, however narrow the page', () => {
  expect(columnsInSight(MANY, 500, 100)).toEqual({ from: 0, to: MANY });
});

test.each([0, 1, WIDTH, 999, 5_000, 100 * WIDTH, 200 * WIDTH - 1_000])(
  'of two hundred, scrolled by %i px, what is seen is drawn, and little else',
  (left) => {
    const width = 1_000;
    const { from, to } = columnsInSight(200, left, width);
    expect(from * WIDTH).toBeLessThanOrEqual(left);
    expect(Math.min(200, to) * WIDTH).toBeGreaterThanOrEqual(Math.min(200 * WIDTH, left + width));
    expect(to).toBeLessThanOrEqual(200);
    expect(to - from).toBeLessThan(40);
  },
);

test('scrolled beyond the last column, something is drawn all the same', () => {
  const { from, to } = columnsInSight(30, 100_000, 1_000);
  expect(to).toBe(30);
  expect(from).toBeLessThan(to);
});
