import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideStarting } from './decideStarting.ts';
import { activate, endCanary, inTraffic, retire, rollBack, type Standing, setWeights, stepCanary, takeAll } from './moves.ts';

const plan = {
  steps: [0.1, 0.5, 1],
  stepSeconds: 60,
  minRequests: 1,
  maxErrorShare: 0.01,
  maxP95Ratio: 2,
  maxDrift: null,
  minFeedbackRatio: null,
};
const one = (number: number, role: Standing['role'], weight = 0, more: Partial<Standing> = {}): Standing => ({
  ...{ id: `r${number}`, number, how: 'replace', role, weight, weightBefore: null, plan: null, canary: null, message: '', liveAt: null },
  retiredAt: null,
  ...more,
});
const starting = (number: number, how: Standing['how']) => one(number, 'starting', 0, { how, plan: how === 'canary' ? plan : null });
/** "1 live 0.9, 2 canary 0.1" */
const told = (releases: Standing[] | null) =>
  releases
    ?.map(
      ({ number, role, weight, weightBefore }) => `${number} ${role} ${weightBefore === null ? round(weight) : `(${round(weightBefore)})`}`,
    )
    .join(', ');
const round = (value: number) => Math.round(value * 1_000) / 1_000;

describe('a release whose model is loaded', () => {
  test.each([
    ['takes all where nothing is live, whatever it was made for', [starting(1, 'canary')], 'r1', '1 live 1'],
    ['beside nothing takes all', [starting(1, 'beside')], 'r1', '1 live 1'],
    ['a shadow of nothing is a shadow', [starting(1, 'shadow')], 'r1', '1 shadow 0'],
    ['replaces the live one, which stands by', [one(1, 'live', 1), starting(2, 'replace')], 'r2', '1 standby (1), 2 live 1'],
    [
      'replaces two, which keep their shares for a roll-back',
      [one(1, 'live', 0.25), one(2, 'live', 0.75), starting(3, 'replace')],
      'r3',
      '1 standby (0.25), 2 standby (0.75), 3 live 1',
    ],
    [
      'ends an older standby',
      [one(1, 'standby', 0, { weightBefore: 1 }), one(2, 'live', 1), starting(3, 'replace')],
      'r3',
      '1 retired 0, 2 standby (1), 3 live 1',
    ],
    [
      'leaves alone what stands beside',
      [one(1, 'live', 1), one(2, 'live', 0), starting(3, 'replace')],
      'r3',
      '1 standby (1), 2 live 0, 3 live 1',
    ],
    ['leaves a shadow alone', [one(1, 'live', 1), one(2, 'shadow'), starting(3, 'replace')], 'r3', '1 standby (1), 2 shadow 0, 3 live 1'],
    [
      'ends a canary, whose live one stands by whole',
      [one(1, 'live', 0.9), one(2, 'canary', 0.1), starting(3, 'replace')],
      'r3',
      '1 standby (1), 2 retired 0, 3 live 1',
    ],
    ['does not replace one that was made after it', [starting(1, 'replace'), one(2, 'live', 1)], 'r1', '1 retired 0, 2 live 1'],
    ['as a canary begins with the first step', [one(1, 'live', 1), starting(2, 'canary')], 'r2', '1 live 0.9, 2 canary 0.1'],
    [
      'as a canary ends the canary before it',
      [one(1, 'live', 0.5), one(2, 'canary', 0.5), starting(3, 'canary')],
      'r3',
      '1 live 0.9, 2 retired 0, 3 canary 0.1',
    ],
    ['beside another gets no share', [one(1, 'live', 1), starting(2, 'beside')], 'r2', '1 live 1, 2 live 0'],
    ['as a shadow gets no share', [one(1, 'live', 1), starting(2, 'shadow')], 'r2', '1 live 1, 2 shadow 0'],
  ])('%s', (_, before, id, after) => {
    expect(told(activate(before, id, 5))).toBe(after);
  });
});

