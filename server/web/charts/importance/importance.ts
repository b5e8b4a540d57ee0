/**
 * Which params a metric hangs on: a random forest learns the metric from the params; then the values of one param are shuffled among runs
 * that it has not seen, and how much worse it predicts them is that param's importance (Breiman 2001, section 10; on held-out runs, because
 * on its own training runs a forest finds importance in noise). Params that go together share their importance, and nothing here says
 * that a param is the cause.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { type Feature, type Table, tableOf } from './encode.ts';
import { type Chance, growTree, predict, seeded, shuffled, type Tree } from './forest.ts';
import { rankCorrelation } from './ranks.ts';

/** With fewer runs a forest has nothing to learn from. */
export const LEAST_RUNS = 20;

const FOLDS = 5;
const TREES = 40; // of each fold
const LEAF = 2; // runs, at least
/** Trees grown before the page gets its turn: some 10 ms with 200 runs of 12 params. */
const AT_ONCE = 5;
const SHUFFLES = 5;
const SEED = 42;

export interface ParamWeight {
  field: string;
  /** Share of what all params together explain, 0 … 1. */
  importance: number;
  /** Spearman's, −1 … 1; null where the param is a word. */
  correlation: number | null;
  values: number;
}

export type Importance =
  | { state: 'few'; runs: number }
  | { state: 'same'; runs: number; what: 'metric' | 'params' }
  | {
      state: 'done';
      runs: number;
      weights: ParamWeight[];
      /** Part of the variance of runs not seen that the forest predicts (R²); near or below 0 the order means nothing. */
      explained: number;
      left: number;
    };

/** @param pause gives the page its turn; rejects where the answer is no longer wanted */
export async function importanceOf(runs: readonly Run[], metric: string, pause: () => Promise<void>): Promise<Importance> {
  const table = tableOf(runs, metric);
  const { rows, target, features } = table;
  if (rows.length < LEAST_RUNS) return { state: 'few', runs: rows.length };
  if (features.length === 0) return { state: 'same', runs: rows.length, what: 'params' };
  const spread = sumOf(target.map((value) => (value - meanOf(target)) ** 2));
  if (spread === 0) return { state: 'same', runs: rows.length, what: 'metric' };

  const chance = seeded(SEED);
  const folds = shuffled(
    rows.map((_, i) => i),
    chance,
  ).map((row, place) => ({ row, fold: place % FOLDS }));
  const loss = new Array<number>(features.length).fill(0);
  let plain = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    const train = folds.filter((one) => one.fold !== fold).map(({ row }) => row);
    const held = folds.filter((one) => one.fold === fold).map(({ row }) => row);
    const forest = await grow(table, train, chance, pause);
    const base = errorOf(forest, table, held, null, chance);
    plain += base;
    for (const [i, feature] of features.entries()) {
      for (let n = 0; n < SHUFFLES; n++) loss[i] = (loss[i] as number) + (errorOf(forest, table, held, feature, chance) - base) / SHUFFLES;
    }
    await pause();
  }
  const gains = loss.map((value) => Math.max(0, value));
  const all = sumOf(gains);
  const weights = features.map(({ field, column }, i) => ({
    field,
    importance: all === 0 ? 0 : (gains[i] as number) / all,
    correlation: column.kind === 'category' ? null : correlate(column.values as (number | null)[], target),
    values: new Set(column.values).size,
  }));
  weights.sort((a, b) => b.importance - a.importance || Math.abs(b.correlation ?? 0) - Math.abs(a.correlation ?? 0));
  return { state: 'done', runs: rows.length, weights, explained: 1 - plain / spread, left: table.left };
}

async function grow({ rows, target }: Table, train: readonly number[], chance: Chance, pause: () => Promise<void>): Promise<Tree[]> {
  const inputs = train.map((row) => rows[row] as number[]);
  const wanted = train.map((row) => target[row] as number);
  // A third of the columns is the custom for regression (Breiman 2001); of few params that would be one, blind to what two do together.
  const tried = Math.max(2, Math.ceil((inputs[0]?.length ?? 0) / 3));
  const forest: Tree[] = [];
  while (forest.length < TREES) {
    forest.push(growTree(inputs, wanted, { leaf: LEAF, tried, chance }));
    if (forest.length % AT_ONCE === 0) await pause();
  }
  return forest;
}

/** Squared error on the held rows, with one param's values dealt out anew among them. */
function errorOf(
  forest: readonly Tree[],
  { rows, target }: Table,
  held: readonly number[],
  feature: Feature | null,
  chance: Chance,
): number {
  const dealt = feature ? shuffled(held, chance) : held;
  const inputs = held.map((row, i) => {
    const values = [...(rows[row] as number[])];
    for (const place of feature?.places ?? []) values[place] = (rows[dealt[i] as number] as number[])[place] as number;
    return values;
  });
  return sumOf(held.map((row, i) => (meanOf(forest.map((tree) => predict(tree, inputs[i] as number[]))) - (target[row] as number)) ** 2));
}

function correlate(values: readonly (number | null)[], target: readonly number[]): number | null {
  const known = values.flatMap((value, i) => (value === null ? [] : [i]));
  return rankCorrelation(
    known.map((i) => values[i] as number),
    known.map((i) => target[i] as number),
  );
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const meanOf = (values: readonly number[]) => sumOf(values) / values.length;
