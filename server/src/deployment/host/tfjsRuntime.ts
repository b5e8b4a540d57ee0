/** Asks a model of TensorFlow.js in this process, where the package is installed (tfjs/findTfjs.ts); it is loaded with the first such model. */
import { dirname } from 'node:path';
import type { Bundle } from '@cellkeep/schema/registry';
import { type Answers, type ColumnValues, type LoadModel, ModelFailure, type Rows } from './model.ts';
import { type FoundTfjs, findTfjs, type Tfjs, type TfjsModel, type TfjsTensor } from './tfjs/findTfjs.ts';
import { readArtifacts } from './tfjs/readArtifacts.ts';

export interface TfjsOptions {
  /** Of a home's unpacked models: TensorFlow.js may be installed beside it, in `tfjs`. */
  cache: string;
  say: (line: string, stream: 'out' | 'err' | 'host') => void;
}

const found = new Map<string, Promise<FoundTfjs>>();

export function createTfjsRuntime({ cache, say }: TfjsOptions): LoadModel {
  return async (bundle, folder) => {
    if (!bundle.tfjs) throw new ModelFailure('the bundle names no tfjs model');
    const { isGraph, artifacts } = await readArtifacts(folder, bundle.tfjs.file);
    const home = dirname(cache);
    const finding = found.get(home) ?? findTfjs(home);
    found.set(home, finding);
    const { tf, told } = await finding.catch((error) => {
      found.delete(home); // it may be installed by the next time
      throw error;
    });
    say(`tfjs: ${told}`, 'host');
    const from = tf.io.fromMemory(artifacts);
    const model = await (isGraph ? tf.loadGraphModel(from) : tf.loadLayersModel(from)).catch((cause: Error) => {
      throw new ModelFailure(`TensorFlow.js cannot load ${bundle.tfjs?.file}: ${cause.message}`, { cause });
    });
    const feeds = feedsOf(bundle, model);
    return {
      bundle,
      parallel: 1,
      async predict(rows) {
        const given = feeds.map(({ make }) => make(tf, rows));
        let outputs: TfjsTensor[] = [];
        try {
          outputs = listOf(model.predict(given.length === 1 ? (given[0] as TfjsTensor) : given));
          return await answersOf(bundle, outputs, rows.count);
        } catch (cause) {
          throw cause instanceof ModelFailure ? cause : new ModelFailure(`TensorFlow.js: ${(cause as Error).message}`, { cause });
        } finally {
          for (const tensor of [...given, ...outputs]) tensor.dispose();
        }
      },
      async close() {
        model.dispose();
      },
    };
  };
}

interface Feed {
  make: (tf: Tfjs, rows: Rows) => TfjsTensor;
}

/** A tensor is fed as it is; columns are beside each other in the only input, or each in the input of its name. */
function feedsOf({ signature: { inputs: columns } }: Bundle, { inputs }: TfjsModel): Feed[] {
  const named = inputs.map(({ name }) => columns.findIndex((column) => column.name === name || name.startsWith(`${column.name}:`)));
  if (inputs.length > 1 && named.includes(-1)) {
    const missing = inputs[named.indexOf(-1)]?.name;
    throw new ModelFailure(
      `the model's input ${missing} is none of the signature's columns: ${columns.map(({ name }) => name).join(', ')}`,
    );
  }
  return inputs.map(({ dtype = 'float32' }, i) => {
    const places = inputs.length === 1 ? columns.map((_, place) => place) : [named[i] as number];
    return { make: (tf, rows) => tensorOf(tf, rows, places, places.map((place) => columns[place]?.shape ?? null), dtype) }; // biome-ignore format: one line
  });
}

function tensorOf(tf: Tfjs, { columns, count }: Rows, places: number[], shapes: (number[] | null)[], dtype: string): TfjsTensor {
  const [first] = shapes;
  const values = places.map((place) => columns[place] as ColumnValues);
  const isText = dtype === 'string';
  const one = (value: unknown) => (isText ? String(value ?? '') : Number(value ?? Number.NaN));
  if (first) {
    const [tensor] = values as [ColumnValues];
    const flat = Array.from(tensor as ArrayLike<unknown>, one);
    const width = count === 0 ? 0 : flat.length / count;
    const fixed = first.reduce((all, size) => (size < 0 ? all : all * size), 1);
    return tf.tensor(
      isText ? flat : typed(flat as number[], dtype),
      [count, ...first.map((size) => (size < 0 ? width / fixed : size))],
      dtype,
    );
  }
  const flat: unknown[] = [];
  for (let row = 0; row < count; row++) for (const column of values) flat.push(one(column[row]));
  return tf.tensor(isText ? flat : typed(flat as number[], dtype), [count, places.length], dtype);
}

const typed = (values: number[], dtype: string) =>
  dtype === 'int32' ? Int32Array.from(values) : dtype === 'bool' ? Uint8Array.from(values) : Float32Array.from(values);

const listOf = (given: ReturnType<TfjsModel['predict']>): TfjsTensor[] =>
  Array.isArray(given) ? given : typeof (given as TfjsTensor).dispose === 'function' ? [given as TfjsTensor] : Object.values(given);

async function answersOf({ task, classes, signature }: Bundle, outputs: TfjsTensor[], count: number): Promise<Answers> {
  const values = await Promise.all(outputs.map((tensor) => tensor.data()));
  if (task === 'classification' && classes) {
    const scores = scoresOf(values[0] as ArrayLike<number>, count, classes.length);
    const best = Array.from({ length: count }, (_, row) => {
      const own = scores.subarray(row * classes.length, (row + 1) * classes.length);
      return classes[own.indexOf(Math.max(...own))] as string | number | boolean;
    });
    const isText = signature.outputs[0]?.type === 'string';
    return { columns: [isText ? best.map(String) : Float64Array.from(best, Number)], scores };
  }
  const targets = signature.outputs.length;
  if (outputs.length === 1 && targets > 1) {
    const [only] = values as [ArrayLike<number>];
    if (only.length !== count * targets) throw new ModelFailure(`the model gave ${only.length} values for ${count} rows of ${targets}`);
    return { columns: signature.outputs.map((_, k) => Float64Array.from({ length: count }, (_row, row) => only[row * targets + k] as number)), scores: null }; // biome-ignore format: one line
  }
  if (outputs.length !== targets) throw new ModelFailure(`the model gave ${outputs.length} outputs; its signature has ${targets}`);
  return { columns: values.map((one, k) => (outputs[k]?.dtype === 'string' ? Array.from(one, String) : Float64Array.from(one as ArrayLike<number>))), scores: null }; // biome-ignore format: one line
}

/** Probabilities of each class; of two classes a sigmoid gives the second alone. */
function scoresOf(values: ArrayLike<number>, count: number, classes: number): Float64Array {
  if (values.length === count * classes) return Float64Array.from(values);
  if (classes === 2 && values.length === count) return Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 === 1 ? (values[i >> 1] as number) : 1 - (values[i >> 1] as number))); // biome-ignore format: one line
  throw new ModelFailure(`the model gave ${values.length} values for ${count} rows and ${classes} classes`);
}
