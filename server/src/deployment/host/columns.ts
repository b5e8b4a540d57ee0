/** Parts of columns, and columns put together. */
import type { Answers, ColumnValues } from './model.ts';

/** Rows `from` to `to` of columns that have room for `capacity` rows; numbers are not copied. */
export function sliceColumns(columns: readonly ColumnValues[], from: number, to: number, capacity: number): ColumnValues[] {
  return columns.map((values) => {
    const width = capacity === 0 ? 1 : values.length / capacity;
    if (from === 0 && to === capacity) return values;
    return Array.isArray(values) ? (values.slice(from * width, to * width) as ColumnValues) : values.subarray(from * width, to * width);
  });
}

/** One after another. */
export function joinAnswers(pieces: readonly Answers[]): Answers {
  const [first] = pieces;
  if (!first || pieces.length === 1) return first ?? { columns: [], scores: null };
  return {
    columns: first.columns.map((_, c) => joinColumn(pieces.map(({ columns }) => columns[c] as ColumnValues))),
    scores: first.scores ? (joinColumn(pieces.map(({ scores }) => scores as Float64Array)) as Float64Array) : null,
  };
}

function joinColumn(parts: readonly ColumnValues[]): ColumnValues {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (parts.every((part) => part instanceof Float64Array)) return filled(new Float64Array(length), parts);
  if (parts.every((part) => part instanceof BigInt64Array)) return filled(new BigInt64Array(length), parts);
  return parts.flatMap((part) => Array.from(part as Iterable<string | null>));
}

function filled<T extends { set: (part: never, at: number) => void }>(into: T, parts: readonly { length: number }[]): T {
  let at = 0;
  for (const part of parts) {
    into.set(part as never, at);
    at += part.length;
  }
  return into;
}
