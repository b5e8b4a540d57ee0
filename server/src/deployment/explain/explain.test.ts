import { type Bundle, bundle as bundleSchema, type Column, type ExplainTrees, explainFile } from '@cellkeep/schema/registry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answers, LoadedModel, Rows } from '../host/model.ts';
import { explainRow } from './explainRow.ts';
import type { ExplainMaterial } from './material.ts';
import { shapley } from './sampled.ts';
import { readForest } from './trees.ts';

const numbers = (count: number): Column[] => Array.from({ length: count }, (_, i) => column(`x${i}`, 'double'));

function column(name: string, type: Column['type']): Column {
  return { name, type, required: true, min: null, max: null, categories: null, shape: null };
}

function bundleOf(inputs: Column[], also: Partial<Bundle> = {}): Bundle {
  return {
    ...bundleSchema.parse({
      format: 1,
      runtime: 'onnx',
      framework: 'sklearn',
      className: 'a model',
      task: 'regression',
      classes: null,
      signature: { layout: 'columns', inputs, outputs: [column('minutes', 'double')] },
      export: { tried: [], rows: { example: 0, random: 0 }, maxDifference: null, tolerance: 0, seconds: 0 },
      sizeBytes: 0,
    }),
    ...also,
  };
}

function rowsOf(data: number[][]): Rows {
  return { count: data.length, columns: (data[0] ?? []).map((_, c) => Float64Array.from(data, (row) => row[c] ?? Number.NaN)) };
}

const at = (rows: Rows, i: number): number[] => rows.columns.map((values) => (values as Float64Array)[i] as number);

/** A model that is a function of a row of numbers. */
function valueModel(f: (row: number[]) => number): Pick<LoadedModel, 'predict'> {
  return {
    predict: (rows) => ({ columns: [Float64Array.from({ length: rows.count }, (_, i) => f(at(rows, i)))], scores: null }),
  };
}

function material(bundle: Bundle, background: Rows, file: ExplainTrees | null = null): ExplainMaterial {
  return { bundle, background, file, forest: file ? readForest(file) : null, problem: null };
}

/** The definition, coalition by coalition. */
function bruteForce(f: (row: number[]) => number, x: number[], background: number[][]): number[] {
  const n = x.length;
  const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
  const v = (set: number) => {
    const values = background.map((b) => f(x.map((own, i) => (set & (1 << i) ? own : (b[i] as number)))));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return x.map((_, i) => {
    let phi = 0;
    for (let set = 0; set < 2 ** n; set++) {
      if (set & (1 << i)) continue;
      const size = [...set.toString(2)].filter((bit) => bit === '1').length;
      phi += ((factorial(size) * factorial(n - size - 1)) / factorial(n)) * (v(set | (1 << i)) - v(set));
    }
    return phi;
  });
}

const contributions = (found: { contributions: { contribution: unknown }[] }) =>
  found.contributions.map((one) => one.contribution as number);
const close = (a: number[], b: number[], within = 1e-9) =>
  expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))).toBeLessThan(within);

