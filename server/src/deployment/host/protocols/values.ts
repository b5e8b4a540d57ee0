/** Answers as JSON, value by value: written as text, without an object for each row. */
import type { Column } from '@cellkeep/schema/registry';
import type { ColumnValues } from '../model.ts';
import type { Answered } from './protocol.ts';

/** JSON has no NaN: null. An infinity is the text that the API writes for it everywhere. */
export function numberText(value: number): string {
  if (value - value === 0) return `${value}`; // finite
  return Number.isNaN(value) ? 'null' : value > 0 ? '"Infinity"' : '"-Infinity"';
}

export function valueText(values: ColumnValues, at: number, type: Column['type'] | undefined): string {
  const value = values[at];
  if (typeof value === 'number') return type === 'boolean' && !Number.isNaN(value) ? (value === 0 ? 'false' : 'true') : numberText(value);
  if (typeof value === 'bigint') return `${value}`;
  if (value === null || value === undefined) return 'null';
  return JSON.stringify(typeof value === 'string' ? value : Buffer.from(value).toString('base64'));
}

const widthOf = ({ shape }: Column) => shape?.reduce((product, size) => product * size, 1) ?? 1;

/** One output of one row; a tensor is nested as its shape says. */
export function outputText({ release: { signature }, answers, from }: Answered, row: number, output: number): string {
  const column = signature.outputs[output];
  const values = answers.columns[output] as ColumnValues;
  if (!column?.shape) return valueText(values, from + row, column?.type);
  const width = widthOf(column);
  const nested = (at: number, shape: readonly number[]): string => {
    const [size, ...inner] = shape;
    if (size === undefined) return valueText(values, at, column.type);
    const step = inner.reduce((product, more) => product * more, 1);
    return `[${Array.from({ length: size }, (_, i) => nested(at + i * step, inner)).join(',')}]`;
  };
  return nested((from + row) * width, column.shape);
}

/** What a row is answered: the only output, or all by name. */
export function rowText(answered: Answered, row: number): string {
  const { outputs } = answered.release.signature;
  const { columns } = answered.answers;
  if (columns.length === 1) return outputText(answered, row, 0);
  return `{${columns.map((_, i) => `${JSON.stringify(outputs[i]?.name ?? `output_${i}`)}:${outputText(answered, row, i)}`).join(',')}}`;
}
