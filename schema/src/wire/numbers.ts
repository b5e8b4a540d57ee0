/**
 * Numbers that may be NaN or infinite. JSON has no word for them, so they travel as the strings
 * `"NaN"`, `"Infinity"` and `"-Infinity"`; every finite number travels as itself.
 */
import { z } from 'zod';

export const wireNumber = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
  .describe('A float64: a JSON number, or "NaN", "Infinity", "-Infinity".');
export type WireNumber = z.infer<typeof wireNumber>;