/** A tree over `features` features, grown from a list of choices, with values that repeat so that splits meet their thresholds. */
const forestOf = (features: number) =>
  fc
    .array(
      fc.array(
        fc.record({
          feature: fc.nat(features - 1),
          threshold: fc.nat(3),
          leaf: fc.integer({ min: -8, max: 8 }),
          isLeaf: fc.boolean(),
          missingLeft: fc.nat(1),
        }),
        { minLength: 1, maxLength: 9 },
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((trees) => trees.map(grow));

function grow(
  choices: { feature: number; threshold: number; leaf: number; isLeaf: boolean; missingLeft: number }[],
): ExplainTrees['trees'][number] {
  const tree: ExplainTrees['trees'][number] = { output: 0, feature: [], threshold: [], left: [], right: [], missingLeft: [], leaves: [] };
  let next = 0;
  const add = (depth: number): number => {
    const choice = choices[next++ % choices.length] as (typeof choices)[number];
    const node = tree.feature.length;
    const isLeaf = next >= choices.length || depth > 4 || (choice.isLeaf && depth > 0);
    tree.feature.push(isLeaf ? -1 : choice.feature);
    tree.threshold.push(isLeaf ? 0 : choice.threshold);
    tree.missingLeft.push((isLeaf ? 0 : choice.missingLeft) as 0 | 1);
    tree.left.push(-1);
    tree.right.push(-1);
    if (isLeaf) tree.leaves.push(choice.leaf);
    else {
      tree.left[node] = add(depth + 1);
      tree.right[node] = add(depth + 1);
    }
    return node;
  };
  add(0);
  return tree;
}

function fileOf(trees: ExplainTrees['trees'], features: number, also: Partial<ExplainTrees> = {}): ExplainTrees {
  const file = {
    format: 1,
    kind: 'trees',
    features: Array.from({ length: features }, (_, i) => ({ kind: 'number', column: `x${i}` })),
    mode: '<=',
    precision: 'float64',
    width: 1,
    base: [0.5],
    post: 'none',
    trees,
    ...also,
  };
  return explainFile.parse(file) as ExplainTrees;
}

/** The forest as a function, walked by itself: the model that the file is of. */
function forestFunction({ trees, base }: ExplainTrees): (row: number[]) => number {
  return (row) =>
    trees.reduce((sum, tree) => {
      let node = 0;
      while ((tree.feature[node] as number) >= 0) {
        const value = row[tree.feature[node] as number] as number;
        const left = Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= (tree.threshold[node] as number);
        node = (left ? tree.left[node] : tree.right[node]) as number;
      }
      const leaf = tree.feature.slice(0, node).filter((feature) => feature < 0).length;
      return sum + (tree.leaves[leaf] as number);
    }, base[0] as number);
}

const value = fc.oneof({ weight: 9, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constant(Number.NaN) });
const question = (features: number) =>
  fc.record({
    trees: forestOf(features),
    x: fc.array(value, { minLength: features, maxLength: features }),
    background: fc.array(fc.array(value, { minLength: features, maxLength: features }), { minLength: 1, maxLength: 5 }),
  });

describe('trees', () => {
  it('give what the definition gives, for any forest, also where values are missing', async () => {
    await fc.assert(
      fc.asyncProperty(question(4), async ({ trees, x, background }) => {
        const file = fileOf(trees, 4);
        const f = forestFunction(file);
        const bundle = bundleOf(numbers(4), { explain: { method: 'trees', file: 'e.json' } });
        const found = await explainRow(valueModel(f), material(bundle, rowsOf(background), file), rowsOf([x]), 0);
        expect(found.method).toBe('trees');
        expect(found.value).toBeCloseTo(f(x), 9);
        close(contributions(found), bruteForce(f, x, background));
        expect(Math.abs(found.residual as number)).toBeLessThan(1e-9);
      }),
      { numRuns: 150 },
    );
  });

  it('treat the columns of a one-hot encoding as the one column that a caller sends', async () => {
    // carrier is one of a, b, c; minutes are 10 for a, plus 5 after ten o'clock unless it is c.
    const inputs = [column('carrier', 'string'), column('hour', 'double')];
    const tree = { feature: [0, 1, -1, 2, -1, -1, 2, -1, -1], threshold: [0.5, 10, 0, 0.5, 0, 0, 9, 0, 0] };
    const trees = [{ output: 0, ...tree, feature: [0, 2, -1, 1, -1, -1, 2, -1, -1], left: [1, 2, -1, 4, -1, -1, 7, -1, -1], right: [6, 3, -1, 5, -1, -1, 8, -1, -1], missingLeft: [], leaves: [0, 5, 1, 10, 15] }]; // biome-ignore format: a tree
    const features = [
      { kind: 'equals' as const, column: 'carrier', values: ['a'], fill: null },
      { kind: 'equals' as const, column: 'carrier', values: ['c'], fill: null },
      { kind: 'number' as const, column: 'hour', element: 0, fill: null, offset: 0, divisor: 1 },
    ];
    const file = fileOf(trees, 3, { features, base: [0] });
    const f = (carrier: string, hour: number) => (carrier === 'a' ? (hour <= 9 ? 10 : 15) : hour <= 10 ? 0 : carrier === 'c' ? 1 : 5);
    const model: Pick<LoadedModel, 'predict'> = {
      predict: ({ columns: [carriers, hours], count }) => ({
        columns: [
          Float64Array.from({ length: count }, (_, i) => f((carriers as string[])[i] as string, (hours as Float64Array)[i] as number)),
        ],
        scores: null,
      }),
    };
    const background: Rows = { count: 3, columns: [['b', 'c', 'a'], Float64Array.from([8, 12, 11])] };
    const bundle = bundleOf(inputs, { explain: { method: 'trees', file: 'e.json' } });
    const row: Rows = { count: 1, columns: [['a'], Float64Array.from([14])] };
    const found = await explainRow(model, material(bundle, background, file), row, 0);
    expect(found.method).toBe('trees');
    const exact = await explainRow(model, material(bundle, background), row, 0);
    expect(exact.method).toBe('exact');
    close(contributions(found), contributions(exact));
    expect(found.contributions.map(({ name, value: shown }) => [name, shown])).toEqual([
      ['carrier', 'a'],
      ['hour', 14],
    ]);
  });

  it('that do not say what the model says are not believed', async () => {
    const file = fileOf([grow([{ feature: 0, threshold: 1, leaf: 3, isLeaf: false, missingLeft: 0 }])], 1);
    const bundle = bundleOf(numbers(1), { explain: { method: 'trees', file: 'e.json' } });
    const found = await explainRow(
      valueModel(([x]) => 7 * (x as number)),
      material(bundle, rowsOf([[1], [3]]), file),
      rowsOf([[5]]),
      0,
    );
    expect([found.method, found.base, found.value, contributions(found)]).toEqual(['exact', 14, 35, [21]]);
  });

  it.each<[string, Partial<ExplainTrees['trees'][number]>, RegExp]>([
    ['a child that is its own parent', { left: [0, -1, -1] }, /node 0 leads to 0/],
    ['a child that is not there', { right: [9, -1, -1] }, /node 0 leads to 9/],
    ['a feature that is not there', { feature: [7, -1, -1] }, /feature 7 of 1/],
    ['a leaf without a value', { leaves: [1] }, /1 values for 2 leaves/],
    ['too few thresholds', { threshold: [1] }, /"threshold" has 1 entries/],
    ['an output that is not there', { output: 1 }, /output 1 of 1/],
  ])('are refused with %s', (_, wrong, message) => {
    const tree = {
      output: 0,
      feature: [0, -1, -1],
      threshold: [1, 0, 0],
      left: [1, -1, -1],
      right: [2, -1, -1],
      missingLeft: [],
      leaves: [1, 2],
    };
    expect(() => readForest(fileOf([{ ...tree, ...wrong }], 1))).toThrow(message);
  });
});

describe('a linear model', () => {
  it('of two classes is explained in log-odds, which its weights give by themselves', async () => {
    const weights = [0.7, -1.2, 0.05];
    const model: Pick<LoadedModel, 'predict'> = {
      predict: (rows) => {
        const late = Array.from(
          { length: rows.count },
          (_, i) => 1 / (1 + Math.exp(-at(rows, i).reduce((sum, x, k) => sum + x * (weights[k] as number), 0.3))),
        );
        return { columns: [late.map((p) => (p > 0.5 ? 'late' : 'early'))], scores: Float64Array.from(late.flatMap((p) => [1 - p, p])) };
      },
    };
    const bundle = bundleOf(numbers(3), { task: 'classification', classes: ['early', 'late'], explain: { method: 'linear', file: null } });
    const background = [[1, 2, 3], [0, 1, 40], [2, 2, 9]]; // biome-ignore format: rows
    const x = [4, -1, 12];
    const found = await explainRow(model, material(bundle, rowsOf(background)), rowsOf([x]), 0);
    expect([found.method, found.space, found.output]).toEqual(['linear', 'log-odds', 'log-odds of late']);
    const means = [1, 5 / 3, 52 / 3];
    close(contributions(found), weights.map((w, i) => w * ((x[i] as number) - (means[i] as number)))); // biome-ignore format: one line
    const other = await explainRow(model, material(bundle, rowsOf(background)), rowsOf([x]), 0, { output: 'early' });
    close(contributions(other), contributions(found).map((one) => -one)); // biome-ignore format: one line
  });

  it('of three classes is explained in centred log-odds', async () => {
    const weights = [[1, 0], [0.5, -1], [-2, 0.25]]; // biome-ignore format: rows
    const model: Pick<LoadedModel, 'predict'> = {
      predict: (rows) => {
        const scores = Array.from({ length: rows.count }, (_, i) => {
          const margins = weights.map((w) => at(rows, i).reduce((sum, x, k) => sum + x * (w[k] as number), 0));
          const powers = margins.map(Math.exp);
          const all = powers.reduce((sum, power) => sum + power, 0);
          return powers.map((power) => power / all);
        });
        return { columns: [Float64Array.from(scores, (one) => one.indexOf(Math.max(...one)))], scores: Float64Array.from(scores.flat()) };
      },
    };
    const bundle = bundleOf(numbers(2), { task: 'classification', classes: [0, 1, 2], explain: { method: 'linear', file: null } });
    const found = await explainRow(model, material(bundle, rowsOf([[0, 0], [2, 4]])), rowsOf([[3, 1]]), 0, { output: '1' }); // biome-ignore format: one line
    const centred = (k: number) => (weights[1]?.[k] as number) - weights.reduce((sum, w) => sum + (w[k] as number), 0) / 3;
    expect(found.method).toBe('linear');
    close(contributions(found), [centred(0) * (3 - 1), centred(1) * (1 - 2)]);
  });

  it('that is none is found out: its sum does not close', async () => {
    const bundle = bundleOf(numbers(2), { explain: { method: 'linear', file: null } });
    const product = valueModel(([a, b]) => (a as number) * (b as number));
    const found = await explainRow(product, material(bundle, rowsOf([[0, 0]])), rowsOf([[3, 4]]), 0);
    expect([found.method, contributions(found)]).toEqual(['exact', [6, 6]]);
  });
});

describe('a model that is only asked', () => {
  /** With interactions, which an additive explanation would miss. */
  const f = (row: number[]) => row.reduce((sum, x, i) => sum + x * (i + 1), 0) + (row[0] as number) * (row[1] as number) - Math.max(...row);

  it('gives what the definition gives where all coalitions can be asked', async () => {
    await fc.assert(
      fc.asyncProperty(question(5), async ({ x, background }) => {
        const clean = (row: number[]) => row.map((one) => (Number.isNaN(one) ? 9 : one));
        const [own, others] = [clean(x), background.map(clean)];
        const found = await explainRow(valueModel(f), material(bundleOf(numbers(5)), rowsOf(others)), rowsOf([own]), 0);
        expect(found.method).toBe('exact');
        close(contributions(found), bruteForce(f, own, others));
      }),
      { numRuns: 40 },
    );
  });

  const wide = 13;
  const random = (seed: number) => Array.from({ length: wide }, (_, i) => Math.sin(seed * 37 + i * 11) * 5);
  const background = Array.from({ length: 20 }, (_, seed) => random(seed + 1));

  it('is sampled where it takes more features, sums up exactly, and errs no more than its standard errors say', async () => {
    const x = random(0);
    const found = await explainRow(valueModel(f), material(bundleOf(numbers(wide)), rowsOf(background)), rowsOf([x]), 0);
    expect(found.method).toBe('sampled');
    expect(Math.abs(found.residual as number)).toBeLessThan(1e-8);
    const exact = bruteForce(f, x, background);
    found.contributions.forEach(({ contribution, error }, i) => {
      expect(Math.abs((contribution as number) - (exact[i] as number))).toBeLessThan(5 * (error as number) + 0.02); // a jump that few orders meet is in no error
      expect(error).toBeLessThan(0.2);
    });
  });

  it('gives the same answer to the same question, and another to another', async () => {
    const explain = (row: number[]) => explainRow(valueModel(f), material(bundleOf(numbers(wide)), rowsOf(background)), rowsOf([row]), 0);
    const [first, again, other] = [await explain(random(0)), await explain(random(0)), await explain(random(99))];
    expect(again).toEqual(first);
    expect(contributions(other)).not.toEqual(contributions(first));
  });

  it('gives features that play the same part the same (symmetry), and those without a part nothing (dummy)', async () => {
    const players = numbers(12).map(({ name }, i) => ({ name, column: i, element: null }));
    const ask = async (rows: Rows) => Float64Array.from({ length: rows.count }, (_, i) => { const [a, b, c] = at(rows, i) as [number, number, number]; return a * b + c; }); // biome-ignore format: one line
    const row = rowsOf([Array.from({ length: 12 }, () => 2)]);
    const found = await shapley({ players, row, background: rowsOf([Array.from({ length: 12 }, () => 1)]), ask, seed: 3 });
    expect(found.errors).not.toBeNull();
    expect(found.contributions[0]).toBeCloseTo(found.contributions[1] as number, 1);
    expect(found.contributions[2]).toBeCloseTo(1, 9);
    expect([...found.contributions.slice(3)]).toEqual(new Array(9).fill(0));
  });

  it('is explained element by element where it takes a tensor', async () => {
    const input = { ...column('image', 'double'), shape: [2, 2] };
    const bundle = bundleOf([input]);
    const model: Pick<LoadedModel, 'predict'> = {
      predict: ({ count, columns: [values] }): Answers => ({
        columns: [
          Float64Array.from({ length: count }, (_, i) =>
            [1, 2, 3, 4].reduce((sum, w, e) => sum + w * ((values as Float64Array)[4 * i + e] as number), 0),
          ),
        ],
        scores: null,
      }),
    };
    const found = await explainRow(
      model,
      material(bundle, { count: 1, columns: [Float64Array.from([0, 0, 0, 1])] }),
      { count: 1, columns: [Float64Array.from([1, 1, 0, 0])] },
      0,
    );
    expect(found.contributions.map(({ name, contribution }) => [name, contribution])).toEqual([
      ['image[0, 0]', 1],
      ['image[0, 1]', 2],
      ['image[1, 0]', 0],
      ['image[1, 1]', -4],
    ]);
  });

  it('without background rows, or for a class that it does not know, is told why it cannot be explained', async () => {
    const classifier = bundleOf(numbers(1), { task: 'classification', classes: ['a', 'b'] });
    const model: Pick<LoadedModel, 'predict'> = { predict: ({ count }) => ({ columns: [new Array(count).fill('a')], scores: null }) };
    await expect(explainRow(model, { ...material(classifier, rowsOf([[1]])), background: null }, rowsOf([[1]]), 0)).rejects.toThrow(
      /no background rows/,
    );
    await expect(explainRow(model, material(classifier, rowsOf([[1]])), rowsOf([[1]]), 0, { output: 'c' })).rejects.toThrow(
      '"c" is no class of this model; it knows a, b',
    );
  });
});
