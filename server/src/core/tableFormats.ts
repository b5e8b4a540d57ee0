/**
 * A table on its way out, in pieces: what is held is a few thousand rows, however many there are.
 *
 * CSV is UTF-8 with LF and a header. A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a
 * formula, whoever wrote it: such a text gets a `'` before it, which spreadsheets do not show. Numbers are written as they are.
 * (OWASP, "CSV Injection".)
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

export type Cell = string | number | boolean | null;

export interface TableColumn {
  name: string;
  /** `time`: ms since the epoch; `integer`: within ±2^53. */
  type: 'text' | 'number' | 'integer' | 'boolean' | 'time';
}

/** Column by column, equally long. */
export type Block = Cell[][];

export const FORMATS = {
  csv: { type: 'text/csv; charset=utf-8', write: asCsv },
  json: { type: 'application/jsonl; charset=utf-8', write: asJsonLines },
  parquet: { type: 'application/vnd.apache.parquet', write: asParquet },
} as const;
export type Format = keyof typeof FORMATS;

async function* asCsv(columns: TableColumn[], blocks: AsyncIterable<Block>): AsyncGenerator<string> {
  yield `${columns.map(({ name }) => csvCell(name)).join(',')}\n`;
  for await (const block of blocks) yield linesOf(block, (row) => row.map((cell, i) => csvCell(written(cell, columns[i]))).join(','));
}

/** One object a line; what a row lacks is left out. JSON has no word for NaN and the infinities: they are texts. */
async function* asJsonLines(columns: TableColumn[], blocks: AsyncIterable<Block>): AsyncGenerator<string> {
  const names = columns.map(({ name }) => JSON.stringify(name));
  const value = (cell: Cell) => JSON.stringify(typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : cell);
  for await (const block of blocks)
    yield linesOf(block, (row) => {
      const cells = row.map((cell, i) => written(cell, columns[i]));
      const members = cells.flatMap((cell, i) => (cell === null ? [] : [`${names[i]}:${value(cell)}`]));
      return `{${members.join(',')}}`;
    });
}

async function* asParquet(columns: TableColumn[], blocks: AsyncIterable<Block>): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const schema = [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type }) => ({ name, repetition_type: 'OPTIONAL' as const, ...PARQUET[type] })),
  ];
  const parquet = new ParquetWriter({ writer, schema, createdBy: 'cellkeep' });
  for await (const block of blocks) {
    const data = columns.map(({ name, type }, i) => ({
      name,
      data: (block[i] ?? []).map((cell) => parquetCell(cell, type)),
      offsetIndex: false,
    }));
    parquet.write({ columnData: data, rowGroupSize: block[0]?.length || 1 });
    yield taken(writer);
  }
  parquet.finish();
  yield taken(writer);
}

const PARQUET = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  number: { type: 'DOUBLE' },
  integer: { type: 'INT64' },
  boolean: { type: 'BOOLEAN' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } },
} as const;

function parquetCell(cell: Cell, type: TableColumn['type']): unknown {
  if (cell === null) return undefined;
  if (type === 'integer') return BigInt(cell);
  if (type !== 'time') return cell;
  const time = new Date(Number(cell));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** What was written so far; the writer goes on at the beginning of its buffer. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}

function linesOf(block: Block, line: (row: Cell[]) => string): string {
  const n = block[0]?.length ?? 0;
  let text = '';
  for (let at = 0; at < n; at++) text += `${line(block.map((column) => column[at] ?? null))}\n`;
  return text;
}

/** A time that no date can be, of a database that has one from before it was refused, is none. */
function written(cell: Cell, column: TableColumn | undefined): Cell {
  if (column?.type !== 'time' || typeof cell !== 'number') return cell;
  const time = new Date(cell);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

const FORMULA = /^[=+\-@\t\r]/;
const SPECIAL = /[",\n\r]/;

export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const isNumber = cell !== '' && Number.isFinite(Number(cell)) && cell.trim() === cell;
  const safe = FORMULA.test(cell) && !isNumber ? `'${cell}` : cell;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
