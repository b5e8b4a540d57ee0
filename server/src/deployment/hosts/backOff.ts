/** How long a host that ended by itself stays down: half a second, doubled each time, half a minute at most. */
const FIRST = 500;
const MOST = 30_000;
/** ms of answering after which an end is a new trouble, and no more the one before. */
export const FORGIVEN_AFTER = 60_000;

/** @param failures in a row, from 1 on. @returns ms */
export function pauseAfter(failures: number): number {
  return Math.min(MOST, FIRST * 2 ** Math.max(0, failures - 1));
}
