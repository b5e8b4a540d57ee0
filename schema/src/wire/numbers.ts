/**
 * Numbers that may be NaN or infinite. JSON has no word for them, so they travel as the strings
 * `"NaN"`, `"Infinity"` and `"-Infinity"`; every finite number travels as itself.
 */
import { z } from 'zod';

export const wireNumber = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
  .describe('A float64: a JSON number, or "NaN", "Infinity", "-Infinity".');
export type WireNumber = z.infer<typeof wireNumber>;

/** What JSON can carry for this float64. */
export function toWire(value: number): WireNumber {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** The float64 that was sent. */
export function fromWire(value: WireNumber): number {
  return typeof value === 'number' ? value : Number(value);
}
