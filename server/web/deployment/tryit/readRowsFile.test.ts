import { openAsBlob } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newestOnly } from './newestOnly.ts';
import { plainValue, readRowsFile } from './readRowsFile.ts';

const fixture = async (name: string) =>
  new File([await openAsBlob(fileURLToPath(new URL(`../../../../test/fixtures/batches/${name}`, import.meta.url)))], name);
const bytes = (...parts: (string | number)[]) =>
  new File(
    parts.map((part) => (typeof part === 'string' ? part : Uint8Array.of(part))),
    'rows.csv',
  );

const refused: [string, () => File | Promise<File>, RegExp][] = [
  [
    'Windows-1252',
    () => bytes('city\nBern\nZ', 0xfc, 'rich\n'),
    /not in UTF-8, from line 3 on; it may be in Windows-1252.*save it again in UTF-8/,
  ],
  ['UTF-16', () => bytes(0xff, 0xfe, 'c', 0), /is in UTF-16: save it again in UTF-8/],
  ['bytes', () => bytes('PK', 0, 3), /is no text/],
  ['Parquet by Polars', () => fixture('zstd.parquet'), /compressed with ZSTD.*compression="snappy"/],
  ['Parquet with gzip', () => fixture('gzip.parquet'), /compressed with GZIP/],
  ['Parquet with LZ4', () => fixture('lz4.parquet'), /compressed with LZ4/],
  ['no Parquet', () => new File(['age,city'], 'rows.parquet'), /cannot be read as Parquet/],
  [
    'gone',
    () => Object.assign(bytes('a'), { arrayBuffer: () => Promise.reject(new Error('it was moved')) }),
    /cannot be read: it was moved/,
  ],
];
test.each(refused)('a file is refused with what to do: %s', async (_, file, reason) => {
  expect((await readRowsFile(await file(), [])).problem).toMatch(reason);
});

test('UTF-8 is read as it is, with a mark of its encoding too', async () => {
  const rows = { columns: ['city'], data: [['Zürich 🛫']] };
  expect(await readRowsFile(bytes(0xef, 0xbb, 0xbf, 'city\nZürich 🛫\n'), [])).toEqual({ rows, problem: null });
});

test('values of Parquet become what JSON carries, however long or deep', () => {
  const long = new Uint8Array(300_000).fill(7);
  expect(plainValue(long)).toBe(Buffer.from(long).toString('base64'));
  expect(plainValue([1n, { at: new Date(0), n: 2n ** 60n, nothing: Number.NaN }])).toEqual([
    1,
    { at: '1970-01-01T00:00:00.000Z', n: '1152921504606846976', nothing: null },
  ]);
});

test('of two files that are read at once the one chosen last counts, whichever is read first', async () => {
  const newest = newestOnly();
  let slowly: (rows: string) => void = () => undefined;
  const first = newest(new Promise<string>((resolve) => (slowly = resolve)));
  const second = newest(Promise.resolve('second'));
  expect(await second).toBe('second');
  slowly('first');
  expect(await first).toBeNull();
});
