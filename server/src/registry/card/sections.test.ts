import type { Evaluation, EvaluationMetric } from '@cellkeep/schema/registry';
import { expect, test } from 'vitest';
import type { VersionFacts } from '../version/facts.ts';
import { SECTIONS } from './sections.ts';

const result = (slice: string | null, metric: EvaluationMetric, value: number | 'NaN', rows: number) => ({ slice, metric, value, rows });
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
    result('carrier = <b>', 'accuracy', 0.75, 1),
    result('carrier = <b>', 'log_loss', 0.9, 1),
  ]);
  expect(text).toContain('- `accuracy`: 0.7 on carrier = UA (40 rows), against 0.8 on all rows');
  expect(text).toContain('- `log_loss`: 0.9 on carrier = \\<b\\> (1 row), against 0.4 on all rows');
});

test('nothing is called worst where no slice is worse than all rows', () => {
  const text = evaluationOf([result(null, 'r2', 0.5, 9), result('a', 'r2', 0.6, 5), result('b', 'r2', 'NaN', 4)]);
  expect(text).not.toContain('worst');
});

test('slices that nobody named stand below them, in words that are no Markdown', () => {
  const one = { slice: 'from = [x](y)', column: 'from', metric: 'accuracy' as const, value: 0.5, whole: 0.8, worse: 0.3, rows: 40 };
  const text = evaluationOf([result(null, 'accuracy', 0.8, 100)], [one]);
  expect(text).toContain('of each column:\n\n- `accuracy`: 0.5 on from = \\[x\\]\\(y\\) (40 rows), against 0.8 on all rows');
});
