/** Rows as they came, whatever their protocol, and how they are read into columns. */
import type { Issue } from '@cellkeep/schema/wire';
import type { ColumnValues } from '../model.ts';
import { Refusal } from '../refusal.ts';
import { BEYOND } from './beyond.ts';
import type { ColumnReader } from './columnReader.ts';

export interface Table {
  count: number;
  /** Of the signature's `column`-th input; undefined: there is none. */
  value: (row: number, column: number) => unknown;
  /** How the sender would find it: "rows[3].carrier". */
  field: (row: number, column: number) => string;
  /** A value that is no input: the key of an entity. */
  other: (row: number, name: string) => unknown;
  /** The value was written with digits, and is beyond what a number holds: JSON.parse makes an infinity of 1e400. */
  isBeyond?: (row: number, column: number) => boolean;
  /** Names that are no inputs, with the field of the first. */
  extra: () => { field: string; name: string }[];
}

export const MOST_ISSUES = 20;

/** @throws Refusal that names each field, at most 20 */
export function readTable(table: Table, readers: readonly ColumnReader[], into: readonly ColumnValues[], at: number): void {
  let issues: Issue[] | null = null;
  const { count } = table;
  for (let c = 0; c < readers.length; c++) {
    const reader = readers[c] as ColumnReader;
    const values = into[c] as ColumnValues;
    for (let r = 0; r < count; r++) {
      let reason = reader.read(values, at + r, table.value(r, c));
      if (reason === null && table.isBeyond && hasInfinity(values, at + r, reader.width) && table.isBeyond(r, c)) reason = BEYOND;
      if (reason === null) continue;
      issues ??= [];
      if (issues.length < MOST_ISSUES) issues.push({ field: table.field(r, c), reason });
    }
  }
  if (issues) throw new Refusal('BAD_REQUEST', inOrder(issues));
}

function hasInfinity(values: ColumnValues, row: number, width: number): boolean {
  if (!(values instanceof Float64Array)) return false;
  for (let i = row * width; i < (row + 1) * width; i++) if (Math.abs(values[i] as number) === Number.POSITIVE_INFINITY) return true;
  return false;
}

/** By row, as a person reads. */
function inOrder(issues: Issue[]): Issue[] {
  const row = ({ field }: Issue) => Number(/\[(\d+)\]/.exec(field)?.[1] ?? 0);
  return issues.sort((a, b) => row(a) - row(b));
}

/** @throws Refusal where names are neither inputs nor `allowed` */
export function refuseExtra(table: Table, allowed: readonly string[] = []): void {
  const extra = table.extra().filter(({ name }) => !allowed.includes(name));
  if (extra.length === 0) return;
  const issues = extra.slice(0, MOST_ISSUES).map(({ field, name }) => {
    return { field, reason: `the model has no input ${JSON.stringify(name.slice(0, 100))}`, remedy: 'leave it out' };
  });
  throw new Refusal('BAD_REQUEST', issues);
}
