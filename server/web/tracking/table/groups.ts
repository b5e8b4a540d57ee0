/** Runs that have something in common: what it is, how many they are, and the search that finds them. */
import type { RunGroup } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import type { RunSearch } from '../queries.ts';
import { quoteKey } from './filterGrammar.ts';

/** What stands for the runs of a group in a metric's column. */
export interface GroupMetric {
  mean: number;
  min: number;
  max: number;
  /** Runs with a finite last value. */
  count: number;
}

export interface Group {
  /** Unique within the table: the values of the groups around it and its own. */
  path: string;
  depth: number;
  /** `params.model` */
  by: string;
  /** Null: the runs that have none. */
  value: string | null;
  /** The same for people. */
  label: string | null;
  count: number;
  metrics: Readonly<Record<string, GroupMetric>>;
  /** Finds its runs. */
  search: RunSearch;
}

export function groupOf(answer: RunGroup, by: string, search: RunSearch, parent: string, depth: number): Group {
  const [value = null] = answer.values;
  const [label = null] = answer.labels;
  const metrics = Object.entries(answer.metrics).flatMap(([key, { count, mean, min, max }]) =>
    mean === null || min === null || max === null
      ? []
      : [[key, { count, mean: fromWire(mean), min: fromWire(min), max: fromWire(max) }] as const],
  );
  return {
    path: pathOf(parent, value),
    depth,
    by,
    value,
    label,
    count: answer.count,
    metrics: Object.fromEntries(metrics),
    search: searchOfGroup(search, by, value),
  };
}

/** The search of a table, and that a run has this value. */
export function searchOfGroup(search: RunSearch, by: string, value: string | null): RunSearch {
  // An experiment goes by its id: two may have had the same name.
  if (by === 'attributes.experiment' && value !== null) return { ...search, experimentIds: [value] };
  const own = conditionOf(by, value);
  const filter = search.filter?.trim() ?? '';
  return { ...search, filter: filter === '' ? own : `(${filter}) and ${own}` };
}

export function conditionOf(by: string, value: string | null): string {
  const field = fieldOf(by);
  return value === null ? `${field} is null` : `${field} = ${quoteText(value)}`;
}

/** `params.learning rate` as the filter wants it written. */
export function fieldOf(by: string): string {
  const dot = by.indexOf('.');
  return by.startsWith('attributes.') ? by : `${by.slice(0, dot)}.${quoteKey(by.slice(dot + 1))}`;
}

/** A quote inside is written twice. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The filter with one more condition. */
export function withCondition(filter: string, condition: string): string {
  const before = filter.trim();
  if (before === '') return condition;
  return /\bor\b/i.test(before) ? `(${before}) and ${condition}` : `${before} and ${condition}`;
}

export const pathOf = (parent: string, value: string | null): string =>
  `${parent}/${value === null ? '-' : `=${encodeURIComponent(value)}`}`;
