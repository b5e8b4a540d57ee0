/** An error for the person at the terminal: one line that says what is wrong and what to do. Shown without a stack. */
export class PlainError extends Error {
  override name = 'PlainError';
}

/** The system's code of an error (ENOENT, EADDRINUSE, 53100 …); empty where it has none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
