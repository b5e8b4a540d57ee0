/** Columns as the tensors of a graph, and its tensors as columns. */
import type { Bundle, OnnxGraph } from '@cellkeep/schema/registry';
import type { Tensor, TensorConstructor } from 'onnxruntime-node';
import { type ColumnValues, ModelFailure, type Rows } from './model.ts';

export interface Feed {
  input: string;
  tensorOf: (rows: Rows) => Tensor;
}

/** The columns of a feed stand beside each other: [rows, columns], or the shape of the only one. */
export function feedOf(Tensor: TensorConstructor, { signature }: Bundle, { input, type, columns }: OnnxGraph['feeds'][number]): Feed {
  const places = columns.map((name) => signature.inputs.findIndex((column) => column.name === name));
  if (places.includes(-1)) throw new ModelFailure(`the graph's input ${input} takes a column that the signature lacks: ${columns}`);
  const shape = signature.inputs[places[0] as number]?.shape ?? null;
  if (shape && columns.length > 1) throw new ModelFailure(`the graph's input ${input} takes a tensor and other columns at once`);
  const width = shape ? shape.reduce((product, size) => product * Math.abs(size), 1) : columns.length;
  const tail = shape?.map(Math.abs) ?? [columns.length];
  const wide = columns.length;
  const fill = FILLS[type];
  return {
    input,
    tensorOf({ columns: given, count }) {
      const values = places.map((place) => given[place] as ColumnValues);
      return new Tensor(type, fill(values, count * width, wide) as Float32Array, [count, ...tail]);
    },
  };
}

/** Lays `wide` columns beside each other into `length` values. */
type Fill = (columns: ColumnValues[], length: number, wide: number) => unknown;

function lay<V>(into: { [at: number]: V }, columns: ColumnValues[], length: number, wide: number, as: (value: never) => V): unknown {
  for (let c = 0; c < wide; c++) {
    const from = columns[c] as ColumnValues;
    for (let i = 0, at = c; at < length; i++, at += wide) into[at] = as(from[i] as never);
  }
  return into;
}

const FILLS: Record<OnnxGraph['feeds'][number]['type'], Fill> = {
  // Nearly every model has this one alone: without a call for each value.
  float32(columns, length, wide) {
    const into = new Float32Array(length);
    for (let c = 0; c < wide; c++) {
      const from = columns[c] as Float64Array;
      for (let i = 0, at = c; at < length; i++, at += wide) into[at] = from[i] as number;
    }
    return into;
  },
  float64: (columns, length, wide) => lay(new Float64Array(length), columns, length, wide, Number),
  int32: (columns, length, wide) => lay(new Int32Array(length), columns, length, wide, Number),
  int64: (columns, length, wide) => lay(new BigInt64Array(length), columns, length, wide, bigintOf),
  bool: (columns, length, wide) => lay(new Uint8Array(length), columns, length, wide, Number),
  // A graph's texts cannot be missing: exporters teach it the empty one.
  string: (columns, length, wide) => lay(new Array<string>(length), columns, length, wide, (value: unknown) => String(value ?? '')),
};

function bigintOf(value: number | bigint): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);
}

/** How far a sum of float64 may lie beyond what it is the rounding of. */
const ROUNDING = 1e-9;

/** Adding up a forest's leaves gives -2.2e-16 where 0 is meant; what lies farther outside is an answer of the model, and stays. */
function rounded(value: number): number {
  if (value < 0 && value > -ROUNDING) return 0;
  return value > 1 && value < 1 + ROUNDING ? 1 : value;
}

/** Probabilities as float64 [rows × classes]. */
export function scoresOf({ data, dims }: Tensor, count: number, classes: number | null): Float64Array {
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new ModelFailure('scores are no tensor of floats: export the model without ZipMap');
  const width = count === 0 ? classes : data.length / count;
  if (classes === null) return Float64Array.from(data);
  if (width === classes) {
    const scores = new Float64Array(data.length);
    for (let i = 0; i < scores.length; i++) scores[i] = rounded(data[i] as number);
    return scores;
  }
  if (width !== 1 || classes !== 2) throw new ModelFailure(`scores are [${dims}] for ${classes} classes`);
  // Of two classes some graphs give the second alone.
  const both = new Float64Array(count * 2);
  for (let i = 0; i < count; i++) {
    const second = rounded(data[i] as number);
    both[2 * i] = 1 - second;
    both[2 * i + 1] = second;
  }
  return both;
}

/** [rows, targets] as so many columns, or [rows, …shape] as the only one. @param width values of a row */
export function columnsOf({ data }: Tensor, count: number, targets: number, width: number): ColumnValues[] {
  if (data.length !== count * width) throw new ModelFailure(`the graph answers ${data.length} values for ${count} rows of ${width}`);
  if (Array.isArray(data)) return split<(string | null)[]>(data.map(String), targets, (length) => new Array<string>(length));
  if (data instanceof BigInt64Array && data.some((value) => !Number.isSafeInteger(Number(value))))
    return split(data, targets, (length) => new BigInt64Array(length));
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) numbers[i] = Number(data[i]);
  return split(numbers, targets, (length) => new Float64Array(length));
}

export function split<T extends ArrayLike<unknown>>(values: T, targets: number, make: (length: number) => T): T[] {
  if (targets === 1) return [values];
  return Array.from({ length: targets }, (_, t) => {
    const column = make(values.length / targets) as { [at: number]: unknown } & T;
    for (let i = 0; i < column.length; i++) column[i] = values[i * targets + t];
    return column;
  });
}
