/**
 * Batches as an Arrow IPC stream (or file), in and out: columns stay columns. The answer has the signature's outputs, and `score:<class>`
 * for each class. The library is loaded with the first such request.
 */
import type { Column } from '@cellkeep/schema/registry';
import type { Table as ArrowTable, Vector } from 'apache-arrow';
import { badRequest } from '../refusal.ts';
import { tableOfColumns } from '../rows/tables.ts';
import type { Answered, Protocol } from './protocol.ts';

export const ARROW_STREAM = 'application/vnd.apache.arrow.stream';
const TYPES = new Set([ARROW_STREAM, 'application/vnd.apache.arrow.file']);
export const isArrow = (type: string) => TYPES.has(type);

let loading: Promise<typeof import('apache-arrow')> | null = null;
function library() {
  loading ??= import('apache-arrow');
  return loading;
}

export const arrowProtocol: Protocol = {
  name: 'arrow',
  shape: 'common',
  async read(_head, body, { readers }) {
    const given = Buffer.from(body); // the socket's memory is used again before the library is there
    const arrow = await library();
    let table: ArrowTable;
    try {
      table = arrow.tableFromIPC(given);
    } catch (cause) {
      throw Object.assign(badRequest('', 'the body is no Arrow IPC stream that can be read'), { cause });
    }
    const columns = table.schema.fields.map(({ name }, i): [string, ArrayLike<unknown>] => {
      const type = readers.find((reader) => reader.name === name)?.column.type;
      return [name, valuesOf(table.getChildAt(i) as Vector, type, arrow)];
    });
    return { table: tableOfColumns(new Map(columns), readers, 'columns'), reply: (answered) => reply(answered, arrow) };
  },
};

function valuesOf(vector: Vector, type: Column['type'] | undefined, { DataType }: typeof import('apache-arrow')): ArrayLike<unknown> {
  const asTime = type === 'datetime' && (DataType.isTimestamp(vector.type) || DataType.isDate(vector.type));
  return Array.from({ length: vector.length }, (_, i) => {
    const value = vector.get(i);
    if (value === null || value === undefined) return value;
    if (asTime) return new Date(Number(value)).toISOString();
    if (typeof value !== 'object' || value instanceof Uint8Array) return value;
    // A list of numbers, nested where it is a tensor.
    return 'toJSON' in value ? (value as { toJSON: () => unknown }).toJSON() : value;
  });
}

function reply({ release, answers, from, count }: Answered, arrow: typeof import('apache-arrow')) {
  const { signature, classes } = release;
  const typeOf = (type: Column['type']) => {
    if (type === 'boolean') return new arrow.Bool();
    if (type === 'integer') return new arrow.Int64();
    if (type === 'binary') return new arrow.Binary();
    return type === 'string' || type === 'datetime' ? new arrow.Utf8() : new arrow.Float64();
  };
  const columns: Record<string, Vector> = {};
  signature.outputs.forEach(({ name, type, shape }, c) => {
    const width = shape?.reduce((product, size) => product * size, 1) ?? 1;
    const values = Array.from({ length: count }, (_, i) => {
      const at = (from + i) * width;
      if (!shape) return wireValue(answers.columns[c]?.[at], type);
      return Array.from({ length: width }, (_, k) => wireValue(answers.columns[c]?.[at + k], type));
    });
    const inner = typeOf(type);
    const whole = shape ? new arrow.List(new arrow.Field('item', inner, true)) : inner;
    columns[name] = arrow.vectorFromArray(values, whole);
  });
  classes?.forEach((name, k) => {
    const { scores } = answers;
    if (scores)
      columns[`score:${name}`] = arrow.makeVector(
        Float64Array.from({ length: count }, (_, i) => scores[(from + i) * classes.length + k] as number),
      );
  });
  const bytes = arrow.tableToIPC(new arrow.Table(columns), 'stream');
  return { status: 200, contentType: ARROW_STREAM, body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function wireValue(value: unknown, type: Column['type']): unknown {
  if (value === undefined || value === null) return null;
  if (type === 'boolean') return Number.isNaN(value) ? null : Boolean(value);
  if (type === 'integer') return typeof value === 'bigint' ? value : Number.isFinite(value) ? BigInt(Math.trunc(value as number)) : null;
  return value;
}
