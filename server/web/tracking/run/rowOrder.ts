/** What is known of a table's cells, which are texts of a file: which columns hold numbers, and the rows in the order of one column. */

export interface TableSort {
  /** place of the column */
  column: number;
  direction: 'asc' | 'desc';
}

const NUMBER = /^\s*[-+]?(\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?\s*$/i;
const INFINITE = /^\s*([-+]?)inf(?:inity)?\s*$/i;

/** Python and pandas write NaN where a number is missing: it is no word. */
const isMissing = (text: string | undefined): boolean => text === undefined || /^\s*(?:nan|<na>)?\s*$/i.test(text);

/** A column of numbers has one at least, and besides numbers only gaps. */
export function isNumberColumn(rows: readonly (readonly string[])[], column: number): boolean {
  let numbers = 0;
  for (const row of rows) {
    const text = row[column];
    if (isMissing(text)) continue;
    if (text === undefined || !(NUMBER.test(text) || INFINITE.test(text))) return false;
    numbers++;
  }
  return numbers > 0;
}

/** First up, then down, then as the file has them. */
export function nextSort(sort: TableSort | null, column: number): TableSort | null {
  if (sort?.column !== column) return { column, direction: 'asc' };
  return sort.direction === 'asc' ? { column, direction: 'desc' } : null;
}

/** Places of the rows in their order. Numbers go by value, words as people sort them (`fold 2` before `fold 10`), gaps last either way. */
export function sortedPlaces(rows: readonly (readonly string[])[], sort: TableSort | null): number[] {
  const places = rows.map((_, i) => i);
  if (!sort) return places;
  const { column, direction } = sort;
  const sign = direction === 'asc' ? 1 : -1;
  const areNumbers = isNumberColumn(rows, column);
  const texts = rows.map((row) => (isMissing(row[column]) ? null : (row[column] ?? '').trim()));
  const numbers = texts.map((text) => (areNumbers && text !== null ? numberIn(text) : 0));
  return places.sort((i, j) => {
    const [a, b] = [texts[i] ?? null, texts[j] ?? null];
    if (a === null || b === null) return a === b ? i - j : a === null ? 1 : -1;
    const [x, y] = [numbers[i] ?? 0, numbers[j] ?? 0];
    const order = x === y ? (areNumbers ? 0 : WORDS.compare(a, b)) : x < y ? -1 : 1;
    return order * sign || i - j;
  });
}

const WORDS = new Intl.Collator(undefined, { numeric: true });

function numberIn(text: string): number {
  const [, sign] = INFINITE.exec(text) ?? [];
  return sign === undefined ? Number(text) : sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
