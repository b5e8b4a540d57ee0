import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Signature } from '@cellkeep/schema/registry';
import { Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { columnReaders } from '../../host/rows/columnReader.ts';
import { openRows } from './openRows.ts';
import { PIECE, type ReadRow, STRIDE } from './source.ts';

const at = (path: string) => fileURLToPath(new URL(`../../../../../test/fixtures/${path}`, import.meta.url));
/** Written by pyarrow: see make.py beside them. */
const fixture = (name: string) => new Uint8Array(readFileSync(at(`batches/${name}`)));
const rows = JSON.parse(readFileSync(at('models/carriers/example.json'), 'utf8')) as { columns: string[]; data: unknown[][] };
const { signature } = JSON.parse(readFileSync(at('models/carriers/cellkeep.json'), 'utf8')) as { signature: Signature };

async function read(
  name: string,
  content: string | Uint8Array,
  inputs = signature,
): Promise<{ rows: ReadRow[]; ranges: number[]; pieces: number[] }> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const [ranges, found, pieces]: [number[], ReadRow[], number[]] = [[], [], []];
  const source = {
    size: bytes.length,
    read: async (start: number, end: number) => {
      ranges.push(end - start);
      return bytes.slice(start, end);
    },
  };
  const file = await openRows(source, name, columnReaders(inputs, false));
  for await (const piece of file.pieces()) {
    pieces.push(piece.length);
    found.push(...piece);
  }
  return { rows: found, ranges, pieces };
}

const csv = `${rows.columns.join(',')}\n${rows.data.map((row) => row.map((cell) => cell ?? '').join(',')).join('\n')}\n`;
const lines = rows.data.map((row) => JSON.stringify(Object.fromEntries(rows.columns.map((name, i) => [name, row[i]])))).join('\n');
const column = (name: string) => rows.data.map((row) => row[rows.columns.indexOf(name)]);
const arrow = new Table({
  carrier: vectorFromArray(column('carrier') as string[]),
  distance: vectorFromArray(column('distance') as number[]),
  delay: vectorFromArray(column('delay') as (number | null)[]),
});
const parquet = () =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'delay', data: column('delay') as number[], type: 'DOUBLE', nullable: true },
        { name: 'carrier', data: column('carrier') as string[], type: 'STRING' },
        { name: 'distance', data: column('distance') as number[], type: 'DOUBLE' },
      ],
    }),
  );

test.each<[string, () => string | Uint8Array]>([
  ['rows.csv', () => csv],
  ['with a byte order mark and CRLF.csv', () => `\ufeff${csv.replaceAll('\n', '\r\n')}`],
  ['in UTF-16, as Excel writes it.csv', () => new Uint8Array(Buffer.from(`\ufeff${csv}`, 'utf16le'))],
  ['with semicolons and quotes.csv', () => csv.replaceAll(',', ';').replaceAll(/\b(AA|DL|UA)\b/g, '"$1"')],
  ['rows.tsv', () => csv.replaceAll(',', '\t')],
  ['without a last line break.csv', () => csv.trimEnd()],
  ['rows.jsonl', () => lines],
  ['with blank lines.ndjson', () => `\n${lines.replaceAll('\n', '\r\n\r\n')}\n`],
  ['in another order.parquet', parquet],
  ['rows.arrow', () => tableToIPC(arrow, 'file')],
  ['stream.arrows', () => tableToIPC(arrow, 'stream')],
  ['of pyarrow, in groups, with dictionaries and a column more.parquet', () => fixture('zstd.parquet')],
  ['of pyarrow.parquet', () => fixture('gzip.parquet')],
  ['of pyarrow, compressed.feather', () => fixture('zstd.feather')],
  ['of pyarrow.arrow', () => fixture('plain.arrow')],
])('%s holds the rows that were written', async (name, content) => {
  const { rows: found } = await read(name, content());
  expect(found).toEqual(rows.data);
});

