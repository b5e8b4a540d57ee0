/**
 * What a host knows of a model, whatever runs it. Rows travel as columns, in the order of the signature's inputs, so that the rows of
 * several requests can go through the model together.
 */
import type { Bundle } from '@cellkeep/schema/registry';

/**
 * Values of one column for all rows: boolean (0 and 1) and all numbers as float64, integers beyond 2^53 as bigint, strings and ISO dates
 * as text. Missing is NaN, or null. A tensor column holds its rows one after another.
 */
export type ColumnValues = Float64Array | BigInt64Array | (string | null)[] | (Uint8Array | null)[];

export interface Rows {
  count: number;
  columns: ColumnValues[];
}

export interface Answers {
  /** One for each of the signature's outputs: for a classifier the label first; several targets stand beside each other. */
  columns: ColumnValues[];
  /** Probabilities, float64 [rows × classes], one row after another; null where the model has none. */
  scores: Float64Array | null;
}

export interface LoadedModel {
  bundle: Bundle;
  /** Never called while a call of it is running, unless `parallel` is more than 1. A rejected promise fails these rows alone. */
  predict: (rows: Rows, signal?: AbortSignal) => Answers | Promise<Answers>;
  /** Calls that may run at once. */
  parallel: number;
  /** It puts calls together itself, and knows which went together when something fails: each request is a call of its own. */
  gathers?: boolean;
  /** Ends what it started; calls that are running reject. */
  close: () => Promise<void>;
}

/** A folder with the model's files, as the bundle names them. */
export type LoadModel = (bundle: Bundle, folder: string) => Promise<LoadedModel>;

/** The model cannot be loaded or asked: an environment that does not install, a native crash, a worker that was ended. */
export class ModelFailure extends Error {
  override name = 'ModelFailure';
  /** The process that ran it is gone, another is coming: 503 with Retry-After rather than 500. */
  readonly isGone: boolean;

  constructor(message: string, { isGone = false, cause }: { isGone?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.isGone = isGone;
  }
}
