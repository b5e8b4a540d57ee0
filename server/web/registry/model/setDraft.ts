/** What an evaluation set could be, seen from a file of rows and from the version that will be asked it. */
import type { Bundle, EvaluationMetric, EvaluationSet } from '@cellkeep/schema/registry';
import { METRICS_OF_TASK } from '@cellkeep/schema/registry';
import { limits } from '@cellkeep/schema/wire';
import { kindsOf } from '../../deployment/tryit/kinds.ts';
import type { KindOf } from '../../deployment/tryit/readRows.ts';

export interface Rows {
  columns: string[];
  data: unknown[][];
}

export type Value = string | number | boolean;

const MOST_VALUES = 50; // a column with more is no category; the command line draws the same line
/** Slices of one set. */
export const MOST_SLICES = 100;
/** Bytes of JSON for the rows of one set: a request's, less the names of columns and slices. */
export const MOST_BYTES = limits.jsonBody - 2 ** 20;

/** What the columns of CSV are: also an answer "01" stays a text where the version's classes are texts. */
export function kindsOfRows(bundle: Bundle | null): KindOf {
  const inputs = bundle?.signature.inputs ?? [];
  const known = kindsOf(inputs);
  const taken = new Set(inputs.map(({ name }) => name));
  const isOfTexts = bundle?.classes?.every((one) => typeof one === 'string') ?? false;
  // Which of the others is the answer is chosen later, and from a number what was written cannot be had again.
  return (column) => (isOfTexts && !taken.has(column) ? 'text' : known(column));
}

/** The only column that the version does not take; else one that is named as such; else the last. */
export function guessLabel({ columns }: Rows, bundle: Bundle | null): string {
  const taken = new Set(bundle?.signature.inputs.map(({ name }) => name) ?? []);
  const others = columns.filter((name) => !taken.has(name));
  const named = others.find((name) => /^(label|target|truth|y|class|answer)$/i.test(name));
  return named ?? others.at(-1) ?? columns.at(-1) ?? '';
}

/** Numbers of which there are many, where the version does not say what it is for. */
export function taskOf({ columns, data }: Rows, label: string, bundle: Bundle | null): 'classification' | 'regression' {
  if (bundle && bundle.task !== 'other') return bundle.task;
  const at = columns.indexOf(label);
  const values = new Set<number>();
  for (const row of data) {
    const value = row[at];
    if (value === null || value === undefined) continue;
    if (typeof value !== 'number') return 'classification';
    if (values.size <= 20) values.add(value);
  }
  return values.size > 20 ? 'regression' : 'classification';
}

export const metricsFor = (task: 'classification' | 'regression'): readonly EvaluationMetric[] => METRICS_OF_TASK[task];

/** Values that can be told apart one by one, by the columns that have so few; counting ends with the first value too many. */
export function categoriesOf({ columns, data }: Rows): ReadonlyMap<string, readonly Value[]> {
  const found = new Map<string, Value[]>();
  for (const [at, column] of columns.entries()) {
    const values = fewValues(data, at);
    if (values && values.size > 1) found.set(column, [...values].sort(inOrder));
  }
  return found;
}

function fewValues(data: Rows['data'], at: number): Set<Value> | null {
  const values = new Set<Value>();
  for (const row of data) {
    const value = row[at];
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') return null;
    values.add(value as Value);
    if (values.size > MOST_VALUES) return null;
  }
  return values;
}

const inOrder = (a: Value, b: Value) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1);

/** One slice for each value, named as the command line names it. */
export const slicesOf = (column: string, values: readonly Value[]): EvaluationSet['slices'] =>
  values.map((value) => ({ name: cut(`${column} = ${value}`), column, equals: [value] }));

/** Rows whose true answer is known, which alone a set holds, and what follows from them. */
export interface Answered extends Rows {
  /** Of these rows as JSON. */
  bytes: number;
  /** Of the columns beside the answer. */
  categories: ReadonlyMap<string, readonly Value[]>;
}

/** @param sizes by `rowSizes` */
export function answered({ columns, data }: Rows, sizes: Uint32Array, label: string): Answered {
  const at = columns.indexOf(label);
  let bytes = 0;
  const known = data.filter((row, i) => {
    const isKnown = row[at] !== null && row[at] !== undefined && row[at] !== '';
    if (isKnown) bytes += (sizes[i] ?? 0) + 1;
    return isKnown;
  });
  const categories = new Map(categoriesOf({ columns, data: known }));
  categories.delete(label);
  return { columns, data: known, bytes, categories };
}

/** Bytes of each row as JSON: a Parquet file of 48 MB may be 111 MiB of it. */
export function rowSizes({ data }: Rows): Uint32Array {
  const encoder = new TextEncoder();
  return Uint32Array.from(data, (row) => {
    const text = JSON.stringify(row);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters of one byte
    return /^[\u0000-\u007f]*$/.test(text) ? text.length : encoder.encode(text).length;
  });
}

/** What the version takes and the file does not have. */
export function missingColumns({ columns }: Rows, bundle: Bundle | null): string[] {
  if (bundle?.signature.layout !== 'columns') return [];
  return bundle.signature.inputs.filter(({ name, required }) => required && !columns.includes(name)).map(({ name }) => name);
}

/** `late flights.january.csv` → `late flights.january` */
export const nameOfFile = (name: string): string => cut(name.replace(/\.[^.]*$/, '')) || 'rows';

/** To the length of a name, which half a surrogate pair is no part of: the database keeps none. */
function cut(text: string): string {
  const head = text.slice(0, limits.name);
  return text.length > head.length && /[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head;
}
