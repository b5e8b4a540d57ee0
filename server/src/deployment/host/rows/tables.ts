/** The ways in which JSON writes rows: objects, columns with a list for each row, and columns with a list each. */

import { badRequest } from '../refusal.ts';
import { isBeyond } from './beyond.ts';
import type { ColumnReader } from './columnReader.ts';
import type { Table } from './table.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

export const isObject = (value: unknown): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What every object has without having been given it: "constructor" is no value of a column of that name. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/** @param path of the list, or of the only row where it is `single` */
export function tableOfRecords(records: readonly Json[], readers: readonly ColumnReader[], path: string, single = false): Table {
  const fieldOfRow = (row: number) => (single ? path : `${path}[${row}]`);
  for (let r = 0; r < records.length; r++) {
    if (!isObject(records[r])) throw badRequest(fieldOfRow(r), 'a row is an object with a value for each input');
  }
  const rows = records as readonly JsonObject[];
  const own = readers.map(({ name }) => INHERITED.has(name));
  const ownValue = (row: number, name: string) =>
    Object.hasOwn(rows[row] as JsonObject, name) ? (rows[row] as JsonObject)[name] : undefined;
  const inside = (row: number, name: string) => (fieldOfRow(row) === '' ? name : `${fieldOfRow(row)}.${name}`);
  return {
    count: rows.length,
    value(row, column) {
      const { name } = readers[column] as ColumnReader;
      return own[column] ? ownValue(row, name) : (rows[row] as JsonObject)[name];
    },
    field: (row, column) => inside(row, (readers[column] as ColumnReader).name),
    other: ownValue,
    extra() {
      const found: { field: string; name: string }[] = [];
      let known: Set<string> | null = null;
      rows.forEach((record, row) => {
        const names = Object.keys(record);
        // As many as there are inputs, all of which are there: nothing can be too much.
        if (
          names.length <= readers.length &&
          readers.every(({ name }, c) => (own[c] ? Object.hasOwn(record, name) : record[name] !== undefined))
        )
          return;
        known ??= new Set(readers.map(({ name }) => name));
        for (const name of names) if (!known.has(name) && found.length < 100) found.push({ field: inside(row, name), name });
      });
      return found;
    },
  };
}

/** The same table, whose values JSON.parse has made: none of them was an infinity when it was written. */
export function ofJson(table: Table): Table {
  const { value } = table; // not another's that is put in its place: features that are looked up may well be infinite
  table.isBeyond = (row, column) => isBeyond(value(row, column));
  return table;
}

/** A list for each row. Without names they stand in the signature's order. */
export function tableOfSplit(
  names: Json | undefined,
  data: Json | undefined,
  readers: readonly ColumnReader[],
  path: { names: string; data: string },
): Table {
  if (!Array.isArray(data)) throw badRequest(path.data, 'must be a list with a list for each row');
  const columns = columnNames(names, readers, path.names);
  const places = readers.map(({ name }) => columns.indexOf(name));
  const rows = data.map((row, r) => {
    const list = Array.isArray(row) ? row : columns.length === 1 ? [row] : null;
    if (list?.length !== columns.length)
      throw badRequest(`${path.data}[${r}]`, list ? `has ${list.length} values for ${columns.length} columns` : 'must be a list of values');
    return list;
  });
  return {
    count: rows.length,
    value: (row, column) => {
      const place = places[column] as number;
      return place < 0 ? undefined : rows[row]?.[place];
    },
    field: (row, column) => `${path.data}[${row}].${(readers[column] as ColumnReader).name}`,
    other: (row, name) => rows[row]?.[columns.indexOf(name)],
    extra: () => extraOf(columns, readers, (_name, i) => `${path.names}[${i}]`),
  };
}

function columnNames(names: Json | undefined, readers: readonly ColumnReader[], path: string): string[] {
  if (names === undefined || names === null) return readers.map(({ name }) => name);
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string' && typeof name !== 'number'))
    throw badRequest(path, 'must be a list of names');
  const columns = names.map(String);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw badRequest(path, `${JSON.stringify(twice)} comes twice`);
  return columns;
}

const extraOf = (names: readonly string[], readers: readonly ColumnReader[], field: (name: string, i: number) => string) =>
  names.flatMap((name, i) => (readers.some((reader) => reader.name === name) ? [] : [{ field: field(name, i), name }]));

/** A list for each column. @param path of the object */
export function tableOfColumns(columns: ReadonlyMap<string, ArrayLike<unknown>>, readers: readonly ColumnReader[], path: string): Table {
  const given = readers.map(({ name }) => columns.get(name));
  const [first] = columns;
  const count = first?.[1].length ?? 0;
  for (const [name, { length }] of columns) {
    if (length !== count) throw badRequest(`${path}.${name}`, `has ${length} values, ${path}.${first?.[0]} has ${count}`);
  }
  return {
    count,
    value: (row, column) => given[column]?.[row],
    field: (row, column) => `${path}.${(readers[column] as ColumnReader).name}[${row}]`,
    other: (row, name) => columns.get(name)?.[row],
    extra: () => extraOf([...columns.keys()], readers, (name) => `${path}.${name}`),
  };
}
