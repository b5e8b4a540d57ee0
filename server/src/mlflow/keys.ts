/** What MLflow's server takes as a key or a value (mlflow/utils/validation.py), and how it says so. */
import { posix } from 'node:path';
import { invalidParameter, type MlflowError, shown } from './errors.ts';

/** Of a batch. */
export const MOST = { metrics: 1_000, params: 100, tags: 100, together: 1_000 } as const;
const LONGEST_KEY = 250;
const LONGEST_PARAM = 6_000;
const LONGEST_TAG = 8_000;
const LONGEST_EXPERIMENT_TAG = 20_000;

const CHARACTERS = /^[/\p{L}\p{N}_.\- :]*$/u;

const refused = (path: string, value: string, why: string) =>
  invalidParameter(`Invalid value ${shown(value)} for parameter '${path}' supplied: ${why}`);

const tooLong = (what: string, most: number) => invalidParameter(`'${what}' exceeds the maximum length of ${most} characters`);

/** Keys that were taken; the same ones come again and again. */
const taken = new Set<string>();
const MOST_TAKEN = 20_000;

/** @param path of the key in the request: "metrics[3].name" */
export function checkName(name: string, path: () => string): void {
  if (taken.has(name)) return;
  const wrong = wrongName(name, path);
  if (wrong) throw wrong;
  if (name.length > LONGEST_KEY) return; // its caller says so
  if (taken.size >= MOST_TAKEN) taken.clear();
  taken.add(name);
}

function wrongName(name: string, path: () => string): MlflowError | null {
  if (!CHARACTERS.test(name)) {
    const allowed = 'alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).';
    return refused(path(), name, `Names may only contain ${allowed}`);
  }
  const resolved = normalized(name);
  if (resolved === name && name !== '.' && !name.startsWith('..') && !name.startsWith('/')) return null;
  const why = 'Names may be treated as files in certain cases, and must not resolve to other names when treated as such.';
  return refused(path(), name, `${why} This name would resolve to '${resolved}'`);
}

/** As Python's posixpath: no slash at the end. */
function normalized(name: string): string {
  const path = posix.normalize(name);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

export function checkMetricKey(key: string, path: () => string): void {
  checkName(key, path);
  if (key.length > LONGEST_KEY) throw tooLong('Metric name', LONGEST_KEY);
}

export interface Entry {
  key: string;
  value: string;
}

/** @returns its value, cut where it is too long, as MLflow's server does by default */
export function checkedParam({ key, value }: Entry, path = ''): string {
  checkName(key, () => `${path}key`);
  if (key.length > LONGEST_KEY) throw tooLong('Param key', LONGEST_KEY);
  return cut(value, LONGEST_PARAM);
}

export function checkedTag({ key, value }: Entry, path = ''): string {
  checkName(key, () => `${path}key`);
  if (key.length > LONGEST_KEY) throw tooLong(`${path}key`, LONGEST_KEY);
  return cut(value, LONGEST_TAG);
}

/** One of an experiment is refused where it is too long. */
export function checkExperimentTag({ key, value }: Entry): void {
  checkName(key, () => 'key');
  if (key.length > LONGEST_KEY) throw tooLong('key', LONGEST_KEY);
  if (value.length > LONGEST_EXPERIMENT_TAG) throw tooLong('value', LONGEST_EXPERIMENT_TAG);
}

/** By characters as Python counts them: a pair of surrogates is one, and is not cut in two. */
function cut(value: string, most: number): string {
  if (value.length <= most) return value;
  const characters = Array.from(value);
  return characters.length <= most ? value : characters.slice(0, most).join('');
}

const RUN_ID = /^[0-9a-f]{32}$/;

/** Whether it can be the id of a run; any other text names none. */
export const isRunId = (id: string) => RUN_ID.test(id);

/** @returns the id in decimal digits; "" means 0, as in MLflow */
export function experimentIdOf(given: string): string {
  const text = given.trim() || '0';
  if (/^[+-]?\d+$/.test(text)) return text.replace(/^\+/, '');
  throw invalidParameter(`Invalid experiment ID '${given}'. Experiment ID must be a valid integer.`);
}

/** Whether the table can have such a number at all. */
export const isExperimentId = (id: string) => /^\d{1,18}$/.test(id);
