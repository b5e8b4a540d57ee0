import type { EvaluationSet } from '@cellkeep/schema/registry';

export type Value = string | number | boolean | null;

export interface TrueRows {
  columns: readonly string[];
  data: readonly (readonly Value[])[];
}

type Slice = EvaluationSet['slices'][number];

/** Places of the rows that are in the slice: whose value is one of `equals`, and within `min` (included) and `max` (not included). */
export function rowsOfSlice({ columns, data }: TrueRows, slice: Slice): Int32Array {
  const at = columns.indexOf(slice.column);
  const wanted = slice.equals && new Set(slice.equals.map(keyOf));
  const places: number[] = [];
  for (const [i, row] of data.entries()) {
    const value = row[at] ?? null;
    if (wanted && !wanted.has(keyOf(value))) continue;
    if (isWithin(value, slice)) places.push(i);
  }
  return Int32Array.from(places);
}

const keyOf = (value: Value) => (value === null ? 'null' : `v ${String(value)}`);

function isWithin(value: Value, { min, max }: Slice): boolean {
  if (min === undefined && max === undefined) return true;
  if (value === null || value === '' || typeof value === 'boolean') return false;
  const number = Number(value);
  return number >= (min ?? Number.NEGATIVE_INFINITY) && number < (max ?? Number.POSITIVE_INFINITY);
}

/** "carrier = AA or UA", "distance from 500 to 1000" */
export function describeSlice({ column, equals, min, max }: Slice): string {
  const parts = [
    ...(equals ? [`${column} = ${equals.map(String).join(' or ')}`] : []),
    ...(min !== undefined && max !== undefined ? [`${column} from ${min} to below ${max}`] : []),
    ...(min !== undefined && max === undefined ? [`${column} from ${min}`] : []),
    ...(min === undefined && max !== undefined ? [`${column} below ${max}`] : []),
  ];
  return parts.join(' and ') || column;
}
