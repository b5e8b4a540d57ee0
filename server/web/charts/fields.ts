/**
 * What a run can be placed by: `metrics.auc` (last), `min.auc`, `max.auc`, `params.lr`, `tags.team`, `attributes.duration`. The words are
 * those of the search grammar where it has one, so that an address of a chart reads like a filter.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import { byName } from '../tracking/run/groups.ts';

export type FieldKind = 'number' | 'time' | 'category';

export interface Column {
  field: string;
  kind: FieldKind;
  /** A number (times in milliseconds, `duration` in seconds) or a word; null where a run has none. */
  values: (number | string | null)[];
  /** All numbers are above zero. */
  canLog: boolean;
}

const ATTRIBUTES: Record<string, (run: Run) => number | string | null> = {
  start_time: ({ startedAt }) => startedAt,
  duration: ({ startedAt, endedAt }) => (endedAt === null ? null : (endedAt - startedAt) / 1000),
  status: ({ status }) => status,
  user: ({ user }) => user || null,
  experiment: ({ experimentName }) => experimentName,
  notebook: ({ source }) => source.notebookPath,
  name: ({ name }) => name,
};

export function fieldValue(run: Run, field: string): number | string | null {
  const dot = field.indexOf('.');
  const [group, key] = [field.slice(0, dot), field.slice(dot + 1)];
  switch (group) {
    case 'metrics':
    case 'min':
    case 'max': {
      const summary = run.metrics[key];
      if (!summary) return null;
      const value = fromWire(summary[group === 'metrics' ? 'last' : group]);
      return Number.isFinite(value) ? value : null;
    }
    case 'params':
      return Object.hasOwn(run.params, key) ? (run.params[key] ?? null) : null;
    case 'tags':
      return Object.hasOwn(run.tags, key) ? (run.tags[key] ?? null) : null;
    case 'attributes':
      return Object.hasOwn(ATTRIBUTES, key) ? (ATTRIBUTES[key]?.(run) ?? null) : null;
    default:
      return null;
  }
}

/** One field of all runs. Texts that are numbers in every run that has one are numbers: params are logged as text. */
export function columnOf(runs: readonly Run[], field: string): Column {
  const raw = runs.map((run) => fieldValue(run, field));
  const known = raw.filter((value) => value !== null);
  const numbers = known.map(numberOf);
  const isNumeric = known.length > 0 && numbers.every((value) => value !== null);
  if (!isNumeric) return { field, kind: 'category', values: raw.map((value) => (value === null ? null : String(value))), canLog: false };
  const values = raw.map((value) => (value === null ? null : numberOf(value)));
  const kind = field === 'attributes.start_time' ? 'time' : 'number';
  return { field, kind, values, canLog: kind === 'number' && values.every((value) => value === null || value > 0) };
}

function numberOf(value: number | string): number | null {
  if (typeof value === 'number') return value;
  const text = value.trim();
  if (!/^[-+]?(\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return null;
  return Number(text);
}

export interface FieldGroup {
  group: 'params' | 'metrics' | 'min' | 'max' | 'tags' | 'attributes';
  fields: string[];
}

/** More than this and a list is no longer read; the others are reached by an address. */
const MOST_FIELDS = 500;

/** Fields that some of the runs have, those that tell runs apart first. */
export function fieldsOf(runs: readonly Run[]): FieldGroup[] {
  const keys = (records: readonly object[]) => [...new Set(records.flatMap(Object.keys))].sort(byName).slice(0, MOST_FIELDS);
  const metrics = keys(runs.map((run) => run.metrics)).filter((key) => !key.startsWith('system/'));
  const named = (group: FieldGroup['group'], names: readonly string[]) => ({ group, fields: names.map((name) => `${group}.${name}`) });
  return [
    named('params', varying(runs, keys(runs.map((run) => run.params)))),
    named('metrics', metrics),
    named('min', metrics),
    named('max', metrics),
    named(
      'tags',
      keys(runs.map((run) => run.tags)).filter((key) => !key.startsWith('mlflow.')),
    ),
    named('attributes', Object.keys(ATTRIBUTES)),
  ].filter(({ fields }) => fields.length > 0) as FieldGroup[];
}

/** Params on which the runs differ, then the others. */
function varying(runs: readonly Run[], names: readonly string[]): string[] {
  const differs = (name: string) => runs.some((run) => run.params[name] !== runs[0]?.params[name]);
  return [...names.filter(differs), ...names.filter((name) => !differs(name))];
}

/** Params on which the runs differ, as fields. */
export const varyingParams = (runs: readonly Run[]): string[] =>
  [...new Set(runs.flatMap(({ params }) => Object.keys(params)))]
    .filter((key) => runs.some(({ params }) => params[key] !== runs[0]?.params[key]))
    .sort(byName)
    .map((key) => `params.${key}`);

/** What a person reads: the key, and for a metric which of its values where it is not the last. */
export function fieldLabel(field: string): string {
  const dot = field.indexOf('.');
  const [group, key] = [field.slice(0, dot), field.slice(dot + 1)];
  if (group === 'min' || group === 'max') return `${group} ${key}`;
  return group === 'attributes' ? key.replace('_', ' ') : key;
}
