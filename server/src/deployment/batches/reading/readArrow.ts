/** Arrow IPC, as a file or as a stream, a record batch at a time. */
import { zstdDecompressSync } from 'node:zlib';
import { CompressionType, compressionRegistry, type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { bytesOf, LARGEST_GROUP, type OpenRows, PIECE, plainValue, type ReadRow, type Source, UnreadableFile } from './source.ts';

compressionRegistry.set(CompressionType.ZSTD, {
  decode: (bytes) => new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: LARGEST_GROUP })),
});

export const openArrow: OpenRows = async (source, readers) => {
  const reader = await opened(source);
  const columns = reader.schema.fields.map(({ name }) => name);
  return {
    rows: null,
    columns,
    async *pieces() {
      for await (const batch of reader as AsyncIterable<RecordBatch>) {
        const ordered = readers.map(({ name, column }) => ({ vector: vectorOf(batch, name), isTime: column.type === 'datetime' }));
        for (let at = 0; at < batch.numRows; at += PIECE) {
          const count = Math.min(PIECE, batch.numRows - at);
          yield Array.from(
            { length: count },
            (_, i): ReadRow => ordered.map(({ vector, isTime }) => (vector ? plainValue(vector.get(at + i), isTime) : undefined)),
          );
        }
      }
    },
  };
};

function vectorOf(batch: RecordBatch, name: string) {
  const place = batch.schema.fields.findIndex((field) => field.name === name);
  return place < 0 ? null : batch.getChildAt(place);
}

async function opened(source: Source): Promise<RecordBatchReader> {
  const start = Buffer.from(await source.read(0, Math.min(8, source.size))).toString('latin1');
  const from = start.startsWith('ARROW1') ? asFile(source) : bytesOf(source);
  try {
    const reader: RecordBatchReader = await RecordBatchReader.from(from as AsyncIterable<Uint8Array>);
    return await reader.open();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason.includes('codec not found'))
      throw new UnreadableFile('it is compressed by LZ4, which is not read here; write it with compression="zstd" or "uncompressed"');
    throw new UnreadableFile(`this is no Arrow file that can be read: ${reason}`);
  }
}

/** The part of `FileHandle` that Arrow's reader uses: a file is read from its end, so that it need not be held. */
function asFile({ size, read }: Source) {
  return {
    fd: 0,
    stat: async () => ({ size }),
    async read(into: Uint8Array, offset: number, length: number, position: number) {
      const bytes = await read(position, Math.min(size, position + length));
      into.set(bytes, offset);
      return { bytesRead: bytes.length, buffer: into };
    },
    close: async () => {},
  };
}
