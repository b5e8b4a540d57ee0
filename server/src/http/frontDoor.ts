/** What every request passes first: it gets its id and its line in the log; then who answers it without Express, and Express for the rest. */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { Histogram } from 'prom-client';
import { type Located, requestLog } from './requestLog.ts';

export type { Located };

/** Answers, or calls `next` for a request that is none of its own. */
export type PlainHandler = (request: IncomingMessage, response: Located, next: () => void) => void;

export function frontDoor(
  log: Logger,
  seconds: Histogram<'method' | 'status'>,
  plain: readonly PlainHandler[],
  app: RequestListener,
): RequestListener {
  const begin = requestLog(log, seconds);
  return (request, given) => {
    const response = begin(request, given);
    const pass = (at: number): void => {
      const handler = plain[at];
      if (handler) handler(request, response, () => pass(at + 1));
      else app(request, response);
    };
    pass(0);
  };
}
