/** Rows that somebody pastes: JSON in the shapes that people have at hand, or CSV with its head. */

export interface PastedRows {
  columns: string[];
  data: unknown[][];
}

export type ReadRows = { rows: PastedRows; problem: null } | { rows: null; problem: string };

const MOST_ROWS = 10_000; // more are for a batch

/** @param names the signature's columns: rows without names take them in this order */
export function readRows(text: string, names: readonly string[]): ReadRows {
  const trimmed = text.trim();
  if (trimmed === '') return wrong('There are no rows yet.');
  const read = /^[[{]/.test(trimmed) ? readJson(trimmed, names) : readCsv(trimmed);
  if (!read.rows) return read;
  if (read.rows.data.length === 0) return wrong('There are no rows in it.');
  return read.rows.data.length > MOST_ROWS ? wrong(`More than ${MOST_ROWS} rows: score them as a batch.`) : read;
}

function readJson(text: string, names: readonly string[]): ReadRows {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong(`This is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isRecord(value)) {
    const inner = value.dataframe_split ?? value.dataframe_records ?? value.rows ?? value.inputs ?? value.instances;
    if (inner !== undefined) value = inner;
  }
  if (isRecord(value)) {
    if (Array.isArray(value.columns) && Array.isArray(value.data)) return readTable(value.data, value.columns.map(String));
    return { rows: { columns: Object.keys(value), data: [Object.values(value)] }, problem: null };
  }
  if (!Array.isArray(value)) return wrong('Rows are objects, or lists of values.');
  if (value.every(isRecord)) {
    const columns = [...new Set(value.flatMap((row) => Object.keys(row)))];
    return { rows: { columns, data: value.map((row) => columns.map((name) => row[name] ?? null)) }, problem: null };
  }
  return readTable(value.every(Array.isArray) ? value : [value], [...names]);
}

function readTable(data: unknown[], columns: string[]): ReadRows {
  const rows: unknown[][] = [];
  for (const [i, row] of data.entries()) {
    if (!Array.isArray(row)) return wrong(`Row ${i + 1} is no list of values.`);
    if (row.length !== columns.length) return wrong(`Row ${i + 1} has ${row.length} values for ${columns.length} columns.`);
    rows.push(row);
  }
  return { rows: { columns, data: rows }, problem: null };
}

/** RFC 4180, with commas, semicolons or tabs, whichever the head has most of. Numbers and true/false become what they look like. */
function readCsv(text: string): ReadRows {
  const head = text.split(/\r?\n/, 1)[0] ?? '';
  const count = (mark: string) => head.split(mark).length;
  const separator = [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0] ?? ',';
  const records: string[][] = [];
  let record: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (isQuoted) {
      if (char !== '"') field += char;
      else if (text[i + 1] === '"') field += text[i++];
      else isQuoted = false;
    } else if (char === '"' && field === '') isQuoted = true;
    else if (char === separator || char === '\n') {
      record.push(field.replace(/\r$/, ''));
      field = '';
      if (char === '\n') {
        records.push(record);
        record = [];
      }
    } else field += char;
  }
  if (isQuoted) return wrong('A quotation mark is not closed.');
  records.push([...record, field]);
  const [columns = [], ...rows] = records.filter((one) => one.length > 1 || one[0] !== '');
  if (rows.length === 0) return wrong('CSV needs a first line with the names of its columns, and rows below.');
  const table = readTable(rows, columns);
  return table.rows ? { rows: { columns, data: rows.map((row) => row.map(plainValue)) }, problem: null } : table;
}

function plainValue(text: string): unknown {
  if (text === '') return null;
  if (/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  return text === 'true' || text === 'True' ? true : text === 'false' || text === 'False' ? false : text;
}

const wrong = (problem: string): ReadRows => ({ rows: null, problem });
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
