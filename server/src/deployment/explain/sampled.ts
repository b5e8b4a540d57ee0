/**
 * Shapley values of a model that is only asked. Exactly, where every coalition can be asked; else by walks: in a random order one feature
 * after another changes from a background row's value to the row's own, and what each change does is its contribution in that walk.
 *
 *     phi_i = sum over S of N\{i}: |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S)),    v(S) = mean over b of f(x_S, b_rest)
 *
 * Shapley 1953, "A value for n-person games"; the walks: Castro, Gómez, Tejada 2009, "Polynomial calculation of the Shapley value based on
 * sampling", Computers & OR 36. Each order is walked in both directions with the same background row (antithetic pairs; Mitchell, Cooper,
 * Frank, Holmes 2022, "Sampling permutations for Shapley value estimation", JMLR 23, section 3): what one overrates the other underrates.
 * The sum of a walk is f(x) - f(b) whatever its order, so the sum of the estimates is exact.
 */
import { setImmediate } from 'node:timers/promises';
import type { Rows } from '../host/model.ts';
import { CannotExplain, type Coalition, composeRows, isSame, type Player, rowsAt } from './players.ts';
import { randomOf, shuffled } from './random.ts';

/** What is explained, of each row. */
export type AskValues = (rows: Rows) => Promise<Float64Array>;

export interface Contributions {
  base: number;
  value: number;
  /** One for each player. */
  contributions: Float64Array;
  /** Standard errors; null: exact. */
  errors: Float64Array | null;
  backgroundRows: number;
}

export interface Question {
  players: Player[];
  row: Rows;
  background: Rows;
  ask: AskValues;
  /** The same number, the same answer. */
  seed: number;
}

/** Features that every coalition is asked for: 2^10 of them, for each background row. */
const MOST_ENUMERATED = 10;
/** Rows that an explanation may ask in all. */
const MOST_ROWS = 131_072;
/** Walks, of which fewer background rows are used first. */
const WALKED_ROWS = 40_000;
/** Rows of one call. */
const CHUNK = 1_024;

export async function shapley(question: Question): Promise<Contributions> {
  const { players, row, background } = question;
  if (background.count === 0) throw new CannotExplain('this version has no background rows that its answer could be compared with');
  // A feature with the same value everywhere contributes nothing (dummy), and need not be asked for.
  const differing = players.flatMap((player, place) => {
    for (let b = 0; b < background.count; b++) if (!isSame(player, row, 0, background, b)) return [place];
    return [];
  });
  const few = differing.length <= MOST_ENUMERATED && 2 ** differing.length * background.count <= MOST_ROWS;
  return few ? enumerate(question, differing) : walk(question, differing);
}

async function enumerate({ players, row, background, ask }: Question, differing: number[]): Promise<Contributions> {
  const n = differing.length;
  const size = 2 ** n;
  const means = new Float64Array(size);
  const asked = await askCoalitions({ players, row, background, ask }, size * background.count, (i) => {
    const mask = new Uint8Array(players.length);
    for (let bit = 0; bit < n; bit++) if (Math.floor(i / background.count) & (1 << bit)) mask[differing[bit] as number] = 1;
    return { mask, background: i % background.count };
  });
  for (let set = 0; set < size; set++) means[set] = mean(asked.subarray(set * background.count, (set + 1) * background.count));
  const weights = weightsOf(n);
  const contributions = new Float64Array(players.length);
  for (let bit = 0; bit < n; bit++) {
    let sum = 0;
    for (let set = 0; set < size; set++) {
      if (set & (1 << bit)) continue;
      sum += (weights[bitsOf(set)] as number) * ((means[set | (1 << bit)] as number) - (means[set] as number));
    }
    contributions[differing[bit] as number] = sum;
  }
  return {
    base: means[0] as number,
    value: means[size - 1] as number,
    contributions,
    errors: null,
    backgroundRows: background.count,
  };
}

