import { canaryPlan } from '@cellkeep/schema/deployment';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LATENCY_BINS, latencyBin } from '../predictionLog/index.ts';
import { alignSpread } from './alignSpread.ts';
import { decideCanary, type Observed } from './decideCanary.ts';

const plan = canaryPlan.parse({
  steps: [0.1, 0.5, 1],
  stepSeconds: 60,
  minRequests: 100,
  maxErrorShare: 0.02,
  maxP95Ratio: 2,
  maxDrift: 0.25,
  minFeedbackRatio: 0.9,
});
const atStep = (step: number) => ({ step, stepStartedAt: 0, verdict: 'waiting' as const, reason: '' });
/** So many requests, all with this latency. */
const counts = (requests: number, { us = 1_000, serverErrors = 0 } = {}) => {
  const latencies = Array.from({ length: LATENCY_BINS }, () => 0);
  latencies[latencyBin(us)] = requests;
  return { requests, serverErrors, latencies };
};
/** All but some take 1 ms, those 50 ms. */
const slowOnes = (requests: number, slow: number) => {
  const counted = counts(requests - slow);
  counted.latencies[latencyBin(50_000)] = slow;
  return { ...counted, requests };
};
const drift = (index: number, noise = 0.001) => ({ index, noise });
const nothingSaid = { canary: { n: 0, mean: 0 }, live: { n: 0, mean: 0 } };
const seen = (more: Partial<Observed>): Observed => ({
  canary: counts(200),
  live: counts(1_800),
  drift: drift(0.01),
  feedback: nothingSaid,
  ...more,
});
const said = (canary: number, live: number, n = 100) => ({ feedback: { canary: { n, mean: canary }, live: { n, mean: live } } });

describe('a canary', () => {
  test.each([
    [
      'waits for its requests, also when the time is over',
      seen({ canary: counts(99) }),
      0,
      61_000,
      { verdict: 'wait', state: 'waiting', reason: '99 of 100 requests' },
    ],
    ['is within its limits until the time is over', seen({}), 0, 59_999, { verdict: 'wait', state: 'within', reason: '' }],
    ['goes to its next step', seen({}), 0, 60_000, { verdict: 'step', step: 1 }],
    ['is done where the next share is all', seen({}), 1, 60_000, { verdict: 'finish' }],
    ['is done after its last step', seen({}), 2, 60_000, { verdict: 'finish' }],
    ['may have as many errors as are allowed', seen({ canary: counts(200, { serverErrors: 4 }) }), 0, 60_000, { verdict: 'step', step: 1 }],
    [
      'goes back with more errors, before the time is over',
      seen({ canary: counts(200, { serverErrors: 5 }) }),
      0,
      1,
      { verdict: 'roll-back', reason: '5 of 200 answers were errors; 2 % are allowed' },
    ],
    [
      'goes back with too many errors for any more requests',
      seen({ canary: counts(3, { serverErrors: 3 }) }),
      0,
      1,
      { verdict: 'roll-back', reason: '3 of 3 answers were errors; 2 % are allowed' },
    ],
    [
      'is not judged by two errors of two',
      seen({ canary: counts(2, { serverErrors: 2 }) }),
      0,
      1,
      { verdict: 'wait', state: 'waiting', reason: '2 of 100 requests' },
    ],
    [
      'is not judged by the clock of live ones that nobody asks',
      seen({ canary: counts(200, { us: 9_000 }), live: counts(20) }),
      0,
      60_000,
      { verdict: 'step', step: 1 },
    ],
    ['goes on with as much drift as is allowed', seen({ drift: drift(0.25) }), 0, 60_000, { verdict: 'step', step: 1 }],
    ['goes on where drift cannot be told', seen({ drift: null }), 0, 60_000, { verdict: 'step', step: 1 }],
    [
      'goes back with other predictions',
      seen({ drift: drift(0.3) }),
      0,
      1,
      { verdict: 'roll-back', reason: expect.stringContaining('stability index of 0.3') },
    ],
    ['is not judged by drift that may be chance', seen({ drift: drift(0.3, 0.1) }), 0, 60_000, { verdict: 'step', step: 1 }],
    [
      'is not judged by the clock where a slow one in twenty may be chance',
      seen({ canary: slowOnes(100, 6), live: counts(1_800) }),
      0,
      60_000,
      { verdict: 'step', step: 1 },
    ],
    [
      'goes back when a tenth of many is slow',
      seen({ canary: slowOnes(1_000, 100), live: counts(1_800) }),
      0,
      1,
      { verdict: 'roll-back', reason: expect.stringContaining('p95 is') },
    ],
    [
      'goes back when it is slow',
      seen({ canary: counts(200, { us: 4_000 }) }),
      0,
      1,
      { verdict: 'roll-back', reason: expect.stringMatching(/^p95 is 4 times .* 2 are allowed$/) },
    ],
    ['goes on with feedback that is good enough', seen(said(0.95, 1)), 0, 60_000, { verdict: 'step', step: 1 }],
    [
      'goes back with worse feedback',
      seen(said(0.5, 1)),
      0,
      1,
      { verdict: 'roll-back', reason: expect.stringContaining('mean feedback is 0.5') },
    ],
    ['is not judged by few people', seen(said(0, 1, 19)), 0, 60_000, { verdict: 'step', step: 1 }],
    ['is not judged against feedback that has no ratio', seen(said(-1, -2)), 0, 60_000, { verdict: 'step', step: 1 }],
  ])('%s', (_, observed, step, now, expected) => {
    expect(decideCanary(plan, atStep(step), observed, now)).toEqual(expected);
  });

  test('whose plan does not judge drift and feedback is not judged by them', () => {
    const lenient = { ...plan, maxDrift: null, minFeedbackRatio: null };
    expect(decideCanary(lenient, atStep(0), seen({ drift: drift(9), ...said(0, 1) }), 60_000)).toEqual({ verdict: 'step', step: 1 });
  });
});

