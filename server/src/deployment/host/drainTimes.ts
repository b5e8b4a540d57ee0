/**
 * How long a host goes on that is to end. It takes no more requests. What it was asked is answered until the endpoint's deadline, for two
 * minutes at most; an answer that is on its way to a slow client then goes on for a minute more while the client takes it, and is cut off
 * where it takes nothing for ten seconds.
 * The server that ends a host waits as long, and kills it then; one that stops itself waits ten seconds.
 */
export interface DrainTimes {
  /** ms until everything that was asked is answered */
  answered: number;
  /** ms until the last answer has to be with its client */
  taken: number;
  /** ms until it has written its log and ended */
  ended: number;
}

const MOST = 120_000;
const SLOW_CLIENTS = 60_000;

export function drainTimes(deadlineMs: number): DrainTimes {
  const answered = Math.min(deadlineMs + 2_000, MOST);
  const taken = answered + SLOW_CLIENTS;
  return { answered, taken, ended: taken + 5_000 };
}