describe('the traffic', () => {
  const canaryOn = [
    one(1, 'live', 0.6),
    one(2, 'live', 0.3),
    one(3, 'canary', 0.1, { plan, canary: { step: 0, stepStartedAt: 0, verdict: 'waiting', reason: '' } }),
  ];
  test.each([
    ['goes to a canary’s next step', stepCanary(canaryOn, 'r3', 1, 9), '1 live 0.333, 2 live 0.167, 3 canary 0.5'],
    ['is the canary’s after its last step', stepCanary(canaryOn, 'r3', 2, 9), '1 standby (0.667), 2 standby (0.333), 3 live 1'],
    ['goes back from a canary', endCanary(canaryOn, 'r3', 9, 'slow'), '1 live 0.667, 2 live 0.333, 3 retired 0'],
    ['is rolled back from a canary first', rollBack(canaryOn, 9, ''), '1 live 0.667, 2 live 0.333, 3 retired 0'],
    [
      'is rolled back to what was live before',
      rollBack(takeAll([one(1, 'live', 0.25), one(2, 'live', 0.75), one(3, 'live', 0)], 'r3', 1), 9, 'bad'),
      '1 live 0.25, 2 live 0.75, 3 retired 0',
    ],
    ['is not rolled back to nothing', rollBack([one(1, 'live', 1)], 9, ''), undefined],
    [
      'is set by hand, and a canary that is named stays',
      setWeights(
        canaryOn,
        new Map([
          ['r1', 0.5],
          ['r3', 0.5],
        ]),
        9,
      ),
      '1 live 0.5, 2 live 0, 3 live 0.5',
    ],
    [
      'may be given to a standby',
      setWeights(
        [one(1, 'standby', 0, { weightBefore: 1 }), one(2, 'live', 1)],
        new Map([
          ['r1', 0.5],
          ['r2', 0.5],
        ]),
        9,
      ),
      '1 live 0.5, 2 live 0.5',
    ],
    ['of one that retires goes to the others', retire(canaryOn, 'r1', 9, ''), '1 retired 0, 2 live 0.9, 3 canary 0.1'],
    ['is not changed when a shadow retires', retire([one(1, 'live', 1), one(2, 'shadow')], 'r2', 9, ''), '1 live 1, 2 retired 0'],
  ])('%s', (_, after, expected) => {
    expect(told(after)).toBe(expected);
  });

  test('tells of a canary why it is over', () => {
    expect(endCanary(canaryOn, 'r3', 9, 'p95 is 3 times')[2]).toMatchObject({
      message: 'p95 is 3 times',
      retiredAt: 9,
      canary: { verdict: 'rolled-back', reason: 'p95 is 3 times' },
    });
  });

  test('sums to 1 after any row of moves', () => {
    const move = fc.record({
      kind: fc.constantFrom('replace', 'canary', 'beside', 'shadow', 'step', 'back', 'retire', 'weights'),
      pick: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        let releases: Standing[] = [one(1, 'live', 1)];
        for (const { kind, pick } of moves) {
          const taking = inTraffic(releases);
          const chosen = releases[pick % releases.length] as Standing;
          const canary = releases.find(({ role }) => role === 'canary');
          if (kind === 'step') releases = canary ? stepCanary(releases, canary.id, pick % 3, 1) : releases;
          else if (kind === 'back') releases = rollBack(releases, 1, '') ?? releases;
          else if (kind === 'retire') {
            const othersLive = taking.some(({ id, role }) => id !== chosen.id && role === 'live');
            if (chosen.role !== 'retired' && (othersLive || !taking.includes(chosen))) releases = retire(releases, chosen.id, 1, '');
          } else if (kind === 'weights') {
            const able = releases.filter(({ role }) => ['live', 'canary', 'standby'].includes(role)).slice(0, 1 + (pick % 3));
            releases = setWeights(releases, new Map(able.map(({ id }, i) => [id, i + 1])), 1);
          } else {
            const number = releases.length + 1;
            releases = activate([...releases, starting(number, kind as Standing['how'])], `r${number}`, 1);
          }
          const sum = inTraffic(releases).reduce((total, { weight }) => total + weight, 0);
          expect(sum).toBeCloseTo(1, 9);
          expect(releases.filter(({ role }) => role === 'canary').length).toBeLessThanOrEqual(1);
          expect(releases.filter(({ role, weight }) => weight > 0 && role !== 'live' && role !== 'canary')).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a starting release', () => {
  const says = (state: string, loaded: string[], refused: Record<string, string> = {}) => ({ state, loaded, refused });
  test.each([
    ['waits while no host is there', [], []],
    ['waits while no host is ready', [says('starting', ['r1'])], []],
    ['waits for the host that has not loaded it', [says('ready', ['r1']), says('ready', [])], []],
    [
      'begins when every ready host has it',
      [says('ready', ['r1']), says('ready', ['r1']), says('crashed', [])],
      [{ releaseId: 'r1', verdict: 'begin' }],
    ],
    [
      'fails where one host refuses it, with the host’s reason',
      [says('ready', ['r1']), says('ready', [], { r1: 'no Python' })],
      [{ releaseId: 'r1', verdict: 'fail', reason: 'no Python' }],
    ],
    [
      'fails also while its host is not ready',
      [says('starting', [], { r1: 'bad graph' })],
      [{ releaseId: 'r1', verdict: 'fail', reason: 'bad graph' }],
    ],
  ])('%s', (_, hosts, decisions) => {
    expect(decideStarting([one(1, 'starting')], hosts)).toEqual(decisions);
  });
});
