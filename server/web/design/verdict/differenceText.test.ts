import type { Difference, Verdict } from '@cellkeep/schema/design';
import { expect, test } from 'vitest';
import { fillIn } from '../../host.ts';
import { distanceText, resultText } from './differenceText.ts';

const difference = (distance: Difference['distance'], tolerance: number | null): Difference => ({ distance, tolerance }) as Difference;

test.each<[Difference, string]>([
  [difference(null, 1e-9), ''],
  [difference(0.0312345, 1e-9), '0.0312, allowed 1.0e-9'],
  [difference(2.5e-8, 0), '2.5e-8, allowed 0'],
  [difference(0.5, null), '0.5'],
  [difference('Infinity', 1e-9), 'Infinity, allowed 1.0e-9'],
])('%j reads %s', (given, text) => {
  expect(distanceText(given, fillIn)).toBe(text);
});

const compared = { metrics: 2, outputs: 3, images: 1, predictions: 0 };
const findings = (more: Partial<NonNullable<Verdict['findings']>>): Verdict['findings'] =>
  ({ compared, differences: [], error: null, notes: [], ...more }) as Verdict['findings'];

test.each<[Pick<Verdict, 'status' | 'findings'>, RegExp]>([
  [{ status: 'reproduced', findings: findings({}) }, /^2 metrics, 3 outputs, 1 images and 0 predictions are the same/],
  [{ status: 'drifted', findings: findings({ differences: [{ counts: true }, { counts: false }] as Difference[] }) }, /^1 of 6 /],
  [{ status: 'failed', findings: findings({ error: { name: 'KeyError', message: "'x'", traceback: '' } }) }, /KeyError: 'x'/],
  [{ status: 'failed', findings: null }, /^It did not run to its end\.$/],
  [{ status: 'lost', findings: null }, /says nothing/],
  [{ status: 'lost', findings: findings({ notes: ['it has not ended yet'] }) }, /^Nothing can be said of this run: it has not ended yet$/],
])('%j', (verdict, text) => {
  expect(resultText(verdict, fillIn)).toMatch(text);
});
