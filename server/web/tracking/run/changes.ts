/** What is different between a run and the one before it: the first question after every run. */
import type { Run } from '@cellkeep/schema/tracking';
import { fromWire } from '@cellkeep/schema/wire';
import { isSystem } from '../mainMetric.ts';
import { byName } from './groups.ts';

export interface Change {
  key: string;
  kind: 'param' | 'metric';
  /** Null: not there. */
  before: string | null;
  after: string | null;
  /** Of a metric: (after − before) / |before|; null where it means nothing. */
  relative: number | null;
}

type Compared = Pick<Run, 'params' | 'metrics'>;

/** Params first: they are what the person did; metrics are what came of it. */
export function changesBetween(before: Compared, after: Compared): Change[] {
  return [...paramChanges(before.params, after.params), ...metricChanges(before.metrics, after.metrics)];
}

function paramChanges(before: Run['params'], after: Run['params']): Change[] {
  return keysOf(before, after)
    .filter((key) => before[key] !== after[key])
    .map((key) => ({ key, kind: 'param', before: before[key] ?? null, after: after[key] ?? null, relative: null }));
}

function metricChanges(before: Run['metrics'], after: Run['metrics']): Change[] {
  return keysOf(before, after).flatMap((key) => {
    if (isSystem(key)) return [];
    const [was, is] = [before[key]?.last ?? null, after[key]?.last ?? null];
    if (was === is) return [];
    const [from, to] = [was === null ? Number.NaN : fromWire(was), is === null ? Number.NaN : fromWire(is)];
    const relative = Number.isFinite(from) && Number.isFinite(to) && from !== 0 ? (to - from) / Math.abs(from) : null;
    return [{ key, kind: 'metric' as const, before: was === null ? null : String(was), after: is === null ? null : String(is), relative }];
  });
}

const keysOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(byName);

/** `+1.2 %`, `−34 %`, `×12` where percents stop saying anything. */
export function relativeText(relative: number): string {
  const sign = relative > 0 ? '+' : relative < 0 ? '−' : '±';
  const size = Math.abs(relative);
  if (relative >= 10) return `×${Number((1 + relative).toPrecision(3))}`;
  if (size < 0.00005) return '≈';
  return `${sign}${Number((size * 100).toPrecision(2))} %`;
}
