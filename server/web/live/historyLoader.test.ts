import type { Curve, HistoryInput } from '@cellkeep/schema/tracking';
import { expect, test } from 'vitest';
import { createHistoryLoader } from './historyLoader.ts';

const [RUN, OTHER] = ['a'.repeat(32), 'b'.repeat(32)];
const one = Float64Array.of(1);
const history = (runId: string, key: string): Curve => ({ runId, key, steps: one, times: one, values: one, total: 1, sampled: false });

function serverOf(answer: (input: HistoryInput) => Curve[]) {
  const asked: HistoryInput[] = [];
  const ask = async (input: HistoryInput) => {
    asked.push(input);
    return answer(input);
  };
  return { asked, load: createHistoryLoader(ask) };
}
const all = ({ runIds, keys }: HistoryInput) => runIds.flatMap((runId) => keys.map((key) => history(runId, key)));

test('panels of the same runs ask together, and each gets its own metric', async () => {
  const { asked, load } = serverOf(all);
  const [loss, auc] = await Promise.all([
    load({ runIds: [RUN, OTHER], key: 'loss', maxPoints: 300 }),
    load({ runIds: [RUN, OTHER], key: 'auc', maxPoints: 300 }),
  ]);
  expect(asked.map(({ keys }) => keys)).toEqual([['loss', 'auc']]);
  expect(loss.map(({ runId, key }) => [runId, key])).toEqual([
    [RUN, 'loss'],
    [OTHER, 'loss'],
  ]);
  expect(auc.every(({ key }) => key === 'auc')).toBe(true);
});

test('other runs or another part of x are another request', async () => {
  const { asked, load } = serverOf(all);
  await Promise.all([
    load({ runIds: [RUN], key: 'loss', maxPoints: 300 }),
    load({ runIds: [OTHER], key: 'loss', maxPoints: 300 }),
    load({ runIds: [RUN], key: 'auc', maxPoints: 300, fromStep: 5, toStep: 9 }),
  ]);
  expect(asked.map(({ runIds, fromStep }) => [runIds, fromStep])).toEqual([
    [[RUN], undefined],
    [[OTHER], undefined],
    [[RUN], 5],
  ]);
});

test('many runs of many metrics are asked for in parts, none left out', async () => {
  const { asked, load } = serverOf(all);
  const runIds = Array.from({ length: 200 }, (_, i) => String(i).padStart(32, '0'));
  const keys = Array.from({ length: 5 }, (_, i) => `m${i}`);
  await Promise.all(keys.map((key) => load({ runIds, key, maxPoints: 300 })));
  expect(asked.map((input) => input.keys)).toEqual([['m0', 'm1'], ['m2', 'm3'], ['m4']]);
});

test('a refused request fails every panel that waited for it, and no later one', async () => {
  let isAway = true;
  const { load } = serverOf((input) => {
    if (isAway) throw new Error('away');
    return all(input);
  });
  const wish = { runIds: [RUN], key: 'loss', maxPoints: 300 };
  const failed = await Promise.allSettled([load(wish), load({ ...wish, key: 'auc' })]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isAway = false;
  expect(await load(wish)).toHaveLength(1);
});
