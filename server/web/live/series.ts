/**
 * The points of one metric series in the browser: columns of float64 in (step, time) order, bounded in length. A series that grows
 * past the bound is halved: two points become one bucket that keeps their mean and their band, as the server's zoom levels do.
 */
import type { Curve, SeriesPoints } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';

/** Points kept of one series. A chart is some 1,500 pixels wide; more than ten points a pixel cannot be seen. */
export const MOST_POINTS = 16_384;

export interface Series {
  steps: Float64Array;
  times: Float64Array;
  values: Float64Array;
  /** Band of each point; equal to `values` where a point stands for itself. */
  low: Float64Array;
  high: Float64Array;
  length: number;
  /** Points that the server holds within the loaded bounds. */
  total: number;
  /** Some rows stand for several points. */
  sampled: boolean;
}

const SMALLEST = 256; // rows

export function emptySeries(capacity = SMALLEST): Series {
  const column = () => new Float64Array(capacity);
  return { steps: column(), times: column(), values: column(), low: column(), high: column(), length: 0, total: 0, sampled: false };
}

/** Takes the curve's columns as they are; a point that comes later makes larger ones. */
export function fromCurve({ steps, times, values, min, max, total, sampled }: Curve): Series {
  const low = min ?? values.slice();
  const high = max ?? values.slice();
  return { steps, times, values, low, high, length: steps.length, total, sampled };
}

/**
 * Adds points as they come from the live stream. A point that is there already changes nothing, because two subscriptions may
 * bring the same one. Answers how many were new.
 */
export function appendPoints(series: Series, points: SeriesPoints): number {
  let added = 0;
  for (let i = 0; i < points.steps.length; i++) {
    const step = points.steps[i] ?? 0;
    const time = points.times[i] ?? 0;
    const value = fromWire(points.values[i] ?? 'NaN');
    if (!add(series, step, time, value)) continue;
    added++;
    if (series.length >= MOST_POINTS) halve(series);
  }
  series.total += added;
  return added;
}

function add(series: Series, step: number, time: number, value: number): boolean {
  const { length } = series;
  if (length === 0 || isAfter(series, length - 1, step, time)) {
    push(series, step, time, value, value, value);
    return true;
  }
  // A bucket may hold this point already; which ones it holds is not known, so that none is counted twice.
  if (series.sampled) return false;
  let at = length;
  while (at > 0 && !isAfter(series, at - 1, step, time)) {
    at--;
    if (series.steps[at] === step && series.times[at] === time && Object.is(series.values[at], value)) return false;
  }
  push(series, 0, 0, 0, 0, 0);
  for (const column of columnsOf(series)) column.copyWithin(at + 1, at, length);
  set(series, at, step, time, value, value, value);
  return true;
}

/** Is (step, time) after the point at `index`? */
function isAfter(series: Series, index: number, step: number, time: number): boolean {
  const last = series.steps[index] ?? Number.NEGATIVE_INFINITY;
  return step > last || (step === last && time > (series.times[index] ?? 0));
}

function push(series: Series, step: number, time: number, value: number, low: number, high: number): void {
  if (series.length === series.steps.length) grow(series);
  set(series, series.length, step, time, value, low, high);
  series.length++;
}

function set(series: Series, at: number, step: number, time: number, value: number, low: number, high: number): void {
  series.steps[at] = step;
  series.times[at] = time;
  series.values[at] = value;
  series.low[at] = low;
  series.high[at] = high;
}

const columnsOf = (series: Series) => [series.steps, series.times, series.values, series.low, series.high];

function grow(series: Series): void {
  const bigger = (column: Float64Array) => {
    const copy = new Float64Array(Math.max(SMALLEST, column.length * 2));
    copy.set(column);
    return copy;
  };
  series.steps = bigger(series.steps);
  series.times = bigger(series.times);
  series.values = bigger(series.values);
  series.low = bigger(series.low);
  series.high = bigger(series.high);
}

/** Joins neighbours; the first and the last point stay themselves, so that a curve keeps its ends. */
export function halve(series: Series): void {
  let to = 1;
  const last = series.length - 1;
  for (let i = 1; i < last; i += 2) {
    const j = Math.min(i + 1, last - 1);
    const [a, b] = [series.values[i] ?? 0, series.values[j] ?? 0];
    const mean = Number.isNaN(a) ? b : Number.isNaN(b) ? a : (a + b) / 2;
    const low = least(series.low[i] ?? 0, series.low[j] ?? 0);
    const high = greatest(series.high[i] ?? 0, series.high[j] ?? 0);
    set(series, to++, series.steps[i] ?? 0, series.times[i] ?? 0, mean, low, high);
  }
  set(
    series,
    to++,
    series.steps[last] ?? 0,
    series.times[last] ?? 0,
    series.values[last] ?? 0,
    series.low[last] ?? 0,
    series.high[last] ?? 0,
  );
  series.length = to;
  series.sampled = true;
}

const least = (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b));
const greatest = (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b));
