import { expect, test } from 'vitest';
import { bundleOfModel } from '../testModels.ts';
import { ReleaseCounters } from './counters.ts';
import type { RequestLog } from './requestLog.ts';
import type { ServedRelease } from './served.ts';
import { askShadow } from './shadow.ts';

test('requests that a shadow is not asked, since too many rows wait for it already, count as failed', () => {
  const counters = new ReleaseCounters(bundleOfModel('progress').signature, null);
  const asked: number[] = [];
  const shadow = {
    counters,
    readers: [],
    batcher: { add: ({ count }: { count: number }) => asked.push(count) },
  } as unknown as ServedRelease;
  const ask = (count: number, requests: number) =>
    askShadow(
      shadow,
      shadow,
      { rows: { count, columns: [] }, answers: { columns: [], scores: null }, jobs: new Array(requests).fill({}) },
      {} as RequestLog,
    );
  ask(15_000, 1);
  ask(5_001, 3);
  ask(5_000, 2);
  ask(1, 1);
  expect(counters.takeTraffic()?.failed).toBe(4);
});
