/**
 * What a model is when it can be served: the description beside its files, written by whoever exported it (`cellkeep.json` in the model's
 * folder) and kept with the version. Files are named relative to that folder.
 */
import { z } from 'zod';
import { limits, wireNumber } from '../wire/index.ts';

const file = z
  .string()
  .min(1)
  .max(limits.artifactPath)
  .regex(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing NUL is the point
    /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^/\\\u0000][^\\\u0000]*$/u,
    'a file is named relative to the model’s folder, without "." and ".."',
  );

export const runtime = z.enum(['onnx', 'python', 'tfjs']);
export type Runtime = z.infer<typeof runtime>;

export const framework = z.enum(['sklearn', 'xgboost', 'lightgbm', 'torch', 'keras', 'onnx', 'tfjs', 'statsmodels', 'pyfunc', 'python']);
export type Framework = z.infer<typeof framework>;

/** How a value travels in JSON: `datetime` as ISO 8601, `binary` as base64, `integer` within ±(2^53 - 1). */
export const columnType = z.enum(['boolean', 'integer', 'float', 'double', 'string', 'datetime', 'binary']);
export type ColumnType = z.infer<typeof columnType>;

export const column = z.object({
  name: z.string().min(1).max(limits.key),
  type: columnType,
  required: z.boolean().default(true).describe('False: may be absent or null; it then counts as missing (NaN).'),
  min: z.number().nullable().default(null).describe('Least value seen in training; told, and refused only where `strict`.'),
  max: z.number().nullable().default(null),
  categories: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .max(10_000)
    .nullable()
    .default(null)
    .describe('Every value seen in training; null where there are too many, or where it is no category.'),
  shape: z
    .array(z.number().int().min(-1))
    .max(8)
    .nullable()
    .default(null)
    .describe('Of one row’s value where it is a tensor, like [28, 28]; null: a scalar.'),
});
export type Column = z.infer<typeof column>;

export const signature = z.object({
  /** `columns`: rows with named values. `tensor`: one array for each row, of the shape of the only column. */
  layout: z.enum(['columns', 'tensor']),
  inputs: z.array(column).min(1).max(100_000),
  outputs: z.array(column).max(10_000),
});
export type Signature = z.infer<typeof signature>;

/** How a graph's inputs are made of columns, in the graph's order. */
export const onnxGraph = z.object({
  file,
  feeds: z.array(
    z.object({
      input: z.string().max(limits.name),
      type: z.enum(['float32', 'float64', 'int32', 'int64', 'bool', 'string']),
      columns: z
        .array(z.string().max(limits.key))
        .min(1)
        .describe('Their values stand beside each other: [rows, columns], or [rows, …shape].'),
    }),
  ),
  /** Outputs of the graph; `null` where it has none of that meaning. */
  label: z.string().max(limits.name).nullable().describe('What `predict` gives: [rows] or [rows, targets].'),
  scores: z.string().max(limits.name).nullable().describe('Probabilities in the order of `classes`: float [rows, classes].'),
});
export type OnnxGraph = z.infer<typeof onnxGraph>;

export const exportReport = z.object({
  tried: z.array(z.object({ runtime, ok: z.boolean(), reason: z.string().max(4_000).default('') })).max(20),
  rows: z.object({ example: z.number().int(), random: z.number().int() }).describe('Rows on which both were asked.'),
  maxDifference: wireNumber
    .nullable()
    .describe('Greatest |a - b| / max(1, |b|) of any number in an answer; null where nothing was compared.'),
  labelsDiffer: z.number().int().nonnegative().default(0).describe('Rows with another label.'),
  tolerance: z.number().nonnegative(),
  seconds: z.number().nonnegative(),
});
export type ExportReport = z.infer<typeof exportReport>;

/** Where it came from, as far as it is known. */
export const origin = z.object({
  notebookPath: z.string().max(limits.artifactPath).nullable().default(null),
  cellId: z.string().max(limits.name).nullable().default(null),
  executionOrder: z.number().int().nonnegative().nullable().default(null).describe('Execution that made or fitted it.'),
  snapshotId: z.uuid().nullable().default(null),
  runId: z.string().max(64).nullable().default(null),
  variable: z.string().max(limits.name).nullable().default(null),
  slice: z.array(z.number().int().nonnegative()).max(limits.cells).default([]).describe('Orders of the executions that it depends on.'),
  data: z
    .array(z.object({ name: z.string().max(1_000), version: z.string().max(200), digest: z.string().max(200).default('') }))
    .max(1_000)
    .default([]),
  commit: z.string().max(64).nullable().default(null),
});
export type Origin = z.infer<typeof origin>;

