/**
 * Series of points as a request brings them: the rules of the contract (schema/src/tracking/metrics.ts) in one pass over each column. Zod
 * makes several calls for each number. Whatever breaks a rule is told by the contract itself: null here.
 */
import { key } from '@cellkeep/schema/tracking';
import { limits } from '@cellkeep/schema/wire';
import type { Columns } from './chunks.ts';

export interface KeyedPoints {
  key: string;
  points: Columns;
}

/** As the contract has it. */
const MOST_SERIES = 10_000;
const LATEST = 8.64e15; // ms, either way

/** @returns null for anything that the contract may refuse */
export function readSeries(given: unknown): KeyedPoints[] | null {
  if (!Array.isArray(given) || given.length > MOST_SERIES) return null;
  const series: KeyedPoints[] = [];
  for (const one of given as unknown[]) {
    const read = readOne(one);
    if (!read) return null;
    series.push(read);
  }
  return series;
}

function readOne(given: unknown): KeyedPoints | null {
  if (typeof given !== 'object' || given === null) return null;
  const { key, steps, times, values } = given as Record<string, unknown>;
  if (!isKey(key) || !Array.isArray(steps) || !Array.isArray(times) || !Array.isArray(values)) return null;
  const { length } = steps;
  if (length > limits.pointsPerRequest || times.length !== length || values.length !== length) return null;
  const points = { steps: integers(steps, Number.MAX_SAFE_INTEGER), times: integers(times, LATEST), values: floats(values) };
  return points.steps && points.times && points.values ? { key, points: points as Columns } : null;
}

function integers(given: unknown[], most: number): Float64Array | null {
  const column = new Float64Array(given.length);
  for (let i = 0; i < given.length; i++) {
    const one = given[i];
    if (typeof one !== 'number' || !Number.isInteger(one) || one > most || one < -most) return null;
    column[i] = one;
  }
  return column;
}

function floats(given: unknown[]): Float64Array | null {
  const column = new Float64Array(given.length);
  for (let i = 0; i < given.length; i++) {
    const one = given[i];
    if (typeof one === 'number') {
      if (!Number.isFinite(one)) return null; // 1e999
      column[i] = one;
    } else if (one === 'NaN' || one === 'Infinity' || one === '-Infinity') column[i] = Number(one);
    else return null;
  }
  return column;
}

/** Keys that the contract has taken; the same ones come again and again. */
const taken = new Set<string>();
const MOST_TAKEN = 10_000;

export function isKey(given: unknown): given is string {
  if (typeof given !== 'string') return false;
  if (taken.has(given)) return true;
  if (!key.safeParse(given).success) return false;
  if (taken.size >= MOST_TAKEN) taken.clear();
  taken.add(given);
  return true;
}
