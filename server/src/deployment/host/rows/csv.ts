/** CSV with a line of names, its cells read as the signature's types, missing ones as pandas reads them. */
import type { Column } from '@cellkeep/schema/registry';
import { csvRecords } from '../../../core/csvRecords.ts';
import { badRequest } from '../refusal.ts';
import type { ColumnReader } from './columnReader.ts';
import type { Table } from './table.ts';
import { tableOfSplit } from './tables.ts';

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
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export function tableOfCsv(text: string, readers: readonly ColumnReader[]): Table {
  const records = csvRecords(text, ',');
  const first = records.next();
  if (first.done) throw badRequest('', 'the body is empty', 'send a line of names and a line for each row');
  const names = first.value.cells.map((name) => name.trim());
  const types = names.map((name) => readers.find((reader) => reader.name === name)?.column.type ?? 'string');
  const rows = Array.from(records, ({ cells }, row) => {
    if (cells.length !== names.length) throw badRequest(`line ${row + 2}`, `has ${cells.length} cells for ${names.length} columns`);
    return cells.map((cell, i) => csvValue(cell, types[i] as Column['type']));
  });
  // Infinities stay as they are: JSON alone lacks them.
  return tableOfSplit(names, rows as never, readers, { names: 'columns', data: 'rows' });
}

/** As pandas reads it, where the column has this type. */
export function csvValue(cell: string, type: Column['type']): unknown {
  if (MISSING.has(cell)) return null;
  if (type === 'string' || type === 'datetime' || type === 'binary') return cell;
  const text = cell.trim();
  if (type === 'boolean') return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : cell;
  if (NUMBER.test(text)) return Number(text);
  return /^[+-]?inf(inity)?$/i.test(text) ? (text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : cell;
}
