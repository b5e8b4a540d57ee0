import { expect, test } from 'vitest';
import { sumTraffic } from '../numbers.ts';
import { fillSlots } from './slots.ts';

const point = (at: number, requests: number) => ({
  ...{ at, requests, rows: requests, clientErrors: 0, serverErrors: 1, rejected: 0 },
  ...{ p50Us: 1, p95Us: 2, p99Us: 3 },
});

test('intervals without a request are zeros, and the last one covers what is over of it', () => {
  const slots = fillSlots({ seconds: 10, points: [point(20_000, 5)] }, 5_000, 44_000);
  expect(slots.map(({ at, requests, seconds }) => [at, requests, seconds])).toEqual([
    [10_000, 0, 10],
    [20_000, 5, 10],
    [30_000, 0, 10],
    [40_000, 0, 4],
  ]);
  expect(slots[0]?.p95Us).toBeNull();
});
test('an interval that has hardly begun is left out, unless it was asked in already', () => {
  expect(fillSlots({ seconds: 10, points: [] }, 10_000, 31_000).map(({ at }) => at)).toEqual([10_000, 20_000]);
  expect(fillSlots({ seconds: 10, points: [point(30_000, 1)] }, 10_000, 31_000).at(-1)).toMatchObject({ at: 30_000, seconds: 2.5 });
});
test('the rate of now is that of the last half minute; errors are a share of all requests', () => {
  const slots = fillSlots({ seconds: 10, points: [point(0, 1_000), point(30_000, 60), point(40_000, 30)] }, 0, 50_000);
  expect(sumTraffic(slots)).toEqual({ requests: 1_090, errors: 3, rejected: 0, perSecond: 3, errorShare: 3 / 1_090, p95Us: 2 });
  expect(sumTraffic([])).toMatchObject({ perSecond: 0, errorShare: null, p95Us: null });
});
