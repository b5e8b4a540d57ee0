/**
 * Counts of one release in the bins of another's: each counts in the bins of its own training. Categories are found by their names; of
 * numbers the share below each of the other's edges is read off the line between the own edges, which is exact at each of them.
 */
import type { ColumnBaseline } from '@cellkeep/schema/registry';

type Bins = Pick<ColumnBaseline, 'edges' | 'values' | 'min' | 'max'>;

/** Null where they cannot be compared: one counts categories and the other numbers. @returns as many as `to` has bins */
export function alignSpread(counts: readonly number[], from: Bins, to: Bins): number[] | null {
  if (from.values.length > 0 !== to.values.length > 0) return null;
  return from.values.length > 0 ? alignValues(counts, from.values, to.values) : alignEdges(counts, from, to.edges);
}

function alignValues(counts: readonly number[], from: readonly string[], to: readonly string[]): number[] {
  const aligned: number[] = Array.from({ length: to.length + 1 }, () => 0);
  for (const [i, count] of counts.entries()) {
    const value = from[i];
    const place = value === undefined ? -1 : to.indexOf(value);
    const bin = place < 0 ? to.length : place;
    aligned[bin] = (aligned[bin] ?? 0) + count;
  }
  return aligned;
}

function alignEdges(counts: readonly number[], { edges, min, max }: Bins, to: readonly number[]): number[] {
  const isSame = edges.length === to.length && edges.every((edge, i) => edge === to[i]);
  if (isSame) return [...counts];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [first, last] = [edges[0] ?? min ?? 0, edges.at(-1) ?? max ?? 0];
  // The outer bins have no end of their own: training's least and greatest value stand for it.
  const points = [Math.min(min ?? first, first), ...edges, Math.max(max ?? last, last)];
  const below = (at: number): number => {
    let sum = 0;
    for (let bin = 0; bin < counts.length; bin++) {
      const [low = 0, high = 0] = [points[bin], points[bin + 1]];
      // A value on an edge belongs to the bin above: where the last bin is one point, its values lie at it and not below.
      const isBelow = bin === edges.length && high === low ? at > low : at >= high;
      if (isBelow) sum += counts[bin] ?? 0;
      else return sum + (high > low && at > low ? ((at - low) / (high - low)) * (counts[bin] ?? 0) : 0);
    }
    return sum;
  };
  const sums = [0, ...to.map(below), total];
  return sums.slice(1).map((sum, bin) => sum - (sums[bin] ?? 0));
}
