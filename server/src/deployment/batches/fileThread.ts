/**
 * Reads a file of rows and writes one of answers, in a thread of its own: unpacking a large group of rows would hold everybody else's
 * requests up. It knows neither database nor blobs: bytes are asked for and handed over by messages.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Column, Signature } from '@cellkeep/schema/registry';
import { type Block, type Cell, FORMATS, type TableColumn } from '../../core/tableFormats.ts';
import { type ColumnReader, columnReaders } from '../host/rows/columnReader.ts';
import { openRows } from './reading/openRows.ts';
import { type ReadRow, UnreadableFile } from './reading/source.ts';
import { type Answers, type FileTask, type Piece, serveCalls } from './threadCalls.ts';

/** Cells that one group of rows of the written file has at most. */
const MOST_CELLS = 1_000_000;
const MOST_ROWS = 65_536;
const MOST_EARLY = 100_000;

const { size, name, signature } = workerData as FileTask;
const port = parentPort;
if (!port) throw new Error('this runs in a thread');

const { ask } = serveCalls(port, { open, next, write, finish });
const read = (start: number, end: number) => ask('read', { start, end }) as Promise<Uint8Array>;

const readers = columnReaders(signature, false);
const scratch = readers.map((reader) => reader.make(1));
let pieces: AsyncGenerator<ReadRow[]> | null = null;
let output: Output | null = null;
/** Rows that are all wrong, before it is known which columns an answer has. */
let early: (string | null)[] = [];

async function open(): Promise<{ rows: number | null }> {
  try {
    const file = await openRows({ size, read }, name, readers);
    pieces = file.pieces();
    return { rows: file.rows };
  } catch (error) {
    throw asUnreadable(error);
  }
}

/** What a damaged file makes its reader say is about the file. */
function asUnreadable(error: unknown): Error {
  if (error instanceof UnreadableFile) return error;
  return new UnreadableFile(`the file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}

async function next(): Promise<Piece | null> {
  const piece = await pieces?.next().catch((error: unknown) => Promise.reject(asUnreadable(error)));
  if (!piece || piece.done) return null;
  const errors = piece.value.map(reasonOf);
  return { count: piece.value.length, errors, rows: piece.value.filter((_, i) => errors[i] === null) as unknown[][] };
}

/** Why the model cannot be asked this row; null: it can. */
function reasonOf(row: ReadRow): string | null {
  if (typeof row === 'string') return row;
  const reasons = readers.flatMap((reader: ColumnReader, c) => {
    const reason = reader.read(scratch[c] as never, 0, row[c]);
    return reason === null ? [] : [`${reader.name} ${reason}`];
  });
  return reasons.length === 0 ? null : reasons.slice(0, 5).join('; ').slice(0, 1_000);
}

/** @returns bytes of the written file, where enough has come for a group of rows */
async function write({ columns, data, errors }: Answers): Promise<Uint8Array | null> {
  if (!output && columns === null && early.length < MOST_EARLY) {
    early.push(...errors);
    return null;
  }
  output ??= begun(columns);
  output.add({ columns: columns ?? [], data, errors });
  return output.rows >= MOST_ROWS || output.rows * output.columns.length >= MOST_CELLS ? output.flush() : null;
}

async function finish(): Promise<Uint8Array> {
  output ??= begun(null);
  return output.finish();
}

/** @param columns of the first answer; null: there was none, and whether the model gives scores is not known */
function begun(columns: string[] | null): Output {
  const made = new Output(columns ?? signature.outputs.map((column) => column.name), signature);
  made.add({ columns: [], data: [], errors: early });
  early = [];
  return made;
}

/** `row`, counted from 0; the answers; why a row has none. */
class Output {
  readonly columns: TableColumn[];
  private readonly names: string[];
  private blocks: Cell[][];
  private written = 0;
  private readonly queue: Block[] = [];
  private wake: (() => void) | null = null;
  private ended = false;
  private readonly bytes: AsyncGenerator<string | Uint8Array>;

  constructor(names: string[], { outputs }: Signature) {
    const own = (wanted: string) => {
      let free = wanted;
      while (names.includes(free)) free = `${free}_`;
      return free;
    };
    const typed = names.map((column): TableColumn => ({ name: column, type: typeOf(outputs.find((one) => one.name === column)) }));
    this.columns = [{ name: own('row'), type: 'integer' }, ...typed, { name: own('error'), type: 'text' }];
    this.names = names;
    this.blocks = this.columns.map(() => []);
    this.bytes = FORMATS.parquet.write(this.columns, this.queued());
  }

  get rows(): number {
    return this.blocks[0]?.length ?? 0;
  }

  add({ columns, data, errors }: { columns: string[]; data: unknown[][]; errors: readonly (string | null)[] }): void {
    const places = this.names.map((name) => columns.indexOf(name));
    let answered = 0;
    for (const error of errors) {
      const row = error === null ? data[answered++] : undefined;
      this.blocks[0]?.push(this.written++);
      for (const [c, place] of places.entries()) this.blocks[c + 1]?.push(cellOf(row?.[place], this.columns[c + 1] as TableColumn));
      this.blocks.at(-1)?.push(error);
    }
  }

  async flush(): Promise<Uint8Array> {
    this.queue.push(this.blocks);
    this.blocks = this.columns.map(() => []);
    this.wake?.();
    return Buffer.from((await this.bytes.next()).value ?? '');
  }

  async finish(): Promise<Uint8Array> {
    const last = this.rows > 0 ? [await this.flush()] : [];
    this.ended = true;
    this.wake?.();
    const end = await this.bytes.next();
    return Buffer.concat([...last, Buffer.from(end.value ?? '')]);
  }

  private async *queued(): AsyncGenerator<Block> {
    for (;;) {
      const block = this.queue.shift();
      if (block) yield block;
      else if (this.ended) return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }
}

/** Scores are numbers; a tensor is JSON. */
function typeOf(output: Column | undefined): TableColumn['type'] {
  if (!output) return 'number';
  if (output.shape) return 'text';
  if (output.type === 'boolean' || output.type === 'integer') return output.type;
  return output.type === 'float' || output.type === 'double' ? 'number' : 'text';
}

function cellOf(value: unknown, { type }: TableColumn): Cell {
  if (value === undefined || value === null) return null;
  if (type === 'text') return typeof value === 'string' ? value : JSON.stringify(value);
  if (type === 'boolean') return Boolean(value);
  const number = Number(value); // infinities are texts in JSON
  return type === 'integer' && !Number.isSafeInteger(number) ? null : number;
}
