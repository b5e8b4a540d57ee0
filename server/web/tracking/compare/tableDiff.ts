/** Two tables against each other: rows by their key where a column names them, else by their place; what is in one only; cells that differ. */

export interface Grid {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

export interface DiffRow {
  kind: 'same' | 'changed' | 'added' | 'removed';
  /** By column of the diff; `before` and `after` are null where the table has no such row or column. */
  cells: { before: string | null; after: string | null }[];
}

export interface TableDiff {
  columns: string[];
  /** The column that names rows; null: rows are taken in their order. */
  key: string | null;
  rows: DiffRow[];
  counts: Record<DiffRow['kind'], number>;
}

export function diffTables(before: Grid, after: Grid): TableDiff {
  const columns = [...new Set([...before.columns, ...after.columns])];
  const key = keyColumn(before, after);
  const pairs = key === null ? inOrder(before, after) : byKey(before, after, key);
  const rows = pairs.map(([a, b]) => rowOf(columns, before, a, after, b));
  const counts = { same: 0, changed: 0, added: 0, removed: 0 };
  for (const { kind } of rows) counts[kind]++;
  return { columns, key, rows, counts };
}

type Pair = [readonly string[] | null, readonly string[] | null];

/** The first column whose values are there, unique in both tables, and mostly the same. */
function keyColumn(before: Grid, after: Grid): string | null {
  for (const name of before.columns) {
    const [a, b] = [valuesOf(before, name), valuesOf(after, name)];
    if (a.length === 0 || b.length === 0 || new Set(a).size < a.length || new Set(b).size < b.length || a.includes('')) continue;
    const shared = new Set(b);
    if (a.filter((value) => shared.has(value)).length * 2 >= Math.min(a.length, b.length)) return name;
  }
  return null;
}

function valuesOf({ columns, rows }: Grid, name: string): string[] {
  const at = columns.indexOf(name);
  return at < 0 ? [] : rows.map((row) => row[at] ?? '');
}

function byKey(before: Grid, after: Grid, key: string): Pair[] {
  const [a, b] = [before.columns.indexOf(key), after.columns.indexOf(key)];
  const known = new Map(after.rows.map((row) => [row[b] ?? '', row]));
  const used = new Set<string>();
  const pairs: Pair[] = before.rows.map((row) => {
    const name = row[a] ?? '';
    used.add(name);
    return [row, known.get(name) ?? null];
  });
  return [...pairs, ...after.rows.filter((row) => !used.has(row[b] ?? '')).map((row): Pair => [null, row])];
}

const inOrder = (before: Grid, after: Grid): Pair[] =>
  Array.from({ length: Math.max(before.rows.length, after.rows.length) }, (_, i) => [before.rows[i] ?? null, after.rows[i] ?? null]);

function rowOf(columns: readonly string[], before: Grid, a: Pair[0], after: Grid, b: Pair[1]): DiffRow {
  const cells = columns.map((name) => {
    const [i, j] = [before.columns.indexOf(name), after.columns.indexOf(name)];
    return { before: a && i >= 0 ? (a[i] ?? '') : null, after: b && j >= 0 ? (b[j] ?? '') : null };
  });
  const kind = !a ? 'added' : !b ? 'removed' : cells.some((cell) => cell.before !== cell.after) ? 'changed' : 'same';
  return { kind, cells };
}

/** How far a number has moved; null where one of the two is none. */
export function change(before: string | null, after: string | null): number | null {
  const isNumber = (text: string | null): text is string => text !== null && /^\s*[-+]?(\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?\s*$/i.test(text);
  return isNumber(before) && isNumber(after) ? Number(after) - Number(before) : null;
}
