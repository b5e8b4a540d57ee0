import type { Evaluation, EvaluationMetric, GateRule } from '@cellkeep/schema/registry';
import { expect, test } from 'vitest';
import { checkRules } from './checkRules.ts';

const SET = '00000000-0000-4000-8000-000000000001';

function evaluation(version: number, results: [slice: string | null, metric: EvaluationMetric, value: number | 'NaN'][]): Evaluation {
  const one = { id: SET, setId: SET, setName: 'january', version, status: 'done' as const, error: null, worst: [], latencyUs: 100, at: 0 };
  return { ...one, results: results.map(([slice, metric, value]) => ({ slice, metric, value, rows: 10 })) };
}

function check(
  rule: Partial<GateRule>,
  own: Parameters<typeof evaluation>[1] | null,
  champions: typeof own = null,
  champion: number | null = 3,
) {
  const evaluations = new Map<number, Evaluation[]>();
  if (own) evaluations.set(4, [evaluation(4, own)]);
  if (champions) evaluations.set(3, [evaluation(3, champions)]);
  const [finding] = checkRules({
    rules: [{ setId: SET, metric: 'roc_auc', slices: [], against: { alias: 'champion' }, maxWorse: 0.01, ...rule }],
    ...{ version: 4, evaluations, sets: new Map([[SET, 'january']]) },
    aliases: new Map(champion === null ? [] : [['champion', champion]]),
  });
  return [finding?.passes, finding?.reason];
}

test.each<[string, ReturnType<typeof check>, boolean, string]>([
  [
    'worse by more than is allowed',
    check({}, [[null, 'roc_auc', 0.71]], [[null, 'roc_auc', 0.74]]),
    false,
    'roc_auc 0.71 is 0.03 worse than champion (v3), 0.74, on all rows of "january"; 0.01 worse is allowed',
  ],
  [
    'worse by what is allowed, though not in float64',
    check({}, [[null, 'roc_auc', 0.9]], [[null, 'roc_auc', 0.91]]),
    true,
    'roc_auc 0.9 is 0.01 worse than champion (v3), 0.91, on all rows of "january"; 0.01 worse is allowed',
  ],
  [
    'better',
    check({}, [[null, 'roc_auc', 0.95]], [[null, 'roc_auc', 0.9]]),
    true,
    'roc_auc 0.95 is 0.05 better than champion (v3), 0.9, on all rows of "january"; 0.01 worse is allowed',
  ],
  [
    'of a metric that is better when smaller',
    check({ metric: 'rmse', maxWorse: 0.5 }, [[null, 'rmse', 12]], [[null, 'rmse', 10]]),
    false,
    'rmse 12 is 2 worse than champion (v3), 10, on all rows of "january"; 0.5 worse is allowed',
  ],
  [
    'against a value, on a slice',
    check({ against: { value: 0.8 }, slices: ['AA'], maxWorse: 0 }, [['AA', 'roc_auc', 0.79]]),
    false,
    'roc_auc 0.79 is 0.01 worse than the value asked for, 0.8, on "AA" of "january"; 0 worse is allowed',
  ],
  ['not measured', check({}, null, [[null, 'roc_auc', 0.9]]), false, 'v4 was not asked with "january": start an evaluation'],
  [
    'beside a champion that was not measured',
    check({}, [[null, 'roc_auc', 0.9]]),
    false,
    'champion (v3) was not asked with "january": start an evaluation',
  ],
  [
    'the first of all',
    check({}, [[null, 'roc_auc', 0.5]], null, null),
    true,
    'roc_auc is 0.5 on all rows of "january"; no version is champion yet',
  ],
  ['the champion itself', check({}, [[null, 'roc_auc', 0.5]], null, 4), true, 'v4 is champion itself'],
  [
    'no number',
    check({}, [[null, 'roc_auc', 'NaN']], [[null, 'roc_auc', 0.9]]),
    false,
    'roc_auc of v4 on all rows of "january" is no number',
  ],
  [
    'on a slice that the evaluation lacks',
    check({ slices: ['UA'] }, [[null, 'roc_auc', 1]]),
    false,
    'v4 was not asked with "january": start an evaluation',
  ],
])('a version that is %s', (_, found, passes, reason) => {
  expect(found).toEqual([passes, reason]);
});