async function walk(question: Question, differing: number[]): Promise<Contributions> {
  const n = differing.length;
  const random = randomOf(question.seed);
  const perPair = 2 * (n + 1);
  const pairs = Math.max(2, Math.floor(Math.min(MOST_ROWS, WALKED_ROWS) / perPair));
  if (2 * perPair > MOST_ROWS) throw new CannotExplain(`${n} features differ from the background: more than can be asked`);
  const used = question.background.count;
  const rowsUsed = Math.min(used, pairs);
  const rounds = Math.max(1, Math.floor(pairs / rowsUsed));
  const chosen = shuffled(
    Array.from({ length: used }, (_, b) => b),
    random,
  ).slice(0, rowsUsed);
  const background = rowsAt(question.background, chosen);
  const { players, row, ask } = question;

  const pairsOf = (place: number) => ({ background: place % rowsUsed, order: shuffled(differing, random) });
  const plan = Array.from({ length: rounds * rowsUsed }, (_, place) => pairsOf(place));
  const asked = await askCoalitions({ players, row, background, ask }, plan.length * perPair, (i) => {
    const { order, background: from } = plan[Math.floor(i / perPair)] as (typeof plan)[number];
    const step = i % perPair;
    const isBackward = step > n;
    const taken = isBackward ? step - n - 1 : step;
    const mask = new Uint8Array(players.length);
    for (let place = 0; place < taken; place++) mask[order[isBackward ? n - 1 - place : place] as number] = 1;
    return { mask, background: from };
  });

  const sums = new Float64Array(players.length);
  // Within a background row only the order is left to chance: the differences between background rows are no error where all are used.
  const ofRow = Array.from({ length: rowsUsed }, () => ({
    sum: new Float64Array(players.length),
    squares: new Float64Array(players.length),
  }));
  const all = new Float64Array(players.length);
  plan.forEach(({ order, background: from }, pair) => {
    const begin = pair * perPair;
    const { sum, squares } = ofRow[from] as (typeof ofRow)[number];
    for (let place = 0; place < n; place++) {
      const player = order[place] as number;
      const forward = (asked[begin + place + 1] as number) - (asked[begin + place] as number);
      const back = begin + n + 1 + (n - 1 - place);
      const backward = (asked[back + 1] as number) - (asked[back] as number);
      const both = (forward + backward) / 2;
      sums[player] = (sums[player] as number) + both;
      sum[player] = (sum[player] as number) + both;
      squares[player] = (squares[player] as number) + both * both;
      all[player] = (all[player] as number) + both * both;
    }
  });
  const total = plan.length;
  const bases = plan.map((_, pair) => asked[pair * perPair] as number);
  const errors = sums.map((sum, player) => {
    if (rounds < 2) return Math.sqrt(Math.max(0, (all[player] as number) / total - (sum / total) ** 2) / Math.max(1, total - 1));
    let variance = 0;
    for (const one of ofRow) {
      const inRow = ((one.squares[player] as number) - (one.sum[player] as number) ** 2 / rounds) / (rounds - 1);
      variance += Math.max(0, inRow) / rounds;
    }
    return Math.sqrt(variance) / rowsUsed;
  });
  return {
    base: mean(Float64Array.from(bases)),
    value: asked[n] as number,
    contributions: sums.map((sum) => sum / total),
    errors,
    backgroundRows: rowsUsed,
  };
}

/** Asks `count` rows, made one by one, some thousand at a time. */
export async function askCoalitions(
  { players, row, background, ask }: Pick<Question, 'players' | 'row' | 'background' | 'ask'>,
  count: number,
  coalition: (index: number) => Coalition,
): Promise<Float64Array> {
  const answers = new Float64Array(count);
  for (let begin = 0; begin < count; begin += CHUNK) {
    const wanted = Array.from({ length: Math.min(CHUNK, count - begin) }, (_, i) => coalition(begin + i));
    const values = await ask(composeRows(players, row, background, wanted));
    if (values.length !== wanted.length) throw new CannotExplain(`the model gave ${values.length} values for ${wanted.length} rows`);
    answers.set(values, begin);
    await setImmediate(); // a model that answers at once must not keep the others of its process waiting
  }
  return answers;
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** |S|! (n - |S| - 1)! / n! by |S|. */
function weightsOf(n: number): number[] {
  const weights = [1 / n];
  for (let size = 1; size < n; size++) weights.push(((weights[size - 1] as number) * size) / (n - size));
  return weights;
}

function bitsOf(set: number): number {
  let [bits, left] = [0, set];
  for (; left > 0; left &= left - 1) bits++;
  return bits;
}
