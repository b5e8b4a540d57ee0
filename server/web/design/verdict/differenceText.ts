/** What a verification found, in words. */
import type { Difference, Verdict } from '@cellkeep/schema/design';
import { fromWire } from '@cellkeep/schema/wire';
import type { Translate } from '../../host.ts';

export function kindWord(kind: Difference['kind'], t: Translate): string {
  const words: Record<Difference['kind'], string> = {
    metric: t('metric'),
    output: t('output'),
    prediction: t('prediction'),
    error: t('error'),
    missing: t('missing'),
    extra: t('new'),
    environment: t('environment'),
    data: t('data'),
  };
  return words[kind];
}

/** How far apart, and how far it may be. */
export function distanceText({ distance, tolerance }: Difference, t: Translate): string {
  if (distance === null) return '';
  const value = fromWire(distance);
  const shown = Number.isFinite(value) ? short(value) : String(value);
  return tolerance === null ? shown : t('{distance}, allowed {tolerance}', { distance: shown, tolerance: short(tolerance) });
}

const short = (value: number): string =>
  value === 0 ? '0' : Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));

export function stageWord(stage: Verdict['progress']['stage'], t: Translate): string {
  const words: Record<Verdict['progress']['stage'], string> = {
    queued: t('waiting for its turn'),
    snapshot: t('fetching the snapshot'),
    environment: t('building the environment'),
    data: t('fetching the data'),
    execute: t('executing the cells'),
    compare: t('comparing'),
    done: t('done'),
  };
  return words[stage];
}

/** One sentence for the whole: "drifted: 2 metrics and 1 output differ". */
export function resultText({ status, findings }: Pick<Verdict, 'status' | 'findings'>, t: Translate): string {
  if (status === 'cancelled') return t('Stopped before it was done: it says nothing about the run.');
  const [why] = findings?.notes ?? [];
  if (status === 'lost' && !findings?.error && why) return t('Nothing can be said of this run: {why}', { why });
  if (status === 'lost') return t('The process that verified stopped without a word: it says nothing about the run.');
  if (status === 'failed') {
    const error = findings?.error;
    return error
      ? t('It did not run to its end: {name}: {message}', { name: error.name, message: error.message })
      : t('It did not run to its end.');
  }
  if (!findings) return '';
  const { compared } = findings;
  const counted = findings.differences.filter(({ counts }) => counts).length;
  const all = compared.metrics + compared.outputs + compared.images + compared.predictions;
  if (status === 'drifted') return t('{n} of {total} compared things differ.', { n: counted, total: Math.max(all, counted) });
  return t(
    '{metrics} metrics, {outputs} outputs, {images} images and {predictions} predictions are the same within their tolerance.',
    compared,
  );
}
