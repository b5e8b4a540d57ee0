/** What logged-models/search asks for: its grammar, its orders, and a page token that remembers what it belongs to. */
import type { Condition, LoggedModelAttribute, LoggedModelOrder, LoggedModelSearch, Operator } from '../registry/index.ts';
import { invalidParameter, MlflowError } from './errors.ts';
import { type Comparison, listOf, parseFilter, splitIdentifier, type Value } from './filter.ts';
import { experimentIdOf, isExperimentId } from './keys.ts';
import { pythonText } from './modelWords.ts';

export interface AskedSearch {
  experiment_ids: string[];
  filter?: string | undefined;
  datasets: { dataset_name?: string | undefined; dataset_digest?: string | undefined }[];
  max_results?: number | undefined;
  order_by: AskedOrder[];
  page_token?: string | undefined;
}

interface AskedOrder {
  field_name?: string | undefined;
  ascending?: boolean | undefined;
  dataset_name?: string | undefined;
  dataset_digest?: string | undefined;
}

const PAGE = 50;
const MOST_FOUND = 50_000;

export function readLoggedModelSearch(asked: AskedSearch): LoggedModelSearch {
  const datasets = asked.datasets.map(({ dataset_name: name, dataset_digest: digest }) => {
    if (!name) throw invalidParameter('`dataset_name` in the `datasets` clause must be specified.');
    return { name, ...(digest ? { digest } : {}) };
  });
  const limit = Math.min(asked.max_results || PAGE, MOST_FOUND); // a page may be shorter than what was asked for
  if (limit < 0) throw invalidParameter(`Invalid value ${limit} for parameter 'max_results' supplied.`);
  return {
    experimentIds: asked.experiment_ids.map(experimentIdOf).filter(isExperimentId),
    conditions: comparisonsOf(asked.filter ?? '').map(conditionOf),
    datasets,
    order: asked.order_by.map(orderOf),
    offset: offsetOf(asked),
    limit,
  };
}

/** The grammar is that of the other searches, but what is wrong with it is said in other words. */
function comparisonsOf(filter: string): Comparison[] {
  try {
    return parseFilter(filter, false);
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error;
    const why = "Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01').";
    throw invalidParameter(`Invalid filter string: ${pythonText(filter)}. ${why}`);
  }
}

/** Not what every object has, like `constructor`: names come from anybody. */
function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

const TEXTS: Record<string, LoggedModelAttribute> = {
  name: 'name',
  model_id: 'id',
  model_type: 'modelType',
  status: 'status',
  status_message: 'statusMessage',
  source_run_id: 'runId',
  experiment_id: 'experimentId',
  artifact_location: 'artifactLocation',
  lifecycle_stage: 'lifecycle',
};
const NUMBERS: Record<string, LoggedModelAttribute> = {
  creation_time: 'createdAt',
  creation_timestamp: 'createdAt',
  creation_timestamp_ms: 'createdAt',
  last_updated_timestamp: 'updatedAt',
  last_updated_timestamp_ms: 'updatedAt',
};

const NUMBER_OPERATORS = ['<', '<=', '>', '>=', '=', '!='];
const TEXT_OPERATORS = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'];
const tuple = (operators: readonly string[]) => `(${operators.map((one) => `'${one}'`).join(', ')})`;

