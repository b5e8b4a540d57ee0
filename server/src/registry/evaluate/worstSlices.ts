/**
 * On which rows is a version worse than on all? Nobody has to name them: each column but the label is cut, one of a few values by its
 * values, one of many numbers at its quartiles, and what is missing apart. One column at a time: of pairs there are too many for a set of
 * a few thousand rows to say anything of.
 *
 * Among many parts some are worse by chance. So a part counts from 2 % of the rows and 30 of them on, and of the accuracy, whose standard
 * error is known, what is within two of them is left out.
 */
import { type Evaluation, type EvaluationMetric, worseBy } from '@cellkeep/schema/registry';
import { toWire } from '@cellkeep/schema/wire';
import { type Judged, metricsOf } from './judge.ts';
import { describeSlice, type TrueRows, type Value } from './slices.ts';

type Worst = Evaluation['worst'][number];

/** Of one metric. */
const MOST_FOUND = 5;
const MOST_VALUES = 20;
const LEAST_ROWS = 30;
const MIN_SHARE = 0.02;
/** Rows times columns that are looked at: of 200,000 rows and four metrics ten columns take 4 s of one processor. */
const MOST_CELLS = 2_000_000;
const MOST_COLUMNS = 100;
const LONGEST_NAME = 200; // characters

export interface Part {
  column: string;
  name: string;
  at: Int32Array;
}

/** For each metric of the set at most five, the worst first. Lets others have their turn between parts. */
export async function findWorstSlices(judged: Judged, signal?: AbortSignal): Promise<Evaluation['worst']> {
  const { rows, set } = judged;
  const of = metricsOf(judged);
  const all = of(Int32Array.from(rows.data.keys()));
  const whole = new Map(set.metrics.map((metric) => [metric, all(metric)]));
  const found = new Map<EvaluationMetric, Worst[]>(set.metrics.map((metric) => [metric, []]));
  const most = Math.min(MOST_COLUMNS, Math.floor(MOST_CELLS / Math.max(1, rows.data.length)));
  for (const column of rows.columns.filter((name) => name !== set.label).slice(0, most)) {
    for (const part of partsOf(rows, column)) {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      const value = of(part.at);
      for (const metric of set.metrics) {
        const one = worse(metric, value(metric), whole.get(metric) as number, part);
        if (one) found.set(metric, keepWorst([...(found.get(metric) ?? []), one]));
      }
    }
  }
  return [...found.values()].flat();
}

const keepWorst = (some: Worst[]): Worst[] => some.sort((a, b) => b.worse - a.worse || b.rows - a.rows).slice(0, MOST_FOUND);

function worse(metric: EvaluationMetric, value: number, all: number, { column, name, at }: Part): Worst | null {
  const distance = worseBy(metric, value, all);
  if (!(distance > 0) || isChance(metric, distance, all, at.length)) return null;
  return { column, slice: name, metric, value: toWire(value), whole: toWire(all), worse: distance, rows: at.length };
}

/** Of a share its standard error is known, √(p(1-p)/n) (Wald). Of others nothing is: they are told as they are. */
function isChance(metric: EvaluationMetric, distance: number, all: number, rows: number): boolean {
  return metric === 'accuracy' && distance < 2 * Math.sqrt((all * (1 - all)) / rows);
}

/** Parts of enough rows; none where all rows are one. */
export function partsOf(rows: TrueRows, column: string): Part[] {
  const least = Math.max(LEAST_ROWS, Math.ceil(rows.data.length * MIN_SHARE));
  const at = rows.columns.indexOf(column);
  const values = rows.data.map((row) => row[at] ?? null);
  const parts = [
    ...valuesOrBins(column, values),
    { column, name: `${column} is missing`, at: placesWhere(values, (value) => value === null) },
  ];
  return parts.filter((part) => part.at.length >= least && part.at.length < values.length);
}

function valuesOrBins(column: string, values: readonly Value[]): Part[] {
  const areNumbers = values.every((value) => value === null || typeof value === 'number');
  const counts = new Map<Value, number>();
  for (const value of values) {
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (areNumbers && counts.size > MOST_VALUES) return bins(column, values as readonly (number | null)[]);
  }
  const common = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_VALUES);
  return common.map(([value]) => {
    const text = typeof value === 'string' && value.length > LONGEST_NAME ? `${value.slice(0, LONGEST_NAME)}…` : value;
    return { column, name: describeSlice({ name: '', column, equals: [text as string] }), at: placesWhere(values, (one) => one === value) };
  });
}

/** Cut where people can read it: an edge has four digits, and rows are told apart by the edge as it is written. */
function bins(column: string, values: readonly (number | null)[]): Part[] {
  const sorted = Float64Array.from(values.filter((value) => value !== null)).sort();
  const quartile = (share: number) => Number((sorted[Math.floor(sorted.length * share)] as number).toPrecision(4));
  const edges = [...new Set([0.25, 0.5, 0.75].map(quartile))];
  return [undefined, ...edges].map((min, i) => {
    const max = edges[i];
    const slice = { name: '', column, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    const isIn = (value: number | null) =>
      value !== null && value >= (min ?? Number.NEGATIVE_INFINITY) && value < (max ?? Number.POSITIVE_INFINITY);
    return { column, name: describeSlice(slice), at: placesWhere(values, isIn) };
  });
}

function placesWhere<T extends Value>(values: readonly T[], isIn: (value: T) => boolean): Int32Array {
  const places: number[] = [];
  for (const [i, value] of values.entries()) if (isIn(value)) places.push(i);
  return Int32Array.from(places);
}
