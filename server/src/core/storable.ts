/**
 * What Postgres cannot keep in text: U+0000, and halves of surrogate pairs. In what a kernel tells they come from outputs and messages of
 * the person's own program ("embedded null byte"), and the rest of such a record is too good to be refused for them.
 */
const BAD = '\u{fffd}';

/** The same value with such characters replaced by U+FFFD; the same object where it has none. */
export function storable<T>(value: T): T {
  return clean(value, 0) as T;
}

const DEEPEST = 32; // no record of the contract is half as deep

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? value.replaceAll('\0', BAD).toWellFormed() : value;
  if (value === null || typeof value !== 'object' || depth > DEEPEST) return value;
  if (Array.isArray(value)) {
    // Columns of points: a million numbers need no look each.
    if (typeof value[0] === 'number') return value;
    return value.map((one) => clean(one, depth + 1));
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, clean(one, depth + 1)]));
}
