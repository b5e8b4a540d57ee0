import type { Curve } from './curve.ts';
import { nearest } from './shape.ts';

/** Pixels above or below a line within which the cursor means it. */
const REACH = 24;

/** The run whose line is nearest to the cursor, measured upwards, between the points as it is drawn. */
export function nearestCurve(curves: readonly Curve[], x: number, top: number, yOf: (value: number) => number): string | null {
  let found: string | null = null;
  let least = REACH;
  for (const { runId, line, isFaded } of curves) {
    const value = isFaded ? null : valueAt(line, x);
    if (value === null) continue;
    const distance = Math.abs(yOf(value) - top);
    if (distance >= least) continue;
    least = distance;
    found = runId;
  }
  return found;
}

/** Where the line passes at x; null beyond its ends and in its gaps. */
export function valueAt({ x: xs, y: ys }: Curve['line'], x: number): number | null {
  const at = nearest(xs, x);
  if (at === null) return null;
  const here = xs[at] as number;
  const other = x < here ? at - 1 : x > here ? at + 1 : at;
  const [value, next] = [ys[at] ?? null, ys[other] ?? null];
  if (value === null || other === at) return value;
  const there = xs[other];
  // Beyond an end there is no line; a pixel beside it still means it.
  if (there === undefined) return Math.abs(x - here) <= Math.abs((xs.at(-1) ?? 0) - (xs[0] ?? 0)) * 0.02 ? value : null;
  return next === null ? value : value + ((next - value) * (x - here)) / (there - here);
}
