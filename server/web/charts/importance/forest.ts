/**
 * A random forest for regression: CART trees (Breiman et al. 1984, squared error) on bootstrap samples, a random part of the columns at
 * each split (Breiman 2001). Our own, because the one on npm (ml-random-forest 2.1.0) leaves a split unmade that explains everything and
 * tries each split in O(n); this one sorts once a column and node.
 */

/** Values between 0 and 1. */
export type Chance = () => number;

export type Tree = { value: number } | { column: number; at: number; below: Tree; above: Tree };

export interface Growth {
  /** Rows of a leaf, at least. */
  leaf: number;
  /** Columns tried at each split. */
  tried: number;
  chance: Chance;
}

/** One tree on a bootstrap sample of the rows. */
export function growTree(rows: readonly (readonly number[])[], target: readonly number[], growth: Growth): Tree {
  const sample = rows.map(() => Math.floor(growth.chance() * rows.length));
  return grow(rows, target, sample, growth);
}

function grow(rows: readonly (readonly number[])[], target: readonly number[], sample: readonly number[], growth: Growth): Tree {
  const value = sample.reduce((sum, row) => sum + (target[row] as number), 0) / sample.length;
  if (sample.length < 2 * growth.leaf) return { value };
  const columns = someOf(rows[0]?.length ?? 0, growth.tried, growth.chance);
  const split = bestSplit(rows, target, sample, columns, growth.leaf);
  if (!split) return { value };
  const { column, at } = split;
  const isBelow = (row: number) => (rows[row]?.[column] as number) < at;
  return {
    column,
    at,
    below: grow(rows, target, sample.filter(isBelow), growth),
    above: grow(
      rows,
      target,
      sample.filter((row) => !isBelow(row)),
      growth,
    ),
  };
}

/** The split that leaves the least squared error, which is the one with the greatest sum of n·mean² of its sides; null where none helps. */
export function bestSplit(
  rows: readonly (readonly number[])[],
  target: readonly number[],
  sample: readonly number[],
  columns: readonly number[],
  leaf = 1,
): { column: number; at: number } | null {
  const all = sample.reduce((sum, row) => sum + (target[row] as number), 0);
  const n = sample.length;
  // Rounding must not make a split of what is all the same.
  let most = (all * all) / n + 1e-9 * (1 + Math.abs((all * all) / n));
  let best: { column: number; at: number } | null = null;
  for (const column of columns) {
    const cellOf = (row: number) => rows[row]?.[column] as number;
    const sorted = [...sample].sort((a, b) => cellOf(a) - cellOf(b));
    let below = 0;
    for (let i = 1; i < n; i++) {
      below += target[sorted[i - 1] as number] as number;
      const [before, after] = [cellOf(sorted[i - 1] as number), cellOf(sorted[i] as number)];
      if (before === after || i < leaf || n - i < leaf) continue;
      const gain = (below * below) / i + ((all - below) * (all - below)) / (n - i);
      if (gain <= most) continue;
      most = gain;
      best = { column, at: (before + after) / 2 };
    }
  }
  return best;
}

export function predict(tree: Tree, row: readonly number[]): number {
  let node = tree;
  while ('column' in node) node = (row[node.column] as number) < node.at ? node.below : node.above;
  return node.value;
}

function someOf(n: number, wanted: number, chance: Chance): number[] {
  return shuffled(
    Array.from({ length: n }, (_, i) => i),
    chance,
  ).slice(0, Math.max(1, wanted));
}

/** Fisher and Yates. */
export function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}

/** mulberry32: the same numbers on every machine, so that the same runs always give the same answer. */
export function seeded(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
