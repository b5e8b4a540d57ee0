/**
 * What an exact explanation needs beside the model: the file that `bundle.explain.file` names, JSON, gzipped where its name ends with
 * ".gz". Written by whoever exports the model, read by `server/src/deployment/explain/`, which checks that it says what the model says:
 * where it does not, the explanation is sampled.
 */
import { z } from 'zod';
import { limits } from '../wire/index.ts';

const columnName = z.string().min(1).max(limits.key);
const category = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * How one feature of the trees is made of one column of the signature, so that contributions belong to what a caller sends and not to
 * what a pipeline makes of it. A pipeline that mixes columns (PCA, products) has no such file: its `explain.method` is "sampled".
 */
export const treeFeature = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('number'),
      column: columnName,
      element: z.number().int().nonnegative().default(0).describe('Place within one row’s value where the column is a tensor.'),
      fill: z.number().nullable().default(null).describe('Takes the place of what is missing, first; null: it stays missing (NaN).'),
      offset: z.number().default(0),
      divisor: z.number().default(1).describe('(value - offset) / divisor, like StandardScaler: mean_ and scale_.'),
    })
    .describe('A number or a boolean (0 and 1).'),
  z
    .object({
      kind: z.literal('equals'),
      column: columnName,
      values: z.array(category).min(1).max(10_000).describe('null stands for what is missing.'),
      fill: category.default(null).describe('Takes the place of what is missing, first; null: it stays missing.'),
    })
    .describe('1 where the value is one of these, else 0: a column of OneHotEncoder.'),
  z
    .object({
      kind: z.literal('ordinal'),
      column: columnName,
      values: z.array(category).min(1).max(10_000).describe('The first is 0, the next 1, …'),
      unknown: z.number().nullable().default(null).describe('What is none of them; null: missing (NaN).'),
      fill: category.default(null),
    })
    .describe('OrdinalEncoder.'),
]);
export type TreeFeature = z.infer<typeof treeFeature>;

/** One tree; node 0 is its root, all arrays but `leaves` have one entry for each node. */
export const explainTree = z.object({
  output: z.number().int().nonnegative().default(0).describe('The output that the first value of its leaves is added to.'),
  feature: z.array(z.number().int().min(-1)).min(1).describe('Index into `features`; -1: a leaf.'),
  threshold: z.array(z.number()).describe('Of a leaf: 0.'),
  left: z.array(z.number().int().min(-1)).describe('Node where the comparison holds; of a leaf: -1.'),
  right: z.array(z.number().int().min(-1)),
  missingLeft: z.array(z.union([z.literal(0), z.literal(1)])).describe('1: what is missing goes left. Empty: right, everywhere.'),
  leaves: z.array(z.number()).describe('[leaves × width] in the order of their nodes, already times learning rate or 1 / trees.'),
});
export type ExplainTree = z.infer<typeof explainTree>;

export const explainTrees = z.object({
  format: z.literal(1),
  kind: z.literal('trees'),
  features: z.array(treeFeature).min(1).max(100_000),
  mode: z.enum(['<=', '<']).describe('Left where value <= threshold (scikit-learn, LightGBM), or value < threshold (XGBoost).'),
  precision: z
    .enum(['float32', 'float64'])
    .describe('Values are rounded to it before they are compared: float32 in scikit-learn, XGBoost.'),
  width: z.number().int().min(1).max(10_000).describe('Values of each leaf: classes of a forest; 1 where each tree serves one output.'),
  base: z.array(z.number()).min(1).max(10_000).describe('One for each output, added to the sum of the leaves.'),
  post: z
    .enum(['none', 'logistic', 'softmax', 'exp'])
    .describe(
      'From the sum to what `predict` gives. none: the values or probabilities themselves, one output for each; logistic: one output, ' +
        'the log-odds of the second class; softmax: one for each class; exp: of a value (Poisson, gamma).',
    ),
  trees: z.array(explainTree).min(1).max(100_000),
});
export type ExplainTrees = z.infer<typeof explainTrees>;

/** A linear model is explained by asking it, and needs this only where its values are additive elsewhere than in themselves. */
export const explainLinear = z.object({
  format: z.literal(1),
  kind: z.literal('linear'),
  link: z
    .enum(['identity', 'log', 'logit'])
    .describe(
      'Where it is additive: in its values; in their logarithm (PoissonRegressor); in the log-odds of its probabilities. Without a ' +
        'file: log-odds for a classifier, else the values.',
    ),
});

export const explainFile = z.discriminatedUnion('kind', [explainTrees, explainLinear]);
export type ExplainFile = z.infer<typeof explainFile>;
