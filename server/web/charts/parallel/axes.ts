/** The axes of parallel coordinates: where each run's value lies on each, and which part of an axis is brushed. */
import type { Column } from '../fields.ts';
import { valueText } from '../valueText.ts';

export interface Axis {
  field: string;
  column: Column;
  isLog: boolean;
  /** Words in their order, for a column of words. */
  words: string[];
  /** Ends of a column of numbers. */
  ends: [number, number];
  /** Place of each run, 0 at the bottom … 1 at the top; null where it has no value. */
  places: (number | null)[];
}

/** Brushed part of an axis in its own values; for words in their places. */
export type Ranges = Readonly<Record<string, readonly [number, number]>>;

export function axisOf(column: Column, log: boolean): Axis {
  const { field, kind, values } = column;
  if (kind === 'category') {
    const words = [...new Set(values.filter((value) => value !== null))]
      .map(String)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const rank = new Map(words.map((word, i) => [word, i]));
    const axis = { field, column, isLog: false, words, ends: [0, Math.max(0, words.length - 1)] as [number, number] };
    return { ...axis, places: values.map((value) => (value === null ? null : placeOn(axis, rank.get(String(value)) as number))) };
  }
  const known = values.filter((value) => typeof value === 'number');
  const axis = {
    field,
    column,
    isLog: log && column.canLog && known.length > 0,
    words: [],
    ends: (known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 1]) as [number, number],
  };
  return { ...axis, places: values.map((value) => (typeof value === 'number' ? placeOn(axis, value) : null)) };
}

type Scale = Pick<Axis, 'isLog' | 'ends'>;

/** 0 … 1 of a value; all the same lie in the middle. */
export function placeOn({ isLog, ends: [least, greatest] }: Scale, value: number): number {
  if (least === greatest) return 0.5;
  const at = isLog ? Math.log10 : (x: number) => x;
  return (at(value) - at(least)) / (at(greatest) - at(least));
}

export function valueAtPlace({ isLog, ends: [least, greatest] }: Scale, place: number): number {
  if (!isLog) return least + (greatest - least) * place;
  return 10 ** (Math.log10(least) + (Math.log10(greatest) - Math.log10(least)) * place);
}

/** Runs that lie within the brushed part of every axis; null where nothing is brushed. A run without a value lies in none. */
export function withinRanges(axes: readonly Axis[], ranges: Ranges, runIds: readonly string[]): ReadonlySet<string> | null {
  const brushed = axes.filter(({ field }) => ranges[field]);
  if (brushed.length === 0) return null;
  return new Set(
    runIds.filter((_, i) =>
      brushed.every((axis) => {
        const place = axis.places[i];
        const [from, to] = ranges[axis.field] as [number, number];
        // A hair's breadth, so that a range that was drawn to the end of an axis holds its end.
        return place != null && place >= placeOn(axis, from) - 1e-9 && place <= placeOn(axis, to) + 1e-9;
      }),
    ),
  );
}

export interface Tick {
  place: number;
  text: string;
}

const MOST_WORDS = 12;

/** Words, or the ends and what lies evenly between them. */
export function ticksOf(axis: Axis, wanted = 5): Tick[] {
  const { column, words } = axis;
  if (column.kind === 'category') {
    const every = Math.ceil(words.length / MOST_WORDS);
    return words.flatMap((word, i) => (i % every === 0 ? [{ place: placeOn(axis, i), text: word }] : []));
  }
  const [least, greatest] = axis.ends;
  if (least === greatest) return [{ place: 0.5, text: shortText(column, least) }];
  return Array.from({ length: wanted }, (_, i) => {
    const place = i / (wanted - 1);
    return { place, text: shortText(column, valueAtPlace(axis, place)) };
  });
}

/** Without zeros that say nothing: `0.1`, `1e-4`. */
const shortText = (column: Column, value: number) =>
  valueText(column, value)
    .replace(/(\.\d*?)0+(?=e|$)/, '$1')
    .replace(/\.(?=e|$)/, '');

/** `params.lr:0.1..0.2,metrics.auc:0.7..1` */
export const writeRanges = (ranges: Ranges): string =>
  Object.entries(ranges)
    .map(([field, [from, to]]) => `${encodeURIComponent(field)}:${Number(from.toPrecision(6))}..${Number(to.toPrecision(6))}`)
    .join(',');

export function readRanges(text: string | null): Ranges {
  const ranges: Record<string, [number, number]> = {};
  for (const part of text?.split(',') ?? []) {
    const [, field, from, to] = /^([^:]+):([-\d.e+]+)\.\.([-\d.e+]+)$/i.exec(part) ?? [];
    if (field && Number.isFinite(Number(from)) && Number.isFinite(Number(to))) ranges[decode(field)] = [Number(from), Number(to)];
  }
  return ranges;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an address that was cut in the middle of a letter
  }
}
