/** A cell of CSV as a value of its column's type. Apart from csv.ts, so that a thread that reads files loads nothing else. */
import type { Column } from '@cellkeep/schema/registry';

/** pandas 3, `STR_NA_VALUES`. */
const MISSING = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);
/** Digits can be read in one way only, or a long cell that is no number would take a time that grows with its square. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** As pandas reads it, where the column has this type; the cell itself where it is no value of the type. */
export function csvValue(cell: string, type: Column['type']): unknown {
  if (MISSING.has(cell)) return null;
  if (type === 'string' || type === 'datetime' || type === 'binary') return cell;
  const text = cell.trim();
  if (type === 'boolean') return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : cell;
  // 1e400 is no infinity: pandas reads one, and nobody hears of it.
  if (NUMBER.test(text)) return Number.isFinite(Number(text)) ? Number(text) : cell;
  return /^[+-]?inf(inity)?$/i.test(text) ? (text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : cell;
}
