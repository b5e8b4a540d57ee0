import type { Run } from '@cellkeep/schema/tracking';
import { describe, expect, test } from 'vitest';
import { importanceOf } from './importance.ts';
import { rankCorrelation, ranksOf } from './ranks.ts';

const now = async () => undefined;
/** Evenly spread, without chance: the fractional parts of multiples of an irrational number. */
const spread = (i: number, by: number) => (i * by) % 1;
const runsOf = (n: number, paramsOf: (i: number) => Record<string, string>, metricOf: (i: number) => number): Run[] =>
  Array.from({ length: n }, (_, i) => {
    const value = metricOf(i);
    const metrics = { auc: { last: value, lastStep: 0, lastTime: 0, min: value, max: value, count: 1 } };
    return { id: String(i).padStart(32, '0'), params: paramsOf(i), metrics } as unknown as Run;
  });

describe('importance', () => {
  const lr = (i: number) => spread(i, 0.618);
  const depth = (i: number) => Math.floor(spread(i, 0.4495) * 10);
  const noise = (i: number) => spread(i, 0.7321);
  const model = (i: number) => ['forest', 'linear', 'mlp'][i % 3] as string;
  const params = (i: number) => ({ lr: String(lr(i)), depth: String(depth(i)), noise: String(noise(i)), model: model(i), seed: '7' });

  test('the params that make the metric come first, noise last, one that never changes not at all', async () => {
    const runs = runsOf(80, params, (i) => 3 * lr(i) + (model(i) === 'mlp' ? 1 : 0));
    const found = await importanceOf(runs, 'metrics.auc', now);
    if (found.state !== 'done') throw new Error(found.state);
    expect(found.weights.slice(0, 2).map(({ field }) => field)).toEqual(['params.lr', 'params.model']);
    expect(found.weights.map(({ field }) => field)).not.toContain('params.seed');
    expect(found.weights.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 9);
    expect(found.weights[2]!.importance).toBeLessThan(0.05);
    expect(found.weights[0]!.correlation).toBeGreaterThan(0.8);
    expect(found.weights[1]!.correlation).toBeNull();
    expect(found.explained).toBeGreaterThan(0.8);
  }, 60_000);

  test('the same runs in another order give the same numbers', async () => {
    const runs = runsOf(30, params, (i) => lr(i));
    const found = await importanceOf(runs, 'metrics.auc', now);
    expect(await importanceOf([...runs].reverse(), 'metrics.auc', now)).toEqual(found);
  }, 60_000);

  test('where the metric hangs on none of the params, the forest explains nothing and says so', async () => {
    const found = await importanceOf(
      runsOf(60, params, (i) => spread(i * i, 0.3027)),
      'metrics.auc',
      now,
    );
    if (found.state !== 'done') throw new Error(found.state);
    expect(found.explained).toBeLessThan(0.2);
  }, 60_000);

  test('too few runs, equal params, an equal metric', async () => {
    expect(await importanceOf(runsOf(19, params, lr), 'metrics.auc', now)).toEqual({ state: 'few', runs: 19 });
    expect(
      await importanceOf(
        runsOf(20, () => ({ a: '1' }), lr),
        'metrics.auc',
        now,
      ),
    ).toMatchObject({ state: 'same', what: 'params' });
    expect(
      await importanceOf(
        runsOf(20, params, () => 1),
        'metrics.auc',
        now,
      ),
    ).toMatchObject({ state: 'same', what: 'metric' });
    expect(await importanceOf(runsOf(40, params, lr), 'metrics.other', now)).toEqual({ state: 'few', runs: 0 });
  });

  test('a run that lacks a param counts, with its absence as a value', async () => {
    const runs = runsOf(
      60,
      (i): Record<string, string> => (i % 2 ? { warm: '1', lr: String(lr(i)) } : { lr: String(lr(i)) }),
      (i) => (i % 2 ? 1 : 0),
    );
    const found = await importanceOf(runs, 'metrics.auc', now);
    if (found.state !== 'done') throw new Error(found.state);
    expect(found.weights[0]).toMatchObject({ field: 'params.warm' });
  }, 60_000);
});

describe('ranks', () => {
  test('equal values share theirs', () => expect(ranksOf([30, 10, 20, 20])).toEqual([4, 1, 2.5, 2.5]));
  test.each([
    ['a curve that always rises', [1, 2, 3, 4], [1, 10, 100, 1000], 1],
    ['one that falls', [1, 2, 3, 4], [4, 3, 2, 1], -1],
    // scipy 1.17 stats.spearmanr([1, 2, 2, 4, 5], [3, 1, 4, 4, 9])
    ['ties', [1, 2, 2, 4, 5], [3, 1, 4, 4, 9], 0.763_157_894_736_842_1],
    ['one that never changes', [1, 1, 1], [1, 2, 3], null],
  ])('%s', (_, a, b, wanted) => {
    const found = rankCorrelation(a, b);
    if (wanted === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(wanted, 12);
  });
});
