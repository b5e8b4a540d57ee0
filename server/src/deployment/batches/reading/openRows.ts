/** Which format a file has: by its first bytes, else by its name. */
import type { ColumnReader } from '../../host/rows/columnReader.ts';
import { type RowFile, type Source, UnreadableFile } from './source.ts';

const BY_ENDING: [RegExp, 'csv' | 'jsonLines' | 'arrow'][] = [
  [/\.(csv|tsv|tab)$/i, 'csv'],
  [/\.(jsonl|ndjson|jsonlines|json)$/i, 'jsonLines'],
  [/\.(arrow|arrows|feather|ipc)$/i, 'arrow'],
];

export async function openRows(source: Source, name: string, readers: readonly ColumnReader[]): Promise<RowFile> {
  const start = Buffer.from(await source.read(0, Math.min(8, source.size))).toString('latin1');
  const format = start.startsWith('PAR1')
    ? 'parquet'
    : start.startsWith('ARROW1')
      ? 'arrow'
      : BY_ENDING.find(([ending]) => ending.test(name))?.[1];
  if (start.startsWith('\x1f\x8b') || start.startsWith('PK\x03\x04'))
    throw new UnreadableFile('the file is compressed as a whole, and could only be read from its beginning; unpack it first');
  if (!format)
    throw new UnreadableFile(
      `${JSON.stringify(name)} is none of CSV, JSON lines, Parquet and Arrow; name it .csv, .tsv, .jsonl, .parquet or .arrow`,
    );
  const open = await OPENERS[format]();
  const file = await open(source, readers, { name });
  requireInputs(file, readers);
  return file;
}

const OPENERS = {
  csv: async () => (await import('./readCsv.ts')).openCsv,
  jsonLines: async () => (await import('./readJsonLines.ts')).openJsonLines,
  parquet: async () => (await import('./readParquet.ts')).openParquet,
  arrow: async () => (await import('./readArrow.ts')).openArrow,
};

/** A column that every row lacks is no fault of each row. */
function requireInputs({ columns }: RowFile, readers: readonly ColumnReader[]): void {
  const missing = readers
    .filter(({ name, column }) => column.required && columns !== null && !columns.includes(name))
    .map(({ name }) => name);
  if (missing.length === 0) return;
  const named = (names: readonly string[]) =>
    names
      .slice(0, 20)
      .map((name) => JSON.stringify(name))
      .join(', ') + (names.length > 20 ? `, … (${names.length} in all)` : '');
  throw new UnreadableFile(`the file has no column ${named(missing)}, which the model needs; it has ${named(columns ?? [])}`);
}
