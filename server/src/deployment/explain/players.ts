/**
 * What contributions belong to: the columns that a caller sends, and of a tensor its elements. Rows are made of a row and of background
 * rows by mask: what a coalition does not hold comes from the background, as if it were drawn from there independently (interventional
 * expectation; Janzing, Minorics, Blöbaum 2020, "Feature relevance quantification in explainable AI: a causal problem").
 */
import type { Signature } from '@cellkeep/schema/registry';
import type { ColumnValues, Rows } from '../host/model.ts';

/** Elements of tensors that are told apart; an explanation of more is a picture, and takes more rows than anybody waits for. */
const MOST_PLAYERS = 1_024;

export interface Player {
  name: string;
  /** Index into the signature's inputs. */
  column: number;
  /** Place within one row's value; null: the whole value. */
  element: number | null;
}

/** Of one row: which players come from the row that is explained (1) or from a background row (0). */
export interface Coalition {
  mask: Uint8Array;
  /** Index of the background row. */
  background: number;
}

export class CannotExplain extends Error {
  override name = 'CannotExplain';
}

/** Values of one row in a column of `rows`. */
export const widthOf = (values: ColumnValues, rows: number): number => (rows === 0 ? 1 : Math.max(1, values.length / rows));

export function playersOf(signature: Signature, row: Rows): Player[] {
  const players = signature.inputs.flatMap((input, column): Player[] => {
    const values = row.columns[column];
    if (!values || input.shape === null) return [{ name: input.name, column, element: null }];
    const width = widthOf(values, row.count);
    const rank = input.shape.length;
    return Array.from({ length: Math.min(width, MOST_PLAYERS + 1) }, (_, element) => ({
      name: `${input.name}[${rank > 1 ? placeOf(element, input.shape ?? [], width).join(', ') : element}]`,
      column,
      element,
    }));
  });
  if (players.length > MOST_PLAYERS) {
    throw new CannotExplain(`this model takes more than ${MOST_PLAYERS} values; explanations are made for up to so many`);
  }
  return players;
}

/** Indices of an element, in C order. One length that is not fixed (-1) is what the others leave. */
function placeOf(element: number, shape: number[], width: number): number[] {
  const fixed = shape.reduce((all, length) => (length < 0 ? all : all * length), 1);
  const place: number[] = [];
  let left = element;
  for (const length of shape.map((one) => (one < 0 ? width / fixed : one)).reverse()) {
    place.unshift(left % length);
    left = Math.floor(left / length);
  }
  return place;
}

/** @param row one row @returns a row for each coalition */
export function composeRows(players: Player[], row: Rows, background: Rows, coalitions: Coalition[]): Rows {
  const count = coalitions.length;
  const columns = row.columns.map((own, column) => {
    const theirs = background.columns[column] ?? own;
    const width = widthOf(own, row.count);
    const [values, others, made] = [asList(own), asList(theirs), emptyLike(own, theirs, count * width)];
    const ours = players.flatMap((player, place) => (player.column === column ? [{ place, element: player.element }] : []));
    for (let i = 0; i < count; i++) {
      const { mask, background: from } = coalitions[i] as Coalition;
      for (const { place, element } of ours) {
        const isOwn = mask[place] === 1;
        const [begin, end] = element === null ? [0, width] : [element, element + 1];
        for (let e = begin; e < end; e++) made[i * width + e] = isOwn ? values[e] : others[from * width + e];
      }
    }
    return made as ColumnValues;
  });
  return { count, columns };
}

const asList = (values: ColumnValues): ArrayLike<unknown> => values as ArrayLike<unknown>;

function emptyLike(own: ColumnValues, theirs: ColumnValues, length: number): { [index: number]: unknown } {
  if (own instanceof Float64Array && theirs instanceof Float64Array) return new Float64Array(length);
  if (own instanceof BigInt64Array && theirs instanceof BigInt64Array) return new BigInt64Array(length);
  return new Array(length).fill(null);
}

/** Row `index` of `rows`, alone. */
export function rowAt(rows: Rows, index: number): Rows {
  return {
    count: 1,
    columns: rows.columns.map((values) => {
      const width = widthOf(values, rows.count);
      return values.slice(index * width, (index + 1) * width) as ColumnValues;
    }),
  };
}

/** The rows at these places, in this order. */
export function rowsAt(rows: Rows, indices: number[]): Rows {
  const columns = rows.columns.map((values) => {
    const width = widthOf(values, rows.count);
    const list = asList(values);
    const made = emptyLike(values, values, indices.length * width);
    indices.forEach((index, i) => {
      for (let e = 0; e < width; e++) made[i * width + e] = list[index * width + e];
    });
    return made as ColumnValues;
  });
  return { count: indices.length, columns };
}

/** Whether a player's value is the same in two rows; what is missing equals what is missing. */
export function isSame(player: Player, a: Rows, i: number, b: Rows, j: number): boolean {
  const [left, right] = [a.columns[player.column], b.columns[player.column]];
  if (!left || !right) return left === right;
  const [leftWidth, rightWidth] = [widthOf(left, a.count), widthOf(right, b.count)];
  const [begin, end] = player.element === null ? [0, Math.max(leftWidth, rightWidth)] : [player.element, player.element + 1];
  for (let e = begin; e < end; e++) {
    if (!isSameValue(asList(left)[i * leftWidth + e], asList(right)[j * rightWidth + e])) return false;
  }
  return true;
}

function isSameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return Object.is(a, b) || a === b;
}
