import { z } from 'zod';

/** Milliseconds since 1970-01-01T00:00Z. Client clocks may be wrong or run backwards; nothing is ordered by them alone. */
export const epochMs = z.number().int().min(-8.64e15).max(8.64e15).describe('Milliseconds since the Unix epoch.');
