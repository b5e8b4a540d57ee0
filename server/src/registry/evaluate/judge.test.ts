// The expected numbers are those of scikit-learn 1.9.1: accuracy_score, f1_score, precision_score, recall_score (average="binary", and
// "macro" of three classes), roc_auc_score (multi_class="ovr", average="macro"), log_loss, brier_score_loss (scale_by_half=False of three
// classes), root_mean_squared_error, mean_absolute_error, r2_score.
import type { EvaluationMetric } from '@cellkeep/schema/registry';
import { describe, expect, test } from 'vitest';
import { judge } from './judge.ts';
import type { Value } from './slices.ts';

const CLASSIFICATION: EvaluationMetric[] = ['accuracy', 'f1', 'precision', 'recall', 'roc_auc', 'log_loss', 'brier'];

interface Case {
  truth: Value[];
  answers: unknown[];
  classes?: Value[];
  scores?: number[];
  metrics: EvaluationMetric[];
}

function measured({ truth, answers, classes, scores, metrics }: Case) {
  const results = judge({
    set: { label: 'y', metrics, slices: [] },
    rows: { columns: ['y'], data: truth.map((y) => [y]) },
    ...{ answers, classes: classes ?? null, scores: scores ? Float64Array.from(scores) : null },
  });
  return Object.fromEntries(results.map(({ metric, value }) => [metric, value]));
}

const close = (expected: Record<string, number>) =>
  Object.fromEntries(Object.entries(expected).map(([metric, value]) => [metric, expect.closeTo(value, 12)]));

const P1 = [0.1, 0.8, 0.35, 0.4, 0.9, 0.6, 0.35, 0.7, 0.2, 0.35, 0.55, 0.05];
const Y = [0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0];

const BINARY = {
  ...{ accuracy: 0.75, f1: 0.7272727272727273, precision: 0.8, recall: 0.6666666666666666 },
  ...{ roc_auc: 0.8333333333333333, log_loss: 0.4683630744796609, brier: 0.156875 },
};

describe('answers that are classes', () => {
  test('of two are measured as scikit-learn measures them', () => {
    const scores = P1.flatMap((p) => [1 - p, p]);
    const answers = P1.map((p) => Number(p > 0.5));
    expect(measured({ truth: Y, answers, classes: [0, 1], scores, metrics: CLASSIFICATION })).toEqual(close(BINARY));
  });

  test('are the same however Python, ONNX and JSON write a class', () => {
    const scores = P1.flatMap((p) => [1 - p, p]);
    const answers = P1.map((p) => (p > 0.5 ? 'True' : 'False'));
    const truth = Y.map((y) => y === 1);
    expect(measured({ truth, answers, classes: [false, true], scores, metrics: CLASSIFICATION })).toEqual(close(BINARY));
  });

  test('of three are measured by the mean over the classes', () => {
    const scores = [
      ...[0.1, 0.2, 0.7, 0.6, 0.3, 0.1, 0.2, 0.5, 0.3, 0.3, 0.4, 0.3, 0.2, 0.2, 0.6],
      ...[0.1, 0.8, 0.1, 0.5, 0.3, 0.2, 0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.5, 0.25, 0.25],
    ];
    const truth = [...'cabacbbaca'];
    const answers = [...'cabbcbaaba'];
    expect(measured({ truth, answers, classes: ['a', 'b', 'c'], scores, metrics: CLASSIFICATION })).toEqual(
      close({
        ...{ accuracy: 0.7, f1: 0.7071428571428572, precision: 0.75, recall: 0.6944444444444443 },
        ...{ roc_auc: 0.9166666666666666, log_loss: 0.6956357460821355, brier: 0.3855 },
      }),
    );
  });

  test('that no row has count as nothing right, those without any row do not count', () => {
    const given = { truth: ['a', 'b', 'b'], answers: ['a', 'b', 'c'], classes: ['a', 'b', 'c', 'd'] };
    expect(measured({ ...given, metrics: ['f1', 'precision'] })).toEqual(close({ f1: 0.5555555555555555, precision: 0.6666666666666666 }));
  });

  test('with a certain answer that is wrong cost 36 nats, not infinity', () => {
    expect(measured({ truth: [0, 1], answers: [0, 0], classes: [0, 1], scores: [1, 0, 1, 0], metrics: ['log_loss'] })).toEqual(
      close({ log_loss: 18.021826694558577 }),
    );
  });

  test.each<[string, Case, Record<string, unknown>]>([
    [
      'all rows are of one class',
      { truth: [1, 1], answers: [1, 1], classes: [0, 1], scores: [0, 1, 0, 1], metrics: ['roc_auc'] },
      { roc_auc: 'NaN' },
    ],
    [
      'the model gives no scores',
      { truth: [0, 1], answers: [0, 1], classes: [0, 1], metrics: ['roc_auc', 'brier', 'accuracy'] },
      { roc_auc: 'NaN', brier: 'NaN', accuracy: 1 },
    ],
    [
      'a label is none of the classes',
      { truth: ['x', 'a'], answers: ['a', 'a'], classes: ['a', 'b'], scores: [1, 0, 1, 0], metrics: ['log_loss', 'accuracy'] },
      { log_loss: 'NaN', accuracy: 0.5 },
    ],
    [
      'a score is missing',
      { truth: [0, 1], answers: [0, 1], classes: [0, 1], scores: [1, 0, Number.NaN, Number.NaN], metrics: ['roc_auc'] },
      { roc_auc: 'NaN' },
    ],
  ])('cannot be measured where %s, and says so', (_, given, expected) => {
    expect(measured(given)).toEqual(expected);
  });
});

