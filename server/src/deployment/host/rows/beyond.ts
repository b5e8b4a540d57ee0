/** Numbers that were written with digits and are more than a number holds. JSON.parse makes an infinity of 1e400, and JSON has no other. */

export const BEYOND = 'is a number beyond ±1.8e308, more than a number of 64 bits holds';

/** @param value as JSON.parse gives it */
export const isBeyond = (value: unknown): boolean =>
  Array.isArray(value) ? value.some(isBeyond) : value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
