/**
 * Shapley values of an ensemble of trees against the background, exactly: interventional TreeSHAP (Lundberg et al. 2020, "From local
 * explanations to global understanding with explainable AI for trees", Nature Machine Intelligence 2, methods, algorithm 3).
 *
 * For a row x and a background row b a leaf is reached by the coalitions that hold all of A and none of C: A are the features at whose
 * splits only x goes towards the leaf, C those at whose splits only b does. With a = |A| and c = |C| a leaf of value w gives
 *
 *     w (a - 1)! c! / (a + c)!  to each of A,      -w a! (c - 1)! / (a + c)!  to each of C.
 *
 * One walk down each tree for each b carries both sums back up, so that a split adds to its feature what its two sides gave. Features that
 * are made of the same column (one-hot) are one player: once the column is in A or in C all its splits follow that side.
 */
import { setImmediate } from 'node:timers/promises';
import type { ExplainTree, ExplainTrees } from '@cellkeep/schema/registry';
import type { Rows } from '../host/model.ts';
import { CannotExplain } from './players.ts';
import type { Contributions } from './sampled.ts';
import type { TreeFeatures } from './treeFeatures.ts';

/** Splits between root and leaf: more would be a chain, and no tree that anybody has grown. */
const MOST_DEPTH = 1_000;

export interface Forest {
  base: number[];
  isBelow: (value: number, threshold: number) => boolean;
  trees: Tree[];
}

interface Tree {
  feature: Int32Array;
  threshold: Float64Array;
  left: Int32Array;
  right: Int32Array;
  missingLeft: Uint8Array;
  /** Of each node the place of its leaf's values; -1: it is none. */
  leaf: Int32Array;
  leaves: Float64Array;
  width: number;
  output: number;
}

/** @throws {CannotExplain} it is no forest: nodes that are not there, circles, leaves without values */
export function readForest(file: ExplainTrees): Forest {
  const isBelow = file.mode === '<=' ? (a: number, b: number) => a <= b : (a: number, b: number) => a < b;
  const trees = file.trees.map((tree, index) => {
    try {
      return readTree(tree, file);
    } catch (error) {
      throw error instanceof CannotExplain ? new CannotExplain(`the explain file is wrong in tree ${index}: ${error.message}`) : error;
    }
  });
  return { base: file.base, isBelow, trees };
}

function readTree(tree: ExplainTree, { width, base, features }: ExplainTrees): Tree {
  const nodes = tree.feature.length;
  for (const name of ['threshold', 'left', 'right'] as const) {
    if (tree[name].length !== nodes) throw new CannotExplain(`"${name}" has ${tree[name].length} entries for ${nodes} nodes`);
  }
  if (tree.missingLeft.length !== 0 && tree.missingLeft.length !== nodes) throw new CannotExplain('"missingLeft" has another length');
  if (tree.output + width > base.length) throw new CannotExplain(`it adds to output ${tree.output + width - 1} of ${base.length}`);
  const depths = new Int32Array(nodes);
  const leaf = new Int32Array(nodes).fill(-1);
  let leaves = 0;
  for (let node = 0; node < nodes; node++) {
    const feature = tree.feature[node] as number;
    if (feature < 0) {
      leaf[node] = leaves++;
      continue;
    }
    if (feature >= features.length) throw new CannotExplain(`node ${node} compares feature ${feature} of ${features.length}`);
    for (const child of [tree.left[node] as number, tree.right[node] as number]) {
      // Children come after their parent, so that there are no circles.
      if (child <= node || child >= nodes) throw new CannotExplain(`node ${node} leads to ${child}; children stand after their parent`);
      depths[child] = (depths[node] as number) + 1;
      if ((depths[child] as number) > MOST_DEPTH) throw new CannotExplain(`it is deeper than ${MOST_DEPTH}`);
    }
  }
  if (tree.leaves.length !== leaves * width) throw new CannotExplain(`${tree.leaves.length} values for ${leaves} leaves of ${width}`);
  return {
    feature: Int32Array.from(tree.feature),
    threshold: Float64Array.from(tree.threshold),
    left: Int32Array.from(tree.left),
    right: Int32Array.from(tree.right),
    missingLeft: tree.missingLeft.length > 0 ? Uint8Array.from(tree.missingLeft) : new Uint8Array(nodes),
    leaf,
    leaves: Float64Array.from(tree.leaves),
    width,
    output: tree.output,
  };
}

export interface TreeQuestion {
  forest: Forest;
  features: TreeFeatures;
  players: number;
  row: Rows;
  background: Rows;
  /** What is explained is the sum of the outputs times these. */
  outputs: number[];
}

/** ms that others of the process wait at most */
const TURN = 2;

