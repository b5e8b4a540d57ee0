/** The tables of a comparison: one row a key, one value a run, and whether the runs agree. */
import type { Run } from '@cellkeep/schema/tracking';
import { fromWire, type WireNumber } from '@cellkeep/schema/wire';
import { isSystem } from '../mainMetric.ts';
import { byName } from '../run/groups.ts';

export interface Row<Value> {
  key: string;
  /** In the order of the runs; null where a run has none. */
  values: (Value | null)[];
  differs: boolean;
}

export interface MetricRow extends Row<WireNumber> {
  /** Places of the best value, several where they tie; none where nothing can be best. */
  best: number[];
}

export type Statistic = 'last' | 'min' | 'max';
export type Direction = 'higher' | 'lower';

export function paramRows(runs: readonly Pick<Run, 'params'>[]): Row<string>[] {
  return keysOf(runs.map(({ params }) => params)).map((key) =>
    rowOf(
      key,
      runs.map(({ params }) => params[key] ?? null),
    ),
  );
}

export function metricRows(
  runs: readonly Pick<Run, 'metrics'>[],
  statistic: Statistic,
  directionOf: (key: string) => Direction = likelyDirection,
): MetricRow[] {
  return keysOf(runs.map(({ metrics }) => metrics))
    .filter((key) => !isSystem(key))
    .map((key) => {
      const row = rowOf(
        key,
        runs.map(({ metrics }) => metrics[key]?.[statistic] ?? null),
      );
      return { ...row, best: row.differs ? bestPlaces(row.values, directionOf(key)) : [] };
    });
}

function rowOf<Value extends string | number>(key: string, values: (Value | null)[]): Row<Value> {
  return { key, values, differs: values.some((value) => value !== values[0]) };
}

function bestPlaces(values: readonly (WireNumber | null)[], direction: Direction): number[] {
  const numbers = values.map((value) => (value === null ? Number.NaN : fromWire(value)));
  const known = numbers.filter((value) => !Number.isNaN(value));
  if (known.length < 2) return [];
  const best = known.reduce((a, b) => (direction === 'higher' ? Math.max(a, b) : Math.min(a, b)));
  const places = numbers.flatMap((value, place) => (value === best ? [place] : []));
  // Where all that have a value share it, none is better than the others.
  return places.length < known.length ? places : [];
}

/** Words that name a cost. All else is taken for a score; the person can turn a row round. */
const COSTS =
  /(^|[^a-z])(loss|err|error|errors|cost|mse|rmse|mae|mape|msle|brier|perplexity|ppl|wer|cer|fid|nll|deviance|regret|latency|time|seconds|duration|ms|fpr|fnr|ece|bpc|hamming)([^a-z]|$)/i;

export const likelyDirection = (key: string): Direction => (COSTS.test(key.replace(/([a-z])([A-Z])/g, '$1_$2')) ? 'lower' : 'higher');

const keysOf = (records: readonly object[]): string[] => [...new Set(records.flatMap(Object.keys))].sort(byName);

/** The list with one of its members moved by some places, kept within it. */
export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const to = Math.max(0, Math.min(list.length - 1, from + by));
  const [member, rest] = [list[from], list.filter((_, i) => i !== from)];
  return member === undefined ? [...list] : [...rest.slice(0, to), member, ...rest.slice(to)];
}
