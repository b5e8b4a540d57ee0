/** Parquet, a part of a row group at a time and of it only the columns of the signature. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, type Compressors, type FileMetaData, parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import type { ColumnReader } from '../../host/rows/columnReader.ts';
import { LARGEST_GROUP, type OpenRows, PIECE, plainValue, type ReadRow, type Source, UnreadableFile } from './source.ts';

const COMPRESSORS: Compressors = {
  GZIP: (bytes, size) => withMost(gunzipSync, bytes, size),
  BROTLI: (bytes, size) => withMost(brotliDecompressSync, bytes, size),
  ZSTD: (bytes, size) => withMost(zstdDecompressSync, bytes, size),
};

const LEAST_WINDOW = 32 * PIECE;
const MOST_WINDOWS = 16;

/** A page says how large it is: one that is larger is not unpacked to its end. */
const withMost = (unpack: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer, bytes: Uint8Array, size: number) =>
  new Uint8Array(unpack(bytes, { maxOutputLength: Math.max(1, size) }));

export const openParquet: OpenRows = async (source, readers) => {
  const file = asBuffer(source);
  const metadata = await parquetMetadataAsync(file);
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const wanted = readers.filter(({ name }) => columns.includes(name));
  for (const group of metadata.row_groups) requireModest(group, wanted);
  return { rows: Number(metadata.num_rows), columns, pieces: () => piecesOf(file, metadata, readers, wanted) };
};

async function* piecesOf(
  file: AsyncBuffer,
  metadata: FileMetaData,
  readers: readonly ColumnReader[],
  wanted: readonly ColumnReader[],
): AsyncGenerator<ReadRow[]> {
  const columns = wanted.map(({ name }) => name);
  const scan = await parquetScan({ file, metadata, compressors: COMPRESSORS, columns });
  for (const { rowStart, rowEnd } of windowsOf(metadata)) {
    const values = new Map<string, ArrayLike<unknown>>();
    for (const column of columns) values.set(column, await scan.readColumn({ column, rowStart, rowEnd }));
    const ordered = readers.map(({ name, column }) => ({ values: values.get(name), isTime: column.type === 'datetime' }));
    for (let at = 0; at < rowEnd - rowStart; at += PIECE) {
      const count = Math.min(PIECE, rowEnd - rowStart - at);
      yield Array.from({ length: count }, (_, i) =>
        ordered.map(({ values, isTime }) => (values ? plainValue(values[at + i], isTime) : undefined)),
      );
    }
  }
}

/**
 * Rows that are unpacked at once. pyarrow writes a million into a group, which take some hundred MiB. Each window reads the bytes of the
 * group's columns once more and unpacks its own pages alone, so there are few of them.
 */
function* windowsOf({ row_groups }: FileMetaData): Generator<{ rowStart: number; rowEnd: number }> {
  let start = 0;
  for (const { num_rows } of row_groups) {
    const end = start + Number(num_rows);
    const step = Math.max(LEAST_WINDOW, Math.ceil((end - start) / MOST_WINDOWS));
    for (let rowStart = start; rowStart < end; rowStart += step) yield { rowStart, rowEnd: Math.min(end, rowStart + step) };
    start = end;
  }
}

function asBuffer({ size, read }: Source): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = start < 0 ? size + start : start;
      const bytes = await read(from, end);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}

type RowGroup = FileMetaData['row_groups'][number];

/** A group's columns are unpacked whole. */
function requireModest({ columns }: RowGroup, wanted: readonly ColumnReader[]): void {
  let bytes = 0;
  for (const { meta_data: column } of columns) {
    if (!column || !wanted.some(({ name }) => name === column.path_in_schema[0])) continue;
    bytes += Number(column.total_uncompressed_size);
    if (['LZ4', 'LZ4_RAW', 'LZO'].includes(column.codec)) {
      const remedy = 'write it with snappy, zstd or gzip';
      throw new UnreadableFile(
        `the column ${JSON.stringify(column.path_in_schema[0])} is compressed by ${column.codec}, which is not read here; ${remedy}`,
      );
    }
  }
  if (bytes <= LARGEST_GROUP) return;
  const mib = Math.round(bytes / 2 ** 20);
  throw new UnreadableFile(
    `a row group unpacks to ${mib} MiB; at most 512 are read at once: write it with smaller ones (pyarrow: row_group_size=100_000)`,
  );
}