export const bundle = z.object({
  format: z.literal(1),
  runtime,
  framework,
  frameworkVersion: z.string().max(100).default(''),
  className: z.string().max(1_000).describe('As a person names it: "Pipeline(StandardScaler, RandomForestClassifier)".'),
  task: z.enum(['classification', 'regression', 'other']),
  classes: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .max(100_000)
    .nullable()
    .describe('In the order of scores; null where it is no classifier.'),
  signature,
  onnx: onnxGraph.nullable().default(null),
  /** The native model: what a Python worker loads, and what an export was compared with. */
  python: z
    .object({
      file: file.nullable().describe('Null: the folder is an MLflow model, loaded by mlflow.pyfunc.'),
      format: z.enum(['cloudpickle', 'skops', 'native', 'mlflow']),
      version: z.string().max(50).describe('Of Python: "3.11.7".'),
      requirements: z.array(z.string().max(500)).max(2_000).describe('Pinned: "scikit-learn==1.7.2".'),
      /** Functions and classes that the notebook defined travel inside the pickle; these modules do as files. */
      modules: z.array(file).max(1_000).default([]),
      takes: z
        .enum(['frame', 'array', 'rows', 'list', 'tensors'])
        .default('frame')
        .describe(
          'A pandas DataFrame, a numpy array, a list of dicts, or of the only column’s values, or an array for each column; see cellkeep/serving/native.py.',
        ),
      dtype: z.string().max(50).default('').describe('Of that array, as numpy names it; empty: float64.'),
      dtypes: z
        .record(z.string().max(limits.key), z.string().max(50))
        .default({})
        .describe('Of the columns, as pandas or numpy names them, where they are not the plain ones of their type: "category", "int8".'),
      backend: z.string().max(50).default('').describe('What Keras computes with: "tensorflow", "torch", "jax"; empty: its own choice.'),
    })
    .nullable()
    .default(null),
  tfjs: z.object({ file }).nullable().default(null),
  export: exportReport,
  /** Rows as JSON `{ columns, data }`. */
  example: file.nullable().default(null),
  baseline: file.nullable().default(null).describe('JSON of `baseline`: how each feature and the prediction spread in training.'),
  background: file.nullable().default(null).describe('At most 100 rows like `example`, which explanations compare with.'),
  explain: z
    .object({ method: z.enum(['linear', 'trees', 'sampled']), file: file.nullable().default(null) })
    .prefault({ method: 'sampled' }),
  script: file.nullable().default(null).describe('The slice that made it, as a script.'),
  metrics: z.record(z.string().max(limits.key), wireNumber).default({}),
  params: z.record(z.string().max(limits.key), z.string().max(limits.paramValue)).default({}),
  origin: origin.prefault({}),
  sizeBytes: z.number().int().nonnegative(),
});
export type Bundle = z.infer<typeof bundle>;
export type BundleInput = z.input<typeof bundle>;

/** How one column spread in training. */
export const columnBaseline = z.object({
  name: z.string().max(limits.key),
  type: columnType,
  count: z.number().int().nonnegative(),
  missing: z.number().int().nonnegative(),
  mean: z.number().nullable().default(null),
  std: z.number().nullable().default(null),
  min: z.number().nullable().default(null),
  max: z.number().nullable().default(null),
  /** Inner edges of equal-frequency bins, ascending: n edges make n + 1 bins, a value on an edge belongs to the bin above. */
  edges: z.array(z.number()).max(100).default([]),
  /** Values of categories in descending frequency; what is none of them counts as "other", the last of `counts`. */
  values: z.array(z.string().max(1_000)).max(1_000).default([]),
  counts: z.array(z.number().nonnegative()).max(1_001).describe('Rows of each bin, or of each value and then the others.'),
});
export type ColumnBaseline = z.infer<typeof columnBaseline>;

export const baseline = z.object({
  of: z.enum(['training', 'example']).default('training').describe('`example`: training was not known, and no drift is judged by it.'),
  rows: z.number().int().nonnegative(),
  features: z.array(columnBaseline).max(10_000),
  prediction: z.array(columnBaseline).max(1_000),
});
export type Baseline = z.infer<typeof baseline>;
