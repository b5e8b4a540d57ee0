/** What a chart shows before anybody has chosen: the metric that most runs have, the param that tells them apart best. */
import type { Run } from '@cellkeep/schema/tracking';
import { commonMetric } from '../tracking/mainMetric.ts';
import { columnOf, varyingParams } from './fields.ts';

/** The common metrics of machine learning, before those that merely count. */
const TELLING = /auc|acc|f1|score|loss|err|rmse|mae|r2/i;

export interface StartOptions {
  metric: string;
  param: string;
  params: string[];
}

export function startOptions(runs: readonly Run[]): StartOptions {
  const telling = runs.map(({ metrics }) => ({
    metrics: Object.fromEntries(Object.entries(metrics).filter(([key]) => TELLING.test(key))),
  }));
  const key = commonMetric(telling, '') ?? commonMetric(runs, '');
  const params = varyingParams(runs);
  const numeric = params.find((field) => columnOf(runs, field).kind === 'number');
  return {
    metric: key === null ? 'attributes.duration' : `metrics.${key}`,
    param: numeric ?? params[0] ?? 'attributes.start_time',
    params,
  };
}
