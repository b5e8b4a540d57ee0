/** Cursors of paged lists: where the page before ended, as a text that only means something here. */
import { failure } from './failure.ts';

type Kind = 'number' | 'integer' | 'string' | 'uuid';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === 'integer') return Number.isSafeInteger(value);
  return kind === 'uuid' ? typeof value === 'string' && UUID.test(value) : typeof value === kind;
}

export function cursorOf(values: readonly (number | string)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Throws BAD_REQUEST where it is none that `cursorOf` made of such values. */
export function readCursor(cursor: string, kinds: readonly Kind[]): (number | string)[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(values) && values.length === kinds.length && kinds.every((kind, i) => isOf(kind, values[i]))) return values;
  } catch {
    // said below
  }
  throw failure('BAD_REQUEST', { field: 'cursor', reason: 'this is no cursor of this list', remedy: 'give back what nextCursor said' });
}
