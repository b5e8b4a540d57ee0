/**
 * JSON has no word for NaN and the infinities: they travel as strings. Apart from the schema of such a number (numbers.ts), so that a
 * browser that only reads numbers does not load zod: 450 kB of a page's 1 MB.
 */
export type WireFloat = number | 'NaN' | 'Infinity' | '-Infinity';

/** What JSON can carry for this float64. */
export function toWire(value: number): WireFloat {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** The float64 that was sent. */
export function fromWire(value: WireFloat): number {
  return typeof value === 'number' ? value : Number(value);
}
