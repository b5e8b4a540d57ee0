/** Where the rows and columns of a grid stand, in px. */
import type { CSSProperties } from 'react';
import type { Column } from './columns.ts';

export const ROW = 28; // px
export const HEAD = 30; // px
/** Browsers lose exactness, then rows, beyond some 30 million px of height: a million rows are reached, and no filter is longer to read. */
export const MOST_ROWS = 1_000_000;

export interface GridLayout {
  columns: readonly Column[];
  /** So many columns, from the first on, stay at the left. */
  fixed: number;
  widths: readonly number[];
  /** Where each column begins, and where the last one ends. */
  edges: readonly number[];
  rowTop(index: number): number;
}

const rowTop = (index: number) => index * ROW;

export function layoutOf(columns: readonly Column[], fixed: number, widthOf: (column: Column) => number): GridLayout {
  const widths = columns.map(widthOf);
  const edges = [0];
  for (const width of widths) edges.push((edges.at(-1) ?? 0) + width);
  return { columns, fixed, widths, edges, rowTop };
}

export const cellId = (gridId: string, row: number, column: number): string => `${gridId}-${row}-${column}`;

export function cellClass(column: Column, place: number, { fixed }: GridLayout, base = 'ck-td'): string {
  const pin = place < fixed ? (place === fixed - 1 ? ' ck-pin ck-pin-last' : ' ck-pin') : '';
  return `${base}${pin}${column.isNumber ? ' ck-num' : ''}`;
}

export function stick({ widths, edges, fixed }: GridLayout, place: number): CSSProperties {
  return place < fixed ? { width: widths[place], left: edges[place] } : { width: widths[place] };
}

/** What `scroll` must become so that `from` … `to` is seen in a box of `size` whose first `covered` px lie under what is fixed. */
export function scrollTo(scroll: number, from: number, to: number, size: number, covered: number): number {
  if (from < scroll) return from;
  if (to > scroll + size - covered) return to - size + covered;
  return scroll;
}
