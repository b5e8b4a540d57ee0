/** CSV with a line of names, its cells read as the signature's types, missing ones as pandas reads them. */
import type { Column } from '@cellkeep/schema/registry';
import { csvRecords } from '../../../core/csvRecords.ts';
import { badRequest } from '../refusal.ts';
import type { ColumnReader } from './columnReader.ts';
import { csvValue } from './csvValue.ts';
import type { Table } from './table.ts';
import { tableOfSplit } from './tables.ts';

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
