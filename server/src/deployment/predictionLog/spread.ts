/**
 * How values spread, in the bins that the training baseline chose: equal-frequency bins of numbers, or the most frequent values and then
 * all others. What is missing is counted apart.
 */
import type { ColumnBaseline } from '@cellkeep/schema/registry';

export interface SpreadBins {
  /** How many, the others of categories included. */
  bins: number;
  /** The bin of a value; -1: it is missing. */
  binOf: (value: number | bigint | string | null | undefined) => number;
}

/** Null where the baseline has no bins: a tensor, bytes, or a column that was all missing. */
export function binsOf({ type, edges, values, counts }: Pick<ColumnBaseline, 'type' | 'edges' | 'values' | 'counts'>): SpreadBins | null {
  if (values.length > 0) return byValue(type, values);
  if (type === 'string' || type === 'binary' || type === 'datetime' || counts.length === 0) return null;
  return byEdges(edges);
}

function byEdges(edges: readonly number[]): SpreadBins {
  const sorted = Float64Array.from(edges);
  return {
    bins: sorted.length + 1,
    binOf(given) {
      const value = typeof given === 'number' ? given : given === null || given === undefined ? Number.NaN : Number(given);
      if (Number.isNaN(value)) return -1;
      // A value on an edge belongs to the bin above.
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((sorted[middle] as number) <= value) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}

function byValue(type: string, values: readonly string[]): SpreadBins {
  const others = values.length;
  const known = new Map<string | number, number>(values.map((value, bin) => [value, bin]));
  // Training wrote numbers as text ("3", "3.0", "True"): they are found as numbers, without writing each value again.
  if (type !== 'string' && type !== 'datetime') for (const [bin, value] of values.entries()) known.set(numberOf(value), bin);
  return {
    bins: values.length + 1,
    binOf(value) {
      if (value === null || value === undefined || Number.isNaN(value)) return -1;
      return known.get(typeof value === 'bigint' ? Number(value) : value) ?? others;
    },
  };
}

function numberOf(text: string): number {
  if (/^true$/i.test(text)) return 1;
  if (/^false$/i.test(text)) return 0;
  return Number(text);
}

/** Shares below it count as so much: a bin that is empty on one side would make the sum infinite. */
const LEAST_SHARE = 1e-4;
const LEAST_ROWS = 50;

/**
 * Population stability index: sum over the bins of (a - e) · ln(a / e), a and e being the shares of both. Below 0.1 is usually read as
 * stable, above 0.25 as shifted (Siddiqi, Credit Risk Scorecards, 2006, ch. 10).
 * @returns null below 50 rows, where chance alone makes it large, and where training had none
 */
export function populationStability(expected: readonly number[], actual: readonly number[]): number | null {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + Number(count), 0);
  const [ofExpected, ofActual] = [sum(expected), sum(actual)];
  if (ofExpected === 0 || ofActual < LEAST_ROWS) return null;
  let index = 0;
  for (let bin = 0; bin < Math.max(expected.length, actual.length); bin++) {
    const e = Math.max(Number(expected[bin] ?? 0) / ofExpected, LEAST_SHARE);
    const a = Math.max(Number(actual[bin] ?? 0) / ofActual, LEAST_SHARE);
    index += (a - e) * Math.log(a / e);
  }
  return index;
}
