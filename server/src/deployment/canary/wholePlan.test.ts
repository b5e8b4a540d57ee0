import { canaryPlan } from '@cellkeep/schema/deployment';
import { describe, expect, test } from 'vitest';
import { LATENCY_BINS, latencyBin } from '../predictionLog/index.ts';
import { decideCanary } from './decideCanary.ts';
import { driftBetween } from './driftBetween.ts';

/** The same numbers each time (xorshift128, Marsaglia 2003). */
function randomFrom(seed: number): () => number {
  let [x, y, z, w] = [seed, 362_436_069, 521_288_629, 88_675_123];
  return () => {
    const t = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = w ^ (w >>> 19) ^ (t ^ (t >>> 8));
    return (w >>> 0) / 2 ** 32;
  };
}
const binOf = (shares: readonly number[], at: number) => {
  let bin = 0;
  for (let sum = shares[0] ?? 1; sum <= at && bin < shares.length - 1; sum += shares[bin] ?? 1) bin++;
  return bin;
};
const evenly = (bins: number) => Array.from({ length: bins }, () => 1 / bins);

describe('the index of two samples of the same', () => {
  test.each([
    [10, 300, 3_000],
    [2, 200, 200],
    [5, 1_000, 400],
  ])('is no more than chance: %i bins, %i and %i rows', (bins, n, m) => {
    const random = randomFrom(7);
    const sample = (rows: number) => {
      const counts = Array.from({ length: bins }, () => 0);
      for (let i = 0; i < rows; i++) {
        const bin = Math.floor(random() * bins);
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      return counts;
    };
    const [times, scale] = [2_000, 1 / n + 1 / m];
    const raw = (live: number[], canary: number[]) =>
      live.reduce((sum, count, bin) => {
        const [e, a] = [count / m, (canary[bin] ?? 0) / n];
        return sum + (a - e) * Math.log(a / e);
      }, 0);
    let [sum, squares, beyond] = [0, 0, 0];
    for (let i = 0; i < times; i++) {
      const [live, canary] = [sample(m), sample(n)];
      const index = raw(live, canary);
      sum += index;
      squares += index ** 2;
      const told = driftBetween(live, canary);
      if (told && told.index > 6 * told.noise) beyond++;
    }
    const mean = sum / times;
    expect(mean / ((bins - 1) * scale), 'the mean that is taken off').toBeCloseTo(1, 0.8);
    const deviation = Math.sqrt(squares / times - mean ** 2);
    expect(deviation / (Math.sqrt(2 * (bins - 1)) * scale), 'the deviation').toBeCloseTo(1, 0.8);
    expect(beyond / times).toBeLessThan(0.005);
  });

  test('is not told of few, and bins that nobody is in count for nothing', () => {
    expect(driftBetween([100, 99], [500, 500])).toBeNull();
    expect(driftBetween([500, 500], [100, 99])).toBeNull();
    expect(
      driftBetween(
        evenly(30).map(() => 19),
        evenly(30).map(() => 1_000),
      ),
    ).toBeNull();
    const nobody = evenly(200).map(() => 0);
    expect(driftBetween([2_000, 2_000, ...nobody], [100, 100, ...nobody])).toEqual(driftBetween([2_000, 2_000], [100, 100]));
    expect(driftBetween([400], [400])).toEqual({ index: 0, noise: 0 });
  });
});

describe('a whole plan, looked at every two seconds', () => {
  const plan = canaryPlan.parse({});
  interface Traffic {
    perSecond: number;
    live: number[];
    canary: number[];
    slower?: number;
  }
  /** How it ended. */
  function run({ perSecond, live, canary, slower = 1 }: Traffic, random: () => number): string {
    const none = (bins: number) => Array.from({ length: bins }, () => 0);
    const fresh = (bins: number) => ({ requests: 0, serverErrors: 0, latencies: none(LATENCY_BINS), spread: none(bins) });
    let [own, theirs] = [fresh(live.length), fresh(live.length)];
    let state = { step: 0, stepStartedAt: 0, verdict: 'waiting' as const, reason: '' };
    for (let now = 2_000; now < 4_000_000; now += 2_000) {
      for (let i = 0; i < perSecond * 2; i++) {
        const isCanary = random() < (plan.steps[state.step] ?? 1);
        const side = isCanary ? own : theirs;
        side.requests++;
        // Log-normal: the slowest of a hundred take ten times as long as most.
        const us = 1_000 * Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())) * (isCanary ? slower : 1);
        const [latency, bin] = [latencyBin(us), binOf(isCanary ? canary : live, random())];
        side.latencies[latency] = (side.latencies[latency] ?? 0) + 1;
        side.spread[bin] = (side.spread[bin] ?? 0) + 1;
      }
      const drift = driftBetween(theirs.spread, own.spread);
      const nobody = { n: 0, mean: 0 };
      const decision = decideCanary(plan, state, { canary: own, live: theirs, drift, feedback: { canary: nobody, live: nobody } }, now);
      if (decision.verdict === 'finish') return 'finished';
      if (decision.verdict === 'roll-back') return decision.reason;
      if (decision.verdict === 'step') {
        state = { ...state, step: decision.step, stepStartedAt: now };
        [own, theirs] = [fresh(live.length), fresh(live.length)];
      }
    }
    return 'never ended';
  }
  const many = (traffic: Traffic, times: number, seed = 20_130_101) => {
    const random = randomFrom(seed);
    return Array.from({ length: times }, () => run(traffic, random));
  };

  test.each([
    ['ten bins, two requests a second', { perSecond: 2, live: evenly(10), canary: evenly(10) }, 200],
    ['ten bins, ten requests a second', { perSecond: 10, live: evenly(10), canary: evenly(10) }, 100],
    ['two classes, one of them rare', { perSecond: 4, live: [0.95, 0.05], canary: [0.95, 0.05] }, 200],
    ['twenty bins', { perSecond: 5, live: evenly(20), canary: evenly(20) }, 100],
  ])(
    'ends well for the same model: %s',
    (_, traffic, times) => {
      const ends = many(traffic, times);
      expect(ends.filter((end) => end !== 'finished').length / times).toBeLessThanOrEqual(0.01);
    },
    60_000,
  );

  test('goes back where predictions have moved, and where it is two and a half times as slow', () => {
    const moved = many({ perSecond: 10, live: [0.7, 0.3], canary: [0.35, 0.65] }, 20);
    expect(moved.every((end) => end.includes('stability index'))).toBe(true);
    const slow = many({ perSecond: 10, live: evenly(10), canary: evenly(10), slower: 2.5 }, 20);
    expect(slow.every((end) => end.startsWith('p95 is'))).toBe(true);
  }, 60_000);
});
