/** Params as the numbers that a forest splits on. */
import type { Run } from '@cellkeep/schema/tracking';
import { type Column, columnOf, fieldValue, varyingParams } from '../fields.ts';

export interface Feature {
  field: string;
  column: Column;
  /** Its columns in the table: several for a word, which belong together. */
  places: number[];
}

export interface Table {
  features: Feature[];
  rows: number[][];
  target: number[];
  runs: Run[];
  /** Params left out because there are too many. */
  left: number;
}

/** Words with more values than this become one column of codes: one column each would be seen too seldom. */
const MOST_WORDS = 8;
/** A forest of more params than this takes seconds, and shares importance out until nothing stands out. */
export const MOST_FEATURES = 40;

/** Runs that have the metric, in the order of their ids so that the answer does not hang on the order of the chips. */
export function tableOf(runs: readonly Run[], metric: string): Table {
  const having = runs.filter((run) => typeof fieldValue(run, metric) === 'number').sort((a, b) => (a.id < b.id ? -1 : 1));
  const fields = varyingParams(having);
  const columns = fields.slice(0, MOST_FEATURES).map((field) => columnOf(having, field));
  const encoded: number[][] = [];
  const features = columns.map((column) => {
    const first = encoded.length;
    encoded.push(...columnsOf(column));
    return { field: column.field, column, places: Array.from({ length: encoded.length - first }, (_, i) => first + i) };
  });
  return {
    features,
    rows: having.map((_, i) => encoded.map((values) => values[i] as number)),
    target: having.map((run) => fieldValue(run, metric) as number),
    runs: having,
    left: Math.max(0, fields.length - MOST_FEATURES),
  };
}

function columnsOf({ kind, values }: Column): number[][] {
  const isMissing = values.map((value) => Number(value === null));
  const missing = isMissing.includes(1) ? [isMissing] : [];
  if (kind !== 'category') {
    const known = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
    const middle = known[Math.floor(known.length / 2)] ?? 0;
    return [values.map((value) => (typeof value === 'number' ? value : middle)), ...missing];
  }
  const words = [...new Set(values.filter((value) => value !== null))].sort();
  if (words.length > MOST_WORDS) return [values.map((value) => (value === null ? -1 : words.indexOf(value)))];
  return [...words.map((word) => values.map((value) => Number(value === word))), ...missing];
}
