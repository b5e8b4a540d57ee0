/**
 * What is logged to a run: metrics, params and tags, one by one or in batches. These are the calls that come thousands of times a second:
 * a metric of a batch is looked at once, in plain loops, and becomes three numbers in the columns of its series, never an object.
 */
import { logModelMetrics, type ModelPoint } from '../registry/index.ts';
import { type Columns, type LockedRun, logToRun } from '../tracking/index.ts';
import { type Call, call, LONG_BODY, type MlflowContext, rawCall, Written } from './call.ts';
import { invalidParameter, invalidValue, missingValue, shown } from './errors.ts';
import { activeRun, inWordsOf, mustBeActive, noRun, runIdFields, runIdOf } from './findRun.ts';
import { checkedParam, checkMetricKey, type Entry, isRunId, MOST } from './keys.ts';
import { doubleOf, LATEST, required, string } from './message.ts';
import { changeBy, tagsOf } from './runTags.ts';

const DONE = new Written('{}');

type Json = Record<string, unknown>;

/** Series of one request, by their keys. */
type Growing = Map<string, { steps: number[]; times: number[]; values: number[] }>;

const seriesOf = (growing: Growing): { key: string; points: Columns }[] =>
  Array.from(growing, ([key, { steps, times, values }]) => ({
    key,
    points: { steps: Float64Array.from(steps), times: Float64Array.from(times), values: Float64Array.from(values) },
  }));

/** As they stand in a metric, without a number for `i`: the one of log-metric. */
const pathOf = (i: number | null, name: string) => (i === null ? name : `metrics[${i}].${name}`);

function addMetric(metric: Json, i: number | null, growing: Growing, ofModels: ModelPoint[]): void {
  const key = metric.key as string;
  checkMetricKey(key, () => pathOf(i, 'name'));
  const value = doubleOf(metric.value);
  const time = integerOf(metric.timestamp);
  const step = metric.step === undefined || metric.step === null ? 0 : integerOf(metric.step);
  if (value === undefined) throw wrongValue(metric, i);
  if (time === undefined || step === undefined)
    throw invalidValue(pathOf(i, time === undefined ? 'timestamp' : 'step'), time === undefined ? metric.timestamp : metric.step);
  if (time < 0 || time > LATEST) throw wrongTime(key, value, time, i);
  const series = growing.get(key);
  if (series) {
    series.steps.push(step);
    series.times.push(time);
    series.values.push(value);
  } else growing.set(key, { steps: [step], times: [time], values: [value] });
  const modelId = metric.model_id ?? metric.modelId;
  if (modelId) ofModels.push(modelPoint(metric, { modelId: textOf(modelId, pathOf(i, 'model_id')), key, value, step, time }, i));
}

function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function wrongValue({ value, timestamp }: Json, i: number | null) {
  if (i === null) return invalidValue('value', value);
  const why = `(timestamp=${shown(timestamp)}). Please specify value as a valid double (64-bit floating point)`;
  return invalidParameter(`Invalid value ${shown(value)} for parameter '${pathOf(i, 'value')}' supplied: ${why}`);
}

function wrongTime(key: string, value: number, time: number, i: number | null) {
  const why = `metric '${key}' (value=${value}). Timestamp must be a nonnegative long (64-bit integer) `;
  return invalidParameter(`Invalid value ${time} for parameter '${pathOf(i, 'timestamp')}' supplied: ${why}`);
}

function modelPoint(metric: Json, point: ModelPoint, i: number | null): ModelPoint {
  const [name, digest] = [metric.dataset_name ?? metric.datasetName, metric.dataset_digest ?? metric.datasetDigest];
  if (name) point.datasetName = textOf(name, pathOf(i, 'dataset_name'));
  if (digest) point.datasetDigest = textOf(digest, pathOf(i, 'dataset_digest'));
  return point;
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw invalidValue(name, value);
}

/** What must be there, before its type is looked at. */
function present(given: Json, name: string, path = name): unknown {
  const value = given[name];
  if (value === undefined || value === null || value === '') throw missingValue(path);
  return value;
}

const logMetric = rawCall({
  method: 'POST',
  path: 'mlflow/runs/log-metric',
  async answer(context, body) {
    const id = runIdIn(body);
    textOf(present(body, 'key'), 'key');
    present(body, 'value');
    present(body, 'timestamp');
    const growing: Growing = new Map();
    const ofModels: ModelPoint[] = [];
    addMetric(body, null, growing, ofModels);
    await logOfModels(context, id, ofModels);
    await logToRun(context.tracking, context, { runId: id, series: seriesOf(growing), check: activeOnly(id) }).catch(inWordsOf(id));
    return DONE;
  },
});

/** First, since a model may not be there; what is then sent again counts once. */
async function logOfModels(context: MlflowContext, id: string, points: readonly ModelPoint[]): Promise<void> {
  if (points.length === 0) return;
  await activeRun(context, id);
  await logModelMetrics(context, id, points);
}

function runIdIn(body: Json): string {
  const id = body.run_id ?? body.runId ?? body.run_uuid ?? body.runUuid;
  if (id === undefined || id === null || id === '') throw missingValue('run_id');
  const text = textOf(id, 'run_id');
  if (!isRunId(text)) throw noRun(text);
  return text;
}

