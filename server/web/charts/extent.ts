/** Which part of both axes is shown. */
import type { Curve, Extent } from './curve.ts';
import type { Line } from './shape.ts';

export interface ExtentInput {
  log: boolean;
  clip: number;
  window: [number, number] | null;
  lockedY: [number, number] | null;
}

/** Room above and below the lines, as a part of their height. */
const ROOM = 0.06;
/** Values that percentiles are taken of; more are thinned out evenly. */
const SAMPLE = 20_000;

export function extentOf(curves: readonly Curve[], { log, clip, window, lockedY }: ExtentInput): { extent: Extent; outside: number } {
  const x = window ?? xExtent(curves);
  const front = curves.some(({ isFaded }) => !isFaded) ? curves.filter(({ isFaded }) => !isFaded) : curves;
  const isClipped = clip > 0 && clip < 1;
  // Percentiles are of the lines alone: a band is nothing but extremes.
  const values = valuesOf(front, x, !isClipped);
  const range = values.length === 0 ? null : isClipped ? middlePart(values, clip) : extremes(values);
  const y = lockedY ?? (range && padded(range, log));
  const outside = y && (isClipped || lockedY) ? values.reduce((n, value) => n + Number(value < y[0] || value > y[1]), 0) : 0;
  return { extent: { x, y }, outside };
}

function xExtent(curves: readonly Curve[]): [number, number] | null {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { line } of curves) {
    least = Math.min(least, line.x[0] ?? least);
    greatest = Math.max(greatest, line.x.at(-1) ?? greatest);
  }
  return least <= greatest ? [least, greatest] : null;
}

function valuesOf(curves: readonly Curve[], x: [number, number] | null, withBands: boolean): number[] {
  const values: number[] = [];
  const take = (line: Line, column: readonly (number | null)[] | undefined) => {
    if (!column || !x) return;
    for (let i = 0; i < column.length; i++) {
      const at = line.x[i] as number;
      const value = column[i];
      if (value != null && at >= x[0] && at <= x[1]) values.push(value);
    }
  };
  for (const { line, raw } of curves) {
    take(line, line.y);
    if (raw && withBands) take(raw, raw.y);
    if (!withBands) continue;
    take(line, line.low);
    take(line, line.high);
  }
  return values;
}

function extremes(values: readonly number[]): [number, number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

/** Between the percentiles that leave the same part out on both sides. */
function middlePart(values: readonly number[], part: number): [number, number] {
  const every = Math.ceil(values.length / SAMPLE);
  const sorted = Float64Array.from(values.filter((_, i) => i % every === 0)).sort();
  const out = Math.floor((sorted.length * (1 - part)) / 2);
  return [sorted[out] as number, sorted[sorted.length - 1 - out] as number];
}

function padded([min, max]: [number, number], log: boolean): [number, number] {
  if (log) return min === max ? [min / 2, max * 2] : [min / (max / min) ** ROOM, max * (max / min) ** ROOM];
  if (min === max) return [min - (Math.abs(min) || 1) * 0.1, max + (Math.abs(max) || 1) * 0.1];
  const room = (max - min) * ROOM;
  return [min - room, max + room];
}
