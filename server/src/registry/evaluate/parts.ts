/** A column cut into parts: one of a few values by its values, one of many numbers at its quartiles, and what is missing apart. */
import { LEAST_SUPPORT } from '@cellkeep/schema/registry';
import { describeSlice, type TrueRows, type Value } from './slices.ts';

const MOST_VALUES = 20;
const MIN_SHARE = 0.02;
const LONGEST_VALUE = 200; // characters

export interface Part {
  column: string;
  /** In words, which Postgres may be unable to keep. */
  name: string;
  at: Int32Array;
}

/** Parts of enough rows; none where all rows are one. */
export function partsOf(rows: TrueRows, column: string): Part[] {
  const least = Math.max(LEAST_SUPPORT, Math.ceil(rows.data.length * MIN_SHARE));
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
    const shown = typeof value === 'string' ? short(value) : value;
    return {
      column,
      name: describeSlice({ name: '', column, equals: [shown as string] }),
      at: placesWhere(values, (one) => one === value),
    };
  });
}

/** By characters: half of one could not be stored. */
function short(value: string): string {
  if (value.length <= LONGEST_VALUE) return value;
  const signs = Array.from(value.slice(0, 2 * LONGEST_VALUE + 2));
  return signs.length > LONGEST_VALUE ? `${signs.slice(0, LONGEST_VALUE).join('')}…` : value;
}

/** Cut where people can read it: an edge has few digits, and rows are told apart by the edge as it is written. */
function bins(column: string, values: readonly (number | null)[]): Part[] {
  const sorted = Float64Array.from(values.filter((value) => value !== null)).sort();
  const edges = [...new Set([0.25, 0.5, 0.75].map((share) => readableEdge(sorted, Math.floor(sorted.length * share))))];
  return [undefined, ...edges].map((min, i) => {
    const max = edges[i];
    const slice = { name: '', column, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    const isIn = (value: number | null) =>
      value !== null && value >= (min ?? Number.NEGATIVE_INFINITY) && value < (max ?? Number.POSITIVE_INFINITY);
    return { column, name: describeSlice(slice), at: placesWhere(values, isIn) };
  });
}

/** Four digits, or as many as cut where the value at that place does, but for 5 % of the rows: of times most digits are the same. */
function readableEdge(sorted: Float64Array, place: number): number {
  const edge = sorted[place] as number;
  const below = countBelow(sorted, edge);
  for (let digits = 4; digits < 17; digits++) {
    const rounded = Number(edge.toPrecision(digits));
    if (Math.abs(countBelow(sorted, rounded) - below) <= sorted.length * 0.05) return rounded;
  }
  return edge;
}

function countBelow(sorted: Float64Array, edge: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] as number) < edge) from = middle + 1;
    else to = middle;
  }
  return from;
}

function placesWhere<T extends Value>(values: readonly T[], isIn: (value: T) => boolean): Int32Array {
  const places: number[] = [];
  for (const [i, value] of values.entries()) if (isIn(value)) places.push(i);
  return Int32Array.from(places);
}