test('a result says on how many rows it stands, where those are not all', () => {
  const results = judge({
    set: { label: 'y', metrics: ['accuracy', 'recall', 'precision', 'f1'], slices: [{ name: 'a', column: 'c', equals: ['a'] }] },
    rows: { columns: ['c', 'y'], data: ['b', 'b', 'b', 'a', 'a'].map((c, i) => [c, Number(i < 2)]) },
    ...{ answers: [1, 0, 1, 0, 0], classes: [0, 1], scores: null },
  });
  expect(results.map(({ slice, metric, value, support }) => [slice, metric, value, support])).toEqual([
    [null, 'accuracy', 0.6, undefined],
    [null, 'recall', 0.5, 2],
    [null, 'precision', 0.5, 2],
    [null, 'f1', 0.5, 3],
    ['a', 'accuracy', 1, undefined],
    ['a', 'recall', 0, 0],
    ['a', 'precision', 0, 0],
    ['a', 'f1', 0, 0],
  ]);
});

describe('answers that are numbers', () => {
  test('are measured as scikit-learn measures them', () => {
    const given = { truth: [3, -0.5, 2, 7, 4.2], answers: [2.5, 0, 2.1, 7.8, 5] };
    expect(measured({ ...given, metrics: ['rmse', 'mae', 'r2'] })).toEqual(
      close({ rmse: 0.5983310120660635, mae: 0.54, r2: 0.9414879707112971 }),
    );
  });

  test('to rows that are all alike are right or not', () => {
    expect(measured({ truth: [1, 1, 1], answers: [1, 1, 1], metrics: ['r2'] })).toEqual({ r2: 1 });
    expect(measured({ truth: [1, 1, 1], answers: [1, 2, 1], metrics: ['r2'] })).toEqual({ r2: 0 });
  });

  test('that are none make the metric none', () => {
    expect(measured({ truth: [1, 2], answers: [null, 2], metrics: ['rmse', 'mae'] })).toEqual({ rmse: 'NaN', mae: 'NaN' });
  });
});

test('slices are of values, of ranges with their lower end, and may be empty', () => {
  const results = judge({
    set: {
      ...{ label: 'late', metrics: ['mae'] },
      slices: [
        { name: 'AA', column: 'carrier', equals: ['AA'] },
        { name: 'middle', column: 'distance', min: 500, max: 1_000 },
        { name: 'far', column: 'distance', min: 9_000 },
        { name: 'number 3', column: 'gate', equals: [3] },
      ],
    },
    rows: {
      columns: ['carrier', 'distance', 'gate', 'late'],
      data: [
        ['AA', 500, '3', 10],
        ['UA', 999, 3, 20],
        ['AA', 1_000, null, 30],
        [null, null, 3, 40],
      ],
    },
    answers: [11, 22, 33, 44],
    ...{ classes: null, scores: null },
  });
  expect(results.map(({ slice, value, rows }) => [slice, value, rows])).toEqual([
    [null, 2.5, 4],
    ['AA', 2, 2],
    ['middle', 1.5, 2],
    ['far', 'NaN', 0],
    ['number 3', expect.closeTo(7 / 3, 12), 3],
  ]);
});
