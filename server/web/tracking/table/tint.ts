/**
 * Cells coloured by value. One hue that gets stronger toward the good end, and a line below the number that gets longer: who sees no
 * difference of hue sees one of strength, and who sees neither reads the line. Numbers stay legible: the strongest tint keeps more than
 * the 4.5:1 that small text needs, in both themes.
 */
import type { Better } from './tableState.ts';

export interface ColumnTint {
  low: number;
  high: number;
  better: Better;
}

/** Of the finite values; null where they do not differ. */
export function rangeOf(values: Iterable<number>): { low: number; high: number } | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low < high ? { low, high } : null;
}

/** 0 at the bad end, 1 at the good one; null for what has no place between them. Values beyond the ends stand at the ends. */
export function tintOf(value: number, { low, high, better }: ColumnTint): number | null {
  if (Number.isNaN(value)) return null;
  const part = Math.max(0, Math.min(1, (value - low) / (high - low)));
  return Math.round((better === 'higher' ? part : 1 - part) * 100) / 100;
}