export async function treeContributions({ forest, features, players, row, background, outputs }: TreeQuestion): Promise<Contributions> {
  const x = features.read(row, 0);
  const others = Array.from({ length: background.count }, (_, b) => features.read(background, b));
  const offset = forest.base.reduce((sum, value, output) => sum + value * (outputs[output] ?? 0), 0);
  const phi = new Float64Array(players);
  let [value, base, since] = [offset, 0, performance.now()];
  for (const tree of forest.trees) {
    if (performance.now() - since > TURN) {
      await setImmediate();
      since = performance.now();
    }
    const scalars = scalarLeaves(tree, outputs);
    if (!scalars) continue;
    value += reach(tree, scalars, x, forest.isBelow);
    const walk = walker(tree, scalars, x, features.players, forest.isBelow, phi);
    for (const b of others) {
      base += reach(tree, scalars, b, forest.isBelow);
      walk(b);
    }
  }
  return {
    base: offset + base / others.length,
    value,
    contributions: phi.map((sum) => sum / others.length),
    errors: null,
    backgroundRows: others.length,
  };
}

/** Null: this tree adds nothing to what is explained. */
function scalarLeaves({ leaves, width, output }: Tree, outputs: number[]): Float64Array | null {
  const weights = Array.from({ length: width }, (_, w) => outputs[output + w] ?? 0);
  if (weights.every((weight) => weight === 0)) return null;
  const scalars = new Float64Array(leaves.length / width);
  for (let leaf = 0; leaf < scalars.length; leaf++) {
    let sum = 0;
    for (let w = 0; w < width; w++) sum += (leaves[leaf * width + w] as number) * (weights[w] as number);
    scalars[leaf] = sum;
  }
  return scalars;
}

function goesLeft(tree: Tree, node: number, values: Float64Array, isBelow: Forest['isBelow']): boolean {
  const value = values[tree.feature[node] as number] as number;
  return Number.isNaN(value) ? tree.missingLeft[node] === 1 : isBelow(value, tree.threshold[node] as number);
}

function reach(tree: Tree, scalars: Float64Array, values: Float64Array, isBelow: Forest['isBelow']): number {
  let node = 0;
  while ((tree.feature[node] as number) >= 0) {
    node = (goesLeft(tree, node, values, isBelow) ? tree.left[node] : tree.right[node]) as number;
  }
  return scalars[tree.leaf[node] as number] as number;
}

/** Adds to `phi` what a tree gives for x against one background row. */
function walker(
  tree: Tree,
  scalars: Float64Array,
  x: Float64Array,
  playerOf: Int32Array,
  isBelow: Forest['isBelow'],
  phi: Float64Array,
): (b: Float64Array) => void {
  const side = new Uint8Array(phi.length); // 1: the player is in A, 2: in C
  let b = x;
  // Sums of what the leaves below the last node gave to each of A, and to each of C.
  let [toA, toC] = [0, 0];
  const descend = (node: number, a: number, c: number): void => {
    const feature = tree.feature[node] as number;
    if (feature < 0) {
      const w = scalars[tree.leaf[node] as number] as number;
      toA = a > 0 ? w * share(a - 1, c) : 0;
      toC = c > 0 ? -w * share(c - 1, a) : 0;
      return;
    }
    const player = playerOf[feature] as number;
    const [left, right] = [tree.left[node] as number, tree.right[node] as number];
    const taken = side[player] as number;
    if (taken !== 0) {
      descend(goesLeft(tree, node, taken === 1 ? x : b, isBelow) ? left : right, a, c);
      return;
    }
    const isLeft = goesLeft(tree, node, x, isBelow);
    if (isLeft === goesLeft(tree, node, b, isBelow)) {
      descend(isLeft ? left : right, a, c);
      return;
    }
    side[player] = 1;
    descend(isLeft ? left : right, a + 1, c);
    const [ofXA, ofXC] = [toA, toC];
    side[player] = 2;
    descend(isLeft ? right : left, a, c + 1);
    side[player] = 0;
    phi[player] = (phi[player] as number) + ofXA + toC;
    toA += ofXA;
    toC += ofXC;
  };
  return (other) => {
    b = other;
    descend(0, 0, 0);
  };
}

const shares: number[][] = [];

/** own! others! / (own + others + 1)!, which is 1 / ((own + others + 1) * binomial(own + others, own)). */
function share(own: number, others: number): number {
  shares[own] ??= [];
  const known = (shares[own] as number[])[others];
  if (known !== undefined) return known;
  let binomial = 1;
  for (let i = 1; i <= own; i++) binomial = (binomial * (others + i)) / i;
  const made = 1 / ((own + others + 1) * binomial);
  (shares[own] as number[])[others] = made;
  return made;
}
