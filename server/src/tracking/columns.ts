/** Points as columns: put in order, joined, cut, and freed of those that are there already. */
import type { WireNumber } from '@cellkeep/schema/wire';
import { fromWire } from '@cellkeep/schema/wire';
import type { Columns } from './chunks.ts';

export interface WirePoints {
  steps: readonly number[];
  times: readonly number[];
  values: readonly WireNumber[];
}

export function toColumns({ steps, times, values }: WirePoints): Columns {
  const floats = new Float64Array(values.length);
  for (let i = 0; i < floats.length; i++) floats[i] = fromWire(values[i] as WireNumber);
  return { steps: Float64Array.from(steps), times: Float64Array.from(times), values: floats };
}

export function joinColumns(parts: readonly Columns[]): Columns {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const length = parts.reduce((sum, { steps }) => sum + steps.length, 0);
  const joined = emptyColumns(length);
  let at = 0;
  for (const { steps, times, values } of parts) {
    joined.steps.set(steps, at);
    joined.times.set(times, at);
    joined.values.set(values, at);
    at += steps.length;
  }
  return joined;
}

export function emptyColumns(length: number): Columns {
  return { steps: new Float64Array(length), times: new Float64Array(length), values: new Float64Array(length) };
}

export function sliceColumns({ steps, times, values }: Columns, from: number, to: number): Columns {
  return { steps: steps.subarray(from, to), times: times.subarray(from, to), values: values.subarray(from, to) };
}

function pick({ steps, times, values }: Columns, rows: readonly number[] | Uint32Array): Columns {
  const picked = emptyColumns(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    picked.steps[i] = steps[row] as number;
    picked.times[i] = times[row] as number;
    picked.values[i] = values[row] as number;
  }
  return picked;
}

/** In (step, time, value) order, each point once; numbers before NaN. */
export function inOrder(points: Columns): Columns {
  const rises = (i: number) => comparePoints(points, i - 1, points, i) < 0;
  let isSorted = true;
  for (let i = 1; i < points.steps.length && isSorted; i++) isSorted = rises(i);
  if (isSorted) return points;
  const rows = new Uint32Array(points.steps.length).map((_, i) => i).sort((a, b) => comparePoints(points, a, points, b));
  const once = rows.filter((row, i) => i === 0 || comparePoints(points, rows[i - 1] as number, points, row) !== 0);
  return pick(points, once);
}

/** Below zero: the point at `i` of `a` comes before the one at `j` of `b`. */
export function comparePoints(a: Columns, i: number, b: Columns, j: number): number {
  const step = (a.steps[i] as number) - (b.steps[j] as number);
  if (step !== 0) return step;
  const time = (a.times[i] as number) - (b.times[j] as number);
  if (time !== 0) return time;
  return compareValues(a.values[i] as number, b.values[j] as number);
}

/** Numbers before NaN, negative zero before zero. */
export function compareValues(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  if (Number.isNaN(a)) return 1;
  if (Number.isNaN(b)) return -1;
  return a < b ? -1 : a > b ? 1 : Object.is(a, -0) ? -1 : 1;
}

/** Those of `points` that `there` does not hold; both in order. */
export function without(points: Columns, there: Columns): Columns {
  const rows: number[] = [];
  let j = 0;
  for (let i = 0; i < points.steps.length; i++) {
    while (j < there.steps.length && comparePoints(there, j, points, i) < 0) j++;
    if (j < there.steps.length && comparePoints(there, j, points, i) === 0) continue;
    rows.push(i);
  }
  return rows.length === points.steps.length ? points : pick(points, rows);
}

/** Those with a step from `from` to `to`, both included; `points` in order. */
export function withinSteps(points: Columns, from: number, to: number): Columns {
  return sliceColumns(points, firstAtLeast(points.steps, from), firstAbove(points.steps, to));
}

function firstAtLeast(sorted: Float64Array, bound: number): number {
  return firstWhere(sorted, (step) => step >= bound);
}

function firstAbove(sorted: Float64Array, bound: number): number {
  return firstWhere(sorted, (step) => step > bound);
}

function firstWhere(sorted: Float64Array, is: (step: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (is(sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}