test.each<[string, string, string | Uint8Array, string]>([
  ['lacks a column', 'rows.csv', 'carrier,delay\nAA,1\n', 'no column "distance"'],
  ['has a column twice', 'rows.csv', 'carrier,distance,distance\nAA,1,2\n', 'comes twice'],
  ['is empty', 'rows.csv', '\n\n', 'empty'],
  ['is a JSON list', 'rows.json', '[{"carrier":"AA"}]', 'one object a line'],
  ['is compressed as a whole', 'rows.csv.gz', Uint8Array.of(0x1f, 0x8b), 'unpack it'],
  ['has a name that says nothing', 'rows', csv, 'name it .csv'],
  ['is cut off', 'rows.parquet', fixture('gzip.parquet').slice(0, 600), 'parquet'],
  ['is no Arrow file', 'rows.arrow', csv, 'no Arrow file'],
  ['is a Parquet file of LZ4', 'rows.parquet', fixture('lz4.parquet'), 'write it with snappy'],
  ['is an Arrow file of LZ4', 'rows.feather', fixture('lz4.feather'), 'compression="zstd"'],
])('a file that %s is refused with what to do about it', async (_, name, content, reason) => {
  await expect(read(name, content)).rejects.toThrow(reason);
});

test('a row that is none says why, and the ones after it are read', async () => {
  const found = await read('rows.csv', 'carrier,distance,delay\nAA,1\n"A ""B""",2,3\nDL,far,\n');
  expect(found.rows).toEqual(['the line has 2 cells for 3 columns', ['A "B"', 2, 3], ['DL', 'far', null]]);
  const objects = await read('rows.jsonl', '{"carrier":"AA","distance":1,"toString":2}\nnull\n{"carrier":\n');
  expect(objects.rows).toEqual([['AA', 1, undefined], 'the line is no JSON object', 'the line is no JSON object']);
});

test('integers beyond 2^53, times, tensors and bytes come as JSON would hold them', async () => {
  const column = (name: string, type: string, shape: number[] | null = null) => ({
    name,
    type,
    shape,
    required: false,
    min: null,
    max: null,
    categories: null,
  });
  const inputs = { layout: 'columns', inputs: [column('n', 'integer'), column('at', 'datetime'), column('x', 'double', [2])], outputs: [] };
  const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const table = new Table({
    n: vectorFromArray([5n, 2n ** 60n]),
    at: vectorFromArray([at, at]),
    x: vectorFromArray([[1, 2], [3, 4]]), // biome-ignore format: two lists
  });
  const { rows: found } = await read('rows.arrow', tableToIPC(table, 'file'), inputs as never);
  expect(found).toEqual([
    [5, at.toISOString(), [1, 2]],
    [2n ** 60n, at.toISOString(), [3, 4]],
  ]);
});

test('what is read at once stays the same, however long the file is', async () => {
  const long = `carrier,distance,delay\n${'AA,100,"1"\n'.repeat(300_000)}`;
  const { rows: found, ranges, pieces } = await read('long.csv', long);
  expect(found).toHaveLength(300_000);
  expect(Math.max(...ranges)).toBeLessThanOrEqual(STRIDE);
  expect(Math.max(...pieces)).toBeLessThanOrEqual(PIECE);
});

test('of a large group of rows, as pyarrow writes a million into one, a part is unpacked at once', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const words = Array.from({ length: 400_000 }, (_, i) => `a text of its own, for row ${i}`);
  const columnData = [{ name: 'text', data: words, type: 'STRING' as const }];
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: words.length }));
  const inputs = [{ ...(signature.inputs[0] as Signature['inputs'][number]), name: 'text', type: 'string' as const }];
  const source = { size: bytes.length, read: async (start: number, end: number) => bytes.slice(start, end) };
  const file = await openRows(source, 'rows.parquet', columnReaders({ ...signature, inputs }, false));
  const before = used();
  let [most, at, wrong] = [0, 0, 0];
  for await (const piece of file.pieces()) {
    for (const row of piece) if (row[0] !== words[at++]) wrong++;
    if (at % (32 * PIECE) === 0) most = Math.max(most, used() - before);
  }
  expect([at, wrong]).toEqual([words.length, 0]);
  expect(most, 'MiB; all texts at once take 25').toBeLessThan(16);
});
