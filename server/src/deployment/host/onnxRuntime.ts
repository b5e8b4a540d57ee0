/** Asks an ONNX graph in this process. One thread: hosts are many, and a row is too little to share among cores. */
import { join } from 'node:path';
import type { Bundle, OnnxGraph } from '@cellkeep/schema/registry';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Answers, type ColumnValues, type LoadedModel, type LoadModel, ModelFailure } from './model.ts';
import { type NativeSession, onnxBinding } from './onnxBinding.ts';
import { columnsOf, feedOf, scoresOf, split } from './onnxTensors.ts';

const OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
};
const QUIET: InferenceSession.RunOptions = { logSeverityLevel: 3 };

export const loadOnnx: LoadModel = async (bundle, folder) => {
  const { onnx } = bundle;
  if (!onnx) throw new ModelFailure('the bundle names no ONNX graph');
  const { Tensor } = onnxBinding();
  const session = openSession(join(folder, onnx.file), onnx.file);
  const feeds = onnx.feeds.map((feed) => feedOf(Tensor, bundle, feed));
  const wanted = [onnx.label, onnx.scores].filter((name) => name !== null);
  const [inputs, outputs] = [session.inputMetadata, session.outputMetadata].map((all) => all.map(({ name }) => name)) as [
    string[],
    string[],
  ];
  requireNames('input', inputs, feeds.map(({ input }) => input), 'the bundle feeds'); // biome-ignore format: a sentence
  requireNames('output', wanted, outputs, 'the graph gives');
  const fetches = Object.fromEntries(wanted.map((name) => [name, null]));
  const answersOf = readOutputs(bundle, onnx);
  return {
    bundle,
    parallel: 1,
    predict(rows) {
      const given: Record<string, Tensor> = {};
      for (const feed of feeds) given[feed.input] = feed.tensorOf(rows);
      let got: Record<string, Tensor>;
      try {
        got = session.run(given, fetches, QUIET);
      } catch (cause) {
        throw new ModelFailure(`ONNX Runtime: ${textOf(cause)}`, { cause });
      }
      return answersOf(got, rows.count);
    },
    close: async () => session.dispose(),
  } satisfies LoadedModel;
};

function openSession(path: string, file: string): NativeSession {
  try {
    const session = new (onnxBinding().Session)();
    session.loadModel(path, OPTIONS);
    return session;
  } catch (cause) {
    throw new ModelFailure(`ONNX Runtime cannot load ${file}: ${textOf(cause)}`, { cause });
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 1_000);

function requireNames(what: string, needed: readonly string[], there: readonly string[], who: string): void {
  const missing = needed.find((name) => !there.includes(name));
  if (missing !== undefined)
    throw new ModelFailure(`the graph's ${what} ${JSON.stringify(missing)} is not among those that ${who}: ${there}`);
}

function readOutputs({ classes, signature, task }: Bundle, { label, scores }: OnnxGraph) {
  const targets = Math.max(1, signature.outputs.length);
  const type = signature.outputs[0]?.type;
  const width = targets === 1 ? (signature.outputs[0]?.shape?.reduce((product, size) => product * size, 1) ?? 1) : targets;
  return (outputs: Record<string, Tensor>, count: number): Answers => {
    const probabilities = scores === null ? null : scoresOf(outputs[scores] as Tensor, count, classes?.length ?? null);
    if (label !== null) {
      const columns = columnsOf(outputs[label] as Tensor, count, targets, width);
      return {
        columns: classes && task === 'classification' ? columns.map((column) => named(column, type, classes)) : columns,
        scores: probabilities,
      };
    }
    if (!probabilities) throw new ModelFailure('the graph gives neither a label nor scores');
    if (!classes) return { columns: split(probabilities, targets, (length) => new Float64Array(length)), scores: null };
    return { columns: [likeliest(probabilities, count, classes)], scores: probabilities };
  };
}

type Classes = NonNullable<Bundle['classes']>;

/** Where Python named the classes and the graph counts them. */
function named(column: ColumnValues, type: string | undefined, classes: Classes): ColumnValues {
  if (type !== 'string' || !(column instanceof Float64Array)) return column;
  return Array.from(column, (at) => String(classes[at] ?? at));
}

function likeliest(scores: Float64Array, count: number, classes: Classes): ColumnValues {
  const width = classes.length;
  const best = Array.from({ length: count }, (_, i) => {
    let at = 0;
    for (let k = 1; k < width; k++) if ((scores[i * width + k] as number) > (scores[i * width + at] as number)) at = k;
    return classes[at] as Classes[number];
  });
  return best.some((value) => typeof value === 'string') ? best.map(String) : Float64Array.from(best, Number);
}
