/** Reads values into a column of the signature, or says what is wrong with them. */
import type { Column, Signature } from '@cellkeep/schema/registry';
import type { ColumnValues } from '../model.ts';

export interface ColumnReader {
  name: string;
  column: Column;
  /** Values of one row: more than 1 for tensors. */
  width: number;
  make: (rows: number) => ColumnValues;
  /** Stores the value of a row. @returns what is wrong with it; null: nothing */
  read: (into: ColumnValues, row: number, value: unknown) => string | null;
}

type ReadOne = (into: ColumnValues, at: number, value: unknown) => string | null;

export function columnReaders({ inputs }: Signature, strict: boolean): ColumnReader[] {
  return inputs.map((column) => columnReader(column, strict));
}

function columnReader(column: Column, strict: boolean): ColumnReader {
  const isText = column.type === 'string' || column.type === 'datetime' || column.type === 'binary';
  const width = column.shape?.reduce((product, size) => product * size, 1) ?? 1;
  // A shape with an open size has the size of each request; without one, rows lie one after another.
  if (!(width >= 0)) throw new Error(`column ${column.name}: only the number of rows may be open in [${column.shape}]`);
  const one = READERS[column.type](column);
  const checked = strict ? withinTraining(column, one) : one;
  return {
    name: column.name,
    column,
    width,
    make: (rows) => (isText ? new Array<null>(rows * width).fill(null) : new Float64Array(rows * width)),
    read: column.shape ? tensor(column.shape, width, checked) : checked,
  };
}

const isMissing = (value: unknown) => value === undefined || value === null || Number.isNaN(value);

/** What stands for "nothing" where it may; the reason where it may not. */
function missing({ required }: Column, nothing: number | null): ReadOne {
  if (!required)
    return (into, at) => {
      into[at] = nothing as never;
      return null;
    };
  return (_into, _at, value) => {
    if (value === undefined) return 'is missing';
    return value === null ? 'is null, and must have a value' : 'is NaN, and must have a value';
  };
}

const READERS: Record<Column['type'], (column: Column) => ReadOne> = {
  double: floats,
  float: floats,
  integer(column) {
    const none = missing(column, Number.NaN);
    return (into, at, value) => {
      if (typeof value === 'number' && Number.isSafeInteger(value)) {
        into[at] = value;
        return null;
      }
      if (isMissing(value)) return none(into, at, value);
      if (typeof value === 'bigint') {
        if (!Number.isSafeInteger(Number(value))) return `is ${value}, beyond ±(2^53 - 1)`;
        into[at] = Number(value);
        return null;
      }
      return typeof value === 'number' ? `is ${value}, which is no integer within ±(2^53 - 1)` : wrong(value, 'an integer');
    };
  },
  boolean(column) {
    const none = missing(column, Number.NaN);
    return (into, at, value) => {
      if (typeof value !== 'boolean') return isMissing(value) ? none(into, at, value) : wrong(value, 'true or false');
      into[at] = value ? 1 : 0;
      return null;
    };
  },
  string(column) {
    const none = missing(column, null);
    return (into, at, value) => {
      if (typeof value !== 'string') return isMissing(value) ? none(into, at, value) : wrong(value, 'a text');
      into[at] = value;
      return null;
    };
  },
  datetime(column) {
    const none = missing(column, null);
    return (into, at, value) => {
      if (isMissing(value)) return none(into, at, value);
      if (typeof value !== 'string' || !ISO.test(value) || Number.isNaN(Date.parse(value)))
        return wrong(value, 'a time like "2026-01-31T08:30:00Z"');
      into[at] = value;
      return null;
    };
  },
  binary(column) {
    const none = missing(column, null);
    return (into, at, value) => {
      if (isMissing(value)) return none(into, at, value);
      if (value instanceof Uint8Array) into[at] = value;
      else if (typeof value === 'string' && value.length % 4 === 0 && BASE64.test(value)) into[at] = Buffer.from(value, 'base64');
      else return wrong(value, 'bytes as base64');
      return null;
    };
  },
};

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function floats(column: Column): ReadOne {
  const none = missing(column, Number.NaN);
  return (into, at, value) => {
    if (typeof value === 'number' && !Number.isNaN(value)) {
      into[at] = value;
      return null;
    }
    if (isMissing(value)) return none(into, at, value);
    // JSON has no words for these; the API writes them so everywhere.
    if (value === 'NaN') return none(into, at, Number.NaN);
    if (value === 'Infinity' || value === '-Infinity' || typeof value === 'bigint') {
      into[at] = Number(value);
      return null;
    }
    return wrong(value, 'a number');
  };
}

/** A row's value as nested arrays of the column's shape, or flat. */
function tensor(shape: readonly number[], width: number, one: ReadOne): ReadOne {
  const fill = (into: ColumnValues, at: number, value: unknown, depth: number): string | null => {
    if (depth === shape.length) return one(into, at, value);
    const size = shape[depth] as number;
    if (!isList(value) || value.length !== size) return `must have the shape [${shape}]`;
    const step = shape.slice(depth + 1).reduce((product, more) => product * more, 1);
    for (let i = 0; i < size; i++) {
      const reason = fill(into, at + i * step, value[i], depth + 1);
      if (reason !== null) return reason;
    }
    return null;
  };
  return (into, row, value) => {
    if (isMissing(value)) return one(into, row * width, value) ?? 'must have a value for each place of its shape';
    const isFlat = isList(value) && value.length === width && !isList(value[0]);
    if (!isFlat) return fill(into, row * width, value, 0);
    for (let i = 0; i < width; i++) {
      const reason = one(into, row * width + i, value[i]);
      if (reason !== null) return reason;
    }
    return null;
  };
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** Refuses what training did not see, once the value itself is right. */
function withinTraining({ categories, min, max, type }: Column, one: ReadOne): ReadOne {
  const known = categories ? new Set(categories.map((value) => (typeof value === 'boolean' ? Number(value) : value))) : null;
  const isNumber = type === 'integer' || type === 'float' || type === 'double';
  if (!known && !(isNumber && (min !== null || max !== null))) return one;
  return (into, at, value) => {
    const reason = one(into, at, value);
    if (reason !== null) return reason;
    const stored = into[at] as number | string | null;
    if (stored === null || Number.isNaN(stored)) return null;
    if (known && !known.has(stored)) return `is ${shown(value)}, which training did not see: ${listed(categories ?? [])}`;
    if (isNumber && min !== null && (stored as number) < min) return `is ${stored}, less than ${min}, the least that training saw`;
    if (isNumber && max !== null && (stored as number) > max) return `is ${stored}, more than ${max}, the most that training saw`;
    return null;
  };
}

const wrong = (value: unknown, wanted: string) => `is ${shown(value)}, and must be ${wanted}`;

const listed = (values: readonly unknown[]) =>
  `${values.slice(0, 10).map(shown).join(', ')}${values.length > 10 ? `, … (${values.length} in all)` : ''}`;

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'bigint' || typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
