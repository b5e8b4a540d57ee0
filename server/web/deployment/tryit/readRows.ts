/** Rows that somebody pastes or has as a file: JSON in the shapes that people have at hand, JSON lines, or CSV with its head. */

export interface PastedRows {
  columns: string[];
  data: unknown[][];
}

export type ReadRows = { rows: PastedRows; problem: null } | { rows: null; problem: string };

const MOST_ROWS = 10_000; // more are for a batch

export interface Reading {
  /** What a column of CSV is known to be; null: it is as it looks. See `kindsOf`. */
  kindOf?: KindOf;
  most?: number;
}

export type KindOf = (column: string) => 'text' | 'number' | null;

/** @param names the signature's columns: rows without names take them in this order */
export function readRows(text: string, names: readonly string[], { kindOf = asItLooks, most = MOST_ROWS }: Reading = {}): ReadRows {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return wrong('There are no rows yet.');
  if (/^[[{]/.test(trimmed)) return withMost(readJson(trimmed, names), most);
  // A tab at the end is an empty value before it: only spaces and empty lines are cut there.
  return withMost(readCsv(text.replace(/^[\uFEFF \r\n]+|[ \r\n]+$/g, ''), kindOf), most);
}

const asItLooks: KindOf = () => null;

export function withMost(read: ReadRows, most: number): ReadRows {
  if (!read.rows) return read;
  return wrongCount(read.rows.data.length, most) ?? read;
}

/** Null: so many rows are taken. */
export function wrongCount(rows: number, most: number): ReadRows | null {
  if (rows === 0) return wrong('There are no rows in it.');
  return rows > most ? wrong(`More than ${most} rows: ${most === MOST_ROWS ? 'score them as a batch' : 'take fewer'}.`) : null;
}

function readJson(text: string, names: readonly string[]): ReadRows {
  let value: unknown;
  try {
    value = /^\{.*\}\s*\n\s*\{/.test(text)
      ? text
          .split(/\n/)
          .filter((line) => line.trim())
          .map((line) => JSON.parse(line))
      : JSON.parse(text);
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
    return {
      rows: { columns, data: value.map((row) => columns.map((name) => (Object.hasOwn(row, name) ? row[name] : null))) },
      problem: null,
    };
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

/** RFC 4180, with commas, semicolons or tabs, whichever the head has most of. */
function readCsv(text: string, kindOf: KindOf): ReadRows {
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
  if (!table.rows) return table;
  const readers = columns.map((name, i) => {
    const kind = kindOf(name);
    return kind === 'text'
      ? plainText
      : readerOf(rows.map((row) => row[i] ?? '').filter(Boolean), kind === 'number' ? isAnyNumber : isSameNumber);
  });
  return { rows: { columns, data: rows.map((row) => row.map((value, i) => readers[i]?.(value) ?? null)) }, problem: null };
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TRUTH: Readonly<Record<string, boolean>> = { true: true, True: true, TRUE: true, false: false, False: false, FALSE: false };
const isAnyNumber = (text: string) => NUMBER.test(text) && Number.isFinite(Number(text));
const plainText = (text: string): unknown => (text === '' ? null : text);

/** A number that is still what was written: 01234 is a zip, and an id beyond 2^53 would become another one. */
function isSameNumber(text: string): boolean {
  if (!NUMBER.test(text) || /^[+-]?0\d/.test(text)) return false;
  return /^[+-]?\d+$/.test(text) ? Number.isSafeInteger(Number(text)) : Number.isFinite(Number(text));
}

/** A column is numbers, or true and false, where all that stands in it is: a flight "9" beside a "9E" is a text. */
function readerOf(said: readonly string[], isNumber: (text: string) => boolean): (text: string) => unknown {
  if (said.every(isNumber)) return (text) => (text === '' ? null : Number(text));
  if (said.every((text) => Object.hasOwn(TRUTH, text))) return (text) => (text === '' ? null : TRUTH[text]);
  return plainText;
}

const wrong = (problem: string): ReadRows => ({ rows: null, problem });
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