describe('counts in the bins of another release', () => {
  const numbers = (edges: number[], min: number | null, max: number | null) => ({ edges, values: [], min, max });
  const words = (values: string[]) => ({ edges: [], values, min: null, max: null });
  test.each([
    ['stay in equal bins', [1, 2, 3], numbers([1, 2], 0, 3), numbers([1, 2], 0, 3), [1, 2, 3]],
    ['are added up in wider bins', [1, 2, 3, 4], numbers([1, 2, 3], 0, 4), numbers([2], 0, 4), [3, 7]],
    ['are shared out by the line between edges', [10, 10], numbers([5], 0, 10), numbers([2.5, 7.5], 0, 10), [5, 10, 5]],
    ['lie all below an edge beyond the greatest value', [10, 10], numbers([5], 0, 10), numbers([20], 0, 30), [20, 0]],
    ['lie at the one value of their last bin', [3, 2], numbers([1], 0, 1), numbers([1, 2], 0, 2), [3, 2, 0]],
    ['lie at the one value that training knew', [500, 500], numbers([1], 1, 1), numbers([1, 2], 0, 2), [500, 500, 0]],
    ['of training’s only value lie at it', [7], numbers([], 5, 5), numbers([5], 0, 9), [0, 7]],
    ['are found by name', [5, 3, 2], words(['a', 'b']), words(['b', 'a', 'c']), [3, 5, 0, 2]],
    ['of a value that the other does not know are the others’', [5, 3, 0], words(['a', 'b']), words(['a']), [5, 3]],
  ])('%s', (_, counts, from, to, expected) => {
    expect(alignSpread(counts, from, to)).toEqual(expected);
  });
  test('are not compared where one has categories and the other numbers', () => {
    expect(alignSpread([1], words(['a']), numbers([1], 0, 2))).toBeNull();
  });

  const binned = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 0, maxLength: 12 }).chain((unsorted) => {
    const edges = unsorted.sort((a, b) => a - b);
    const beyond = fc.option(fc.nat(3));
    return fc.record({
      counts: fc.array(fc.nat(1_000), { minLength: edges.length + 1, maxLength: edges.length + 1 }),
      bins: fc
        .tuple(beyond, beyond)
        .map(([less, more]) =>
          numbers(edges, less === null ? null : (edges[0] ?? 0) - less, more === null ? null : (edges.at(-1) ?? 0) + more),
        ),
    });
  });
  const total = (counts: readonly number[] | null) => counts?.reduce((sum, count) => sum + count, 0);
  test('stay as they are in the same bins, also where training’s greatest value is the last edge', () => {
    fc.assert(
      fc.property(binned, fc.option(fc.integer()), ({ counts, bins }, max) => {
        expect(alignSpread(counts, bins, { ...bins, max })).toEqual(counts);
      }),
    );
  });
  test('are none the more and none the fewer in others, and never below nothing', () => {
    fc.assert(
      fc.property(binned, binned, ({ counts, bins: from }, { bins: to }) => {
        const aligned = alignSpread(counts, from, to);
        expect(aligned).toHaveLength(to.edges.length + 1);
        expect(total(aligned)).toBeCloseTo(total(counts) ?? 0, 6);
        expect(Math.min(...(aligned ?? []))).toBeGreaterThanOrEqual(-1e-9);
      }),
    );
  });
});
