/**
 * Tables in JSON: a list of objects, objects one after the other (JSON lines), and pandas' and MLflow's {"columns": […], "data": [[…]]}.
 * The text may end anywhere, because only the start of a file is read: so values are found by their brackets, and only cells are parsed.
 * Numbers keep their digits as they were written (64-bit ids survive), and Python's NaN is no error.
 */

/** What a file holds, as far as it was read; `isPart` says that there is more of it. */
export interface Read {
  text: string;
  isPart: boolean;
}

/** Columns as far as they are known, and rows as they come. Rows may differ in length. */
export interface Table {
  columns: string[];
  rows: string[][];
  /** There are more rows. */
  isPart: boolean;
}

export class NotATable extends Error {}

export function jsonTable({ text, isPart }: Read, most: number): Table {
  const at = skipBlank(text, 0);
  if (at >= text.length) return { columns: [], rows: [], isPart };
  const part = (items: Values) => take(items, most, isPart);
  if (text[at] !== '[' && text[at] !== '{') throw new NotATable('its JSON is neither a list nor an object');
  const split = text[at] === '{' ? splitTable(text, at, part) : null;
  if (split) return split;
  const records = part(text[at] === '[' ? elements(text, at) : values(text, at));
  if (text[at] === '{' && records.items.length === 1 && claimsColumns(records.items[0] ?? '')) {
    throw new NotATable('it has a list of "columns" or an "index", but no rows of them in "data"');
  }
  if (records.items.length === 0 && records.isPart) throw new NotATable('its first record does not end in what can be read of it');
  return recordsTable(records);
}

/** Texts of complete values; at its end whether the text ended within one. */
type Values = Generator<string, boolean>;

interface Taken {
  items: string[];
  isPart: boolean;
}

function take(values: Values, most: number, isPart: boolean): Taken {
  const items: string[] = [];
  for (;;) {
    const next = values.next();
    if (next.done) return { items, isPart: isPart || next.value };
    if (items.length === most) return { items, isPart: true };
    items.push(next.value);
  }
}

/** Columns in the order in which the rows name them. */
function recordsTable({ items, isPart }: Taken): Table {
  const places = new Map<string, number>();
  const rows = items.map((item) => {
    if (!item.startsWith('{')) throw new NotATable('its JSON is no list of objects');
    const row: string[] = [];
    for (const [key, value] of members(item, 0)) {
      const place = places.get(key) ?? places.size;
      places.set(key, place);
      row[place] = cellOf(value);
    }
    return row;
  });
  return { columns: [...places.keys()], rows, isPart };
}

/** Null where the object is no such table, but perhaps the first of many records. */
function splitTable(text: string, at: number, part: (items: Values) => Taken): Table | null {
  let columns: string[] | null = null;
  let data: Taken | null = null;
  let hasSchema = false;
  // The last member may be cut where the text ends; a list of rows is of use all the same.
  for (const [key, value] of members(text, at, true)) {
    if (key === 'columns' && value.startsWith('[')) columns = [...elements(value, 0)].map(cellOf);
    if (key === 'data' && value.startsWith('[')) data = part(elements(value, 0));
    if (key === 'schema') hasSchema = true;
    if (columns && data) break;
  }
  if (!data) return null;
  const { items, isPart } = data;
  if (columns && items.length === 0 && isPart) throw new NotATable('its first row does not end in what can be read of it');
  if (columns && items.every((item) => item.startsWith('['))) {
    return { columns, rows: items.map((item) => [...elements(item, 0)].map(cellOf)), isPart };
  }
  // Table Schema (pandas' orient="table") has records below "data".
  return hasSchema && items.every((item) => item.startsWith('{')) ? recordsTable(data) : null;
}

/** One object that has the lists of a table and yet is none is a configuration, not a table of one row. */
function claimsColumns(object: string): boolean {
  for (const [key, value] of members(object, 0)) if ((key === 'columns' || key === 'index') && value.startsWith('[')) return true;
  return false;
}

function cellOf(value: string): string {
  if (value === 'null') return '';
  return value.startsWith('"') ? stringOf(value) : value;
}

function stringOf(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch (error) {
    if (error instanceof SyntaxError) throw new NotATable(`it is no JSON: ${value.slice(0, 60)}`);
    throw error;
  }
}

/** Complete elements of the list that starts at `from`. */
function* elements(text: string, from: number): Values {
  let at = skipBlank(text, from + 1);
  while (at < text.length && text[at] !== ']') {
    const end = endOfValue(text, at);
    if (end === null) return true;
    yield text.slice(at, end);
    at = nextAfter(text, end, ']');
  }
  return at >= text.length;
}

/** Complete members of the object that starts at `from`; with `alsoCut` the one in which the text ends, too. */
function* members(text: string, from: number, alsoCut = false): Generator<[key: string, value: string]> {
  let at = skipBlank(text, from + 1);
  while (at < text.length && text[at] !== '}') {
    const endOfKey = text[at] === '"' ? endOfValue(text, at) : at;
    if (endOfKey === null) return;
    const colon = skipBlank(text, endOfKey);
    if (endOfKey === at || (colon < text.length && text[colon] !== ':')) throw notJson(text, at);
    const start = skipBlank(text, colon + 1);
    const end = endOfValue(text, start);
    if (end === null && !alsoCut) return;
    yield [stringOf(text.slice(at, endOfKey)), text.slice(start, end ?? undefined)];
    if (end === null) return;
    at = nextAfter(text, end, '}');
  }
}

/** Complete values, one after the other. */
function* values(text: string, from: number): Values {
  for (let at = from; at < text.length; ) {
    const end = endOfValue(text, at);
    if (end === null) return true;
    yield text.slice(at, end);
    at = skipBlank(text, end);
  }
  return false;
}

function nextAfter(text: string, end: number, close: string): number {
  const at = skipBlank(text, end);
  if (text[at] === ',') return skipBlank(text, at + 1);
  if (at < text.length && text[at] !== close) throw notJson(text, at);
  return at;
}

const BLANK = /[ \t\r\n]*/y;
const SCALAR = /[-+\w.]+/y;
/** What matters inside a list or object. */
const MARK = /["[\]{}]/g;

function skipBlank(text: string, from: number): number {
  BLANK.lastIndex = from;
  BLANK.test(text);
  return Math.max(from, BLANK.lastIndex);
}

/** Where the value that starts at `from` ends; null where the text ends first. */
function endOfValue(text: string, from: number): number | null {
  const first = text[from];
  if (first === undefined) return null;
  if (first === '"') return endOfString(text, from);
  if (first === '[' || first === '{') return endOfNested(text, from);
  SCALAR.lastIndex = from;
  if (!SCALAR.test(text)) throw notJson(text, from);
  return SCALAR.lastIndex < text.length ? SCALAR.lastIndex : null;
}

function endOfNested(text: string, from: number): number | null {
  let depth = 0;
  MARK.lastIndex = from;
  for (let match = MARK.exec(text); match; match = MARK.exec(text)) {
    const mark = match[0];
    if (mark === '"') {
      const end = endOfString(text, match.index);
      if (end === null) return null;
      MARK.lastIndex = end;
    } else {
      depth += mark === '[' || mark === '{' ? 1 : -1;
      if (depth === 0) return MARK.lastIndex;
    }
  }
  return null;
}

function endOfString(text: string, from: number): number | null {
  for (let at = from + 1; at < text.length; at += 1) {
    at = text.indexOf('"', at);
    if (at < 0) return null;
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return null;
}

function notJson(text: string, at: number): NotATable {
  return new NotATable(`it is no JSON at ${JSON.stringify(text.slice(at, at + 40))}`);
}
