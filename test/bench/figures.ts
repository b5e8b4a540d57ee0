/** Numbers of several rounds: what is kept of them, and how they are written. */

export type Unit = 'points/s' | 'requests/s' | 'ms' | 's' | 'µs' | 'MiB';

export interface Figure {
  median: number;
  min: number;
  max: number;
  rounds: number[];
}

export function figureOf(rounds: readonly number[]): Figure {
  if (rounds.length === 0 || rounds.some((one) => !Number.isFinite(one))) throw new Error(`no figure can be made of [${rounds}]`);
  return { median: quantile(rounds, 0.5), min: Math.min(...rounds), max: Math.max(...rounds), rounds: [...rounds] };
}

/** Linear between neighbours (type 7 of Hyndman and Fan, 1996). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const [a = Number.NaN, b = a] = [sorted[low], sorted[Math.ceil(at)]];
  return a + (b - a) * (at - low);
}

/** Three digits that count, thousands as k and millions as M: 1.23M, 45.6k, 0.012. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500) return `${digits(value / 1e6)}M`;
  if (size >= 9_995) return `${digits(value / 1e3)}k`;
  return digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  return value === 0 ? '0' : size >= 0.0995 ? value.toFixed(2) : value.toPrecision(2);
}
