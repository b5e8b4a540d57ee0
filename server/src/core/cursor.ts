/** Cursors of paged lists: where the page before ended, as a text that only means something here. */
import { failure } from './failure.ts';

type Kind = 'number' | 'string';

export function cursorOf(values: readonly (number | string)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Throws BAD_REQUEST where it is none that `cursorOf` made of such values. */
export function readCursor(cursor: string, kinds: readonly Kind[]): (number | string)[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(values) && values.length === kinds.length && kinds.every((kind, i) => typeof values[i] === kind)) return values;
  } catch {
    // said below
  }
  throw failure('BAD_REQUEST', { field: 'cursor', reason: 'this is no cursor of this list', remedy: 'give back what nextCursor said' });
}