function conditionOf({ identifier, comparator, value }: Comparison): Condition<LoggedModelAttribute | 'metric' | 'param' | 'tag'> {
  const { group: written, key } = splitIdentifier(identifier);
  const group = written ?? 'attributes';
  if (!['attributes', 'metrics', 'params', 'tags'].includes(group))
    throw invalidParameter(`Invalid entity type: '${group}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`);
  const number = group === 'attributes' ? own(NUMBERS, key) : undefined;
  const isNumber = group === 'metrics' || number !== undefined;
  const operators = isNumber ? NUMBER_OPERATORS : TEXT_OPERATORS;
  if (!operators.includes(comparator)) {
    const expected = `Expected one of ${tuple(operators)}.`;
    throw invalidParameter(`Invalid comparison operator for ${group}.${key}: '${comparator}'. ${expected}`);
  }
  const compared = { operator: comparator as Operator, value: isNumber ? numberOf(key, value) : textOf(key, value) };
  if (group === 'metrics') return { field: 'metric', key, ...compared };
  if (group === 'params' || group === 'tags') return { field: group === 'params' ? 'param' : 'tag', key, ...compared };
  const field = number ?? own(TEXTS, key);
  if (field) return { field, ...compared };
  const valid = [...Object.keys(TEXTS), ...Object.keys(NUMBERS)].join(', ');
  throw invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are ${valid}`);
}

function numberOf(key: string, { written }: Value): number {
  const number = Number(written);
  if (written.trim() !== '' && !Number.isNaN(number)) return number;
  throw invalidParameter(`Invalid value for '${key}': could not convert string to float: ${pythonText(written)}`);
}

/** A status counts by its name or by its number. */
const STATUS: Record<string, string> = {
  ...{ 1: 'pending', PENDING: 'pending', LOGGED_MODEL_PENDING: 'pending' },
  ...{ 2: 'ready', READY: 'ready', LOGGED_MODEL_READY: 'ready' },
  ...{ 3: 'failed', FAILED: 'failed', LOGGED_MODEL_UPLOAD_FAILED: 'failed' },
};

/** Quotes may be left out here. */
function textOf(key: string, value: Value): string | string[] {
  const read = (text: string) => (key === 'status' ? (own(STATUS, text) ?? text) : text);
  if (value.is === 'list') return /^\(\s*\)$/.test(value.written) ? [] : listOf(value).map(read);
  return read(value.is === 'quoted' ? value.written.slice(1, -1) : value.written);
}

function orderOf({ field_name: name = '', ascending = true, dataset_name, dataset_digest }: AskedOrder): LoggedModelOrder {
  const descending = !ascending;
  const dot = name.indexOf('.');
  if (dot < 0) {
    const by = own(TEXTS, name) ?? own(NUMBERS, name);
    if (by) return { by, descending };
    throw invalidParameter(`Invalid order by field name: ${name}`);
  }
  if (name.slice(0, dot) !== 'metrics') throw invalidParameter(`Invalid order by field name: ${name}. Only metrics are supported.`);
  const dataset = { ...(dataset_name ? { name: dataset_name } : {}), ...(dataset_digest ? { digest: dataset_digest } : {}) };
  return { metric: name.slice(dot + 1), dataset, descending };
}

/** The search that a token belongs to, as MLflow's server writes it down. */
function searchOf({ experiment_ids, filter, order_by }: AskedSearch) {
  const order = order_by.map(({ field_name = '', ascending = true, dataset_name, dataset_digest }) => ({
    field_name,
    ascending,
    dataset_name: dataset_name || null,
    dataset_digest: dataset_digest || null,
  }));
  return { experiment_ids, filter_string: filter || null, order_by: order.length > 0 ? order : null };
}

export function searchToken(asked: AskedSearch, offset: number): string {
  return Buffer.from(JSON.stringify({ ...searchOf(asked), offset })).toString('base64');
}

const NAMES = { experiment_ids: 'Experiment IDs', filter_string: 'Filter string', order_by: 'Order by' } as const;

function offsetOf(asked: AskedSearch): number {
  if (!asked.page_token) return 0;
  const token = parsedToken(asked.page_token);
  const expected = searchOf(asked);
  for (const name of ['experiment_ids', 'filter_string', 'order_by'] as const) {
    if (JSON.stringify(token[name] ?? null) === JSON.stringify(expected[name])) continue;
    const what = NAMES[name];
    const does = name === 'experiment_ids' ? 'do' : 'does';
    const shown = `Expected: ${JSON.stringify(expected[name])}. Found: ${JSON.stringify(token[name] ?? null)}`;
    throw invalidParameter(
      `${what} in the page token ${does} not match the requested ${what.replace(/^./, (c) => c.toLowerCase())}. ${shown}`,
    );
  }
  return token.offset;
}

function parsedToken(token: string): Record<string, unknown> & { offset: number } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    const offset = (parsed as { offset?: unknown } | null)?.offset ?? 0;
    if (parsed !== null && typeof parsed === 'object' && Number.isSafeInteger(offset) && (offset as number) >= 0)
      return { ...parsed, offset: offset as number };
  } catch {
    // said below
  }
  throw invalidParameter(`Invalid page token: ${token.slice(0, 200)}`);
}
