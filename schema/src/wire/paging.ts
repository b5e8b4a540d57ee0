import { z } from 'zod';
import { limits } from './limits.ts';

/** Input part of every paged list. `cursor` is opaque: give back what `nextCursor` said. */
export const pageInput = {
  limit: z.coerce.number().int().min(1).max(limits.page).default(100).describe('Rows in a page.'),
  cursor: z.string().max(4_096).optional().describe('nextCursor of the page before; absent for the first page.'),
};

/** Output part of every paged list: `nextCursor` is null on the last page. */
export const nextCursor = z.string().nullable().describe('Cursor of the next page; null on the last one.');
