/** Rows of a file that somebody chooses: what can be pasted, and Parquet, whose reader is loaded only then. */
import { type PastedRows, type Reading, type ReadRows, readRows, withMost } from './readRows.ts';

/** What a file input offers. */
export const ROW_FILES = '.csv,.tsv,.txt,.json,.jsonl,.ndjson,.parquet';

const LARGEST = 60 * 2 ** 20; // bytes; the body of a request is at most 64 MiB

/** @param names as `readRows` */
export async function readRowsFile(file: File, names: readonly string[], { most = 10_000, ...reading }: Reading = {}): Promise<ReadRows> {
  if (file.size > LARGEST) return wrong(`${file.name} has more than 60 MiB.`);
  if (!/\.(parquet|pq)$/i.test(file.name)) {
    const text = await file.text();
    return text.includes('\u0000')
      ? wrong(`${file.name} is no text: CSV, JSON lines, JSON or Parquet are read.`)
      : readRows(text, names, { ...reading, most });
  }
  try {
    return withMost({ rows: await readParquet(await file.arrayBuffer()), problem: null }, most);
  } catch (error) {
    return wrong(`${file.name} cannot be read as Parquet: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function readParquet(file: ArrayBuffer): Promise<PastedRows> {
  const { parquetMetadata, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const columns = parquetSchema(parquetMetadata(file)).children.map(({ element }) => element.name);
  const rows = await parquetReadObjects({ file });
  return { columns, data: rows.map((row) => columns.map((name) => plainValue(row[name]))) };
}

/** As JSON carries it: a missing number is null, a whole one beyond 2^53 a text, a time ISO 8601. */
function plainValue(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (value instanceof Date) return value.toISOString();
  return value instanceof Uint8Array ? btoa(String.fromCharCode(...value)) : value;
}

const wrong = (problem: string): ReadRows => ({ rows: null, problem });
