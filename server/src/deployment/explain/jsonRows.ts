/** Rows that the exporter wrote beside a model, as JSON `{ columns, data }`: they fit the signature, so nothing is told about what does not. */
import type { Column, Signature } from '@cellkeep/schema/registry';
import type { ColumnValues, Rows } from '../host/model.ts';

export function jsonRows(signature: Signature, columns: string[], data: unknown[][]): Rows {
  return {
    count: data.length,
    columns: signature.inputs.map((input) => {
      const place = columns.indexOf(input.name);
      const values = data.map((row) => (place < 0 ? null : row[place]));
      return columnOf(input, input.shape === null ? values : values.flatMap(flat));
    }),
  };
}

const flat = (value: unknown): unknown[] => (Array.isArray(value) ? (value.flat(Number.POSITIVE_INFINITY) as unknown[]) : [value]);

function columnOf({ type }: Column, values: unknown[]): ColumnValues {
  switch (type) {
    case 'string':
    case 'datetime':
      return values.map((value) => (value === null || value === undefined ? null : String(value)));
    case 'binary':
      return values.map((value) => (typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : null));
    default:
      return Float64Array.from(values, (value) => numberOf(value));
  }
}

function numberOf(value: unknown): number {
  if (value === null || value === undefined) return Number.NaN;
  // "NaN" and "Infinity" are text in JSON.
  return Number(value);
}