const activeOnly =
  (id: string) =>
  ({ deleted }: { deleted: boolean }) => {
    if (deleted) throw mustBeActive('run', id);
  };

const logBatch = rawCall({
  method: 'POST',
  path: 'mlflow/runs/log-batch',
  mostBytes: LONG_BODY,
  async answer(context, body) {
    const given = body.run_id ?? body.runId;
    if (given === undefined || given === null || given === '') throw missingValue('run_id');
    const id = textOf(given, 'run_id');
    const metrics = listOf(body, 'metrics');
    for (let i = 0; i < metrics.length; i++) {
      const metric = metrics[i] as Json;
      textOf(present(metric, 'key', `metrics[${i}].key`), `metrics[${i}].key`);
      present(metric, 'value', `metrics[${i}].value`);
      present(metric, 'timestamp', `metrics[${i}].timestamp`);
    }
    const params = entriesIn(listOf(body, 'params'), 'params');
    const tags = entriesIn(listOf(body, 'tags'), 'tags');
    checkCounts(metrics.length, params.length, tags.length);
    const growing: Growing = new Map();
    const ofModels: ModelPoint[] = [];
    for (let i = 0; i < metrics.length; i++) addMetric(metrics[i] as Json, i, growing, ofModels);
    const setParams = paramsOf(params);
    const setTags = tagsOf(tags, 'tags');
    if (!isRunId(id)) throw noRun(id);
    const change = tags.length > 0 ? await changeBy(context, setTags, id) : {};
    const check = checkOf(id, setParams);
    await logOfModels(context, id, ofModels);
    await logToRun(context.tracking, context, { runId: id, series: seriesOf(growing), setParams, ...change, check }).catch(inWordsOf(id));
    return DONE;
  },
});

function listOf(body: Json, name: string): Json[] {
  const list = body[name];
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw invalidValue(name, list);
  for (let i = 0; i < list.length; i++) {
    const one: unknown = list[i];
    if (typeof one !== 'object' || one === null || Array.isArray(one)) throw invalidValue(`${name}[${i}]`, one);
  }
  return list as Json[];
}

function entriesIn(list: readonly Json[], name: string): Entry[] {
  return list.map((one, i) => ({
    key: textOf(present(one, 'key', `${name}[${i}].key`), `${name}[${i}].key`),
    value: one.value === undefined || one.value === null ? '' : textOf(one.value, `${name}[${i}].value`),
  }));
}

function checkCounts(metrics: number, params: number, tags: number): void {
  checkCount('metrics', MOST.metrics, metrics);
  checkCount('params', MOST.params, params);
  checkCount('tags', MOST.tags, tags);
  checkCount('metrics, params, and tags', MOST.together, metrics + params + tags);
}

function checkCount(what: string, most: number, count: number): void {
  if (count <= most) return;
  const said = `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}.`;
  throw invalidParameter(`${said} Please split up ${what} across multiple requests and try again.`);
}

function paramsOf(entries: readonly Entry[]): Record<string, string> {
  const params = new Map<string, string>();
  const twice: string[] = [];
  for (const [i, entry] of entries.entries()) {
    if (params.has(entry.key)) twice.push(`'${entry.key}'`);
    params.set(entry.key, checkedParam(entry, `params[${i}].`));
  }
  if (twice.length === 0) return Object.fromEntries(params);
  const said = `Duplicate parameter keys have been submitted: [${twice.join(', ')}].`;
  throw invalidParameter(`${said} Please ensure the request contains only one param value per param key.`);
}

/** Deleted runs take nothing, and a param stays what it is. */
function checkOf(id: string, params: Record<string, string>) {
  return ({ deleted, whole }: { deleted: boolean; whole?: LockedRun }): void => {
    if (deleted) throw mustBeActive('run', id);
    if (!whole) return;
    const others = Object.entries(params).filter(([key, value]) => Object.hasOwn(whole.params, key) && whole.params[key] !== value);
    if (others.length === 0) return;
    const told = others.map(([key, value]) => `{'key': '${key}', 'old_value': '${whole.params[key]}', 'new_value': '${value}'}`).join(', ');
    throw invalidParameter(`Changing param values is not allowed. Params were already logged='[${told}]' for run ID='${id}'.`);
  };
}

const logParam = call({
  method: 'POST',
  path: 'mlflow/runs/log-parameter',
  mostBytes: LONG_BODY,
  message: { ...runIdFields, key: required(string), value: string },
  async answer(context: MlflowContext, { key, value = '', ...ids }) {
    const id = runIdOf(ids);
    const kept = checkedParam({ key, value });
    const check = ({ deleted, whole }: { deleted: boolean; whole?: LockedRun }) => {
      if (deleted) throw mustBeActive('run', id);
      if (!whole || !Object.hasOwn(whole.params, key) || whole.params[key] === kept) return;
      const was = `Param with key='${key}' was already logged with value='${whole.params[key]}' for run ID='${id}'.`;
      throw invalidParameter(`Changing param values is not allowed. ${was} Attempted logging new value '${kept}'.`);
    };
    await logToRun(context.tracking, context, { runId: id, series: [], setParams: { [key]: kept }, check }).catch(inWordsOf(id));
    return DONE;
  },
});

export const loggingCalls: Call[] = [logMetric, logBatch, logParam];
