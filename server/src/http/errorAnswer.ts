/** The end of the line for every error of a raw route: the same JSON body that the contract's operations answer. */
import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { asFailure, failure, failureBody } from '../core/failure.ts';

export const noSuchPath: RequestHandler = (request) => {
  const [path] = request.originalUrl.split('?', 1);
  throw failure('NOT_FOUND', { field: '', reason: `nothing answers ${request.method} ${path}`, remedy: 'api/v1/docs lists what there is' });
};

export function errorAnswer(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const failed = asFailure(isHttpError(error) ? failure('BAD_REQUEST', { field: '', reason: error.message }, error) : error);
    if (failed.status >= 500) log.error({ requestId: response.locals.requestId, err: failed.cause ?? error }, failed.message);
    if (response.headersSent) {
      response.destroy(); // half an answer must not look whole
      return;
    }
    if (failed.status === 401) response.setHeader('www-authenticate', 'Bearer realm="cellkeep"');
    response.status(failed.status).json(failureBody(failed));
    if (!request.readableEnded && hasBody(request)) readOff(request);
  };
}

/** bytes of a refused body that are read, so that a client that is still sending comes to the answer; closing at once would reset it. */
const MOST_READ_OFF = 64 * 1024 * 1024;

export function readOff(request: IncomingMessage): void {
  let left = MOST_READ_OFF;
  request.unpipe();
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}

export function hasBody({ headers }: { headers: Record<string, unknown> }): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Express throws these for paths that cannot be decoded and the like. */
function isHttpError(error: unknown): error is Error {
  const status = (error as { status?: unknown } | null)?.status;
  return (
    error instanceof URIError ||
    (error instanceof Error && !('defined' in error) && typeof status === 'number' && status >= 400 && status < 500)
  );
}
