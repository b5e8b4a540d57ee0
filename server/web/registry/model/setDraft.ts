/** What an evaluation set could be, seen from a file of rows and from the version that will be asked it. */
import type { Bundle, EvaluationMetric, EvaluationSet } from '@cellkeep/schema/registry';
import { METRICS_OF_TASK } from '@cellkeep/schema/registry';

export interface Rows {
  columns: string[];
  data: unknown[][];
}

const MOST_VALUES = 50; // a column with more is no category; the command line draws the same line

const valuesOf = ({ columns, data }: Rows, column: string): unknown[] => {
  const at = columns.indexOf(column);
  return [...new Set(data.map((row) => row[at]).filter((value) => value !== null && value !== undefined))];
};

/** The only column that the version does not take; else one that is named as such; else the last. */
export function guessLabel({ columns }: Rows, bundle: Bundle | null): string {
  const taken = new Set(bundle?.signature.inputs.map(({ name }) => name) ?? []);
  const others = columns.filter((name) => !taken.has(name));
  const named = others.find((name) => /^(label|target|truth|y|class|answer)$/i.test(name));
  return named ?? others.at(-1) ?? columns.at(-1) ?? '';
}

/** Numbers of which there are many, where the version does not say what it is for. */
export function taskOf(rows: Rows, label: string, bundle: Bundle | null): 'classification' | 'regression' {
  if (bundle && bundle.task !== 'other') return bundle.task;
  const values = valuesOf(rows, label);
  return values.length > 20 && values.every((value) => typeof value === 'number') ? 'regression' : 'classification';
}

export const metricsFor = (task: 'classification' | 'regression'): readonly EvaluationMetric[] => METRICS_OF_TASK[task];

/** Columns whose values can be told apart one by one, the true answer left out. */
export const sliceable = (rows: Rows, label: string): string[] =>
  rows.columns.filter((column) => {
    if (column === label) return false;
    const values = valuesOf(rows, column);
    return values.length > 1 && values.length <= MOST_VALUES && values.every((value) => typeof value !== 'object');
  });

/** One slice for each value, named as the command line names it. */
export function slicesOf(rows: Rows, column: string): EvaluationSet['slices'] {
  const values = valuesOf(rows, column) as (string | number | boolean)[];
  return values
    .sort((a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1))
    .map((value) => ({ name: `${column} = ${value}`.slice(0, 250), column, equals: [value] }));
}

/** Rows whose true answer is known; a set holds no others. */
export function answered({ columns, data }: Rows, label: string): Rows {
  const at = columns.indexOf(label);
  return { columns, data: data.filter((row) => row[at] !== null && row[at] !== undefined && row[at] !== '') };
}

/** What the version takes and the file does not have. */
export function missingColumns({ columns }: Rows, bundle: Bundle | null): string[] {
  if (bundle?.signature.layout !== 'columns') return [];
  return bundle.signature.inputs.filter(({ name, required }) => required && !columns.includes(name)).map(({ name }) => name);
}

/** `late flights.january.csv` → `late flights.january` */
export const nameOfFile = (name: string): string => name.replace(/\.[^.]*$/, '').slice(0, 250) || 'rows';
