import type { Evaluation, EvaluationMetric } from '@cellkeep/schema/registry';
import { expect, test } from 'vitest';
import type { VersionFacts } from '../version/facts.ts';
import { SECTIONS } from './sections.ts';

const result = (slice: string | null, metric: EvaluationMetric, value: number | 'NaN', rows: number, support?: number) => ({
  ...{ slice, metric, value, rows },
  ...(support === undefined ? {} : { support }),
});
const evaluationOf = (results: Evaluation['results'], worst: Evaluation['worst'] = []): string => {
  const one = { setName: 'january', results, worst, latencyUs: null, at: 0 };
  return SECTIONS.find(({ key }) => key === 'evaluation')?.write({ evaluations: [one] } as unknown as VersionFacts) ?? '';
};

test('the card names for each metric the slice on which it is worst, smaller or greater as the metric has it', () => {
  const text = evaluationOf([
    result(null, 'accuracy', 0.8, 100),
    result(null, 'log_loss', 0.4, 100),
    result('carrier = UA', 'accuracy', 0.7, 40),
    result('carrier = UA', 'log_loss', 0.3, 40),
    result('carrier = <b>', 'accuracy', 0.75, 30),
    result('carrier = <b>', 'log_loss', 0.9, 30),
    result('carrier = XX', 'accuracy', 0, 29),
    result('carrier = XX', 'log_loss', 30, 29),
  ]);
  expect(text).toContain('| `accuracy` | carrier = UA | 40 | 0.7 | 0.8 |');
  expect(text).toContain('| `log_loss` | carrier = \\<b\\> | 30 | 0.9 | 0.4 |');
});

test.each<[string, Evaluation['results']]>([
  ['no slice is worse than all rows', [result(null, 'mae', 0.5, 90), result('a', 'mae', 0.4, 50), result('b', 'mae', 'NaN', 40)]],
  ['a recall stands on no positive row', [result(null, 'recall', 0.5, 900, 90), result('a', 'recall', 0, 250, 0)]],
  ['a precision stands on few answers', [result(null, 'precision', 0.5, 900, 90), result('a', 'precision', 0, 250, 29)]],
  ['true values that are alike make an r2 small', [result(null, 'r2', 0.5, 900), result('a', 'r2', -3, 250)]],
])('nothing is called worst where %s', (_, results) => {
  expect(evaluationOf(results)).not.toContain('worst');
});

test('slices that nobody named stand below them, in words that are no Markdown', () => {
  const one = { slice: 'from = [x](y)', column: 'from', metric: 'accuracy' as const, value: 0.5, whole: 0.8, worse: 0.3, rows: 40 };
  const text = evaluationOf([result(null, 'accuracy', 0.8, 100)], [one]);
  expect(text).toContain('of the values and quartiles of each column, the first 100 at most):\n\n| metric |');
  expect(text).toContain('| `accuracy` | from = \\[x\\]\\(y\\) | 40 | 0.5 | 0.8 |');
});

test('of so many rows that not all columns were looked at the card says of how many', () => {
  const one = { slice: 'a = 1', column: 'a', metric: 'accuracy' as const, value: 0.5, whole: 0.8, worse: 0.3, rows: 9_000 };
  expect(evaluationOf([result(null, 'accuracy', 0.8, 200_000)], [one])).toContain('the first 10 at most');
});
