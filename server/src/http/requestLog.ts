/** Gives each request an id, says it in the answer, and logs how the request ended: without query, headers and bodies. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Histogram } from 'prom-client';
import type { Caller } from '../core/context.ts';

/** What is known of a request while it is answered, kept where Express keeps it. */
export interface Locals {
  requestId: string;
  /** Once somebody has asked for it. */
  caller?: Caller;
}

export type Located = ServerResponse & { locals: Locals };

const SANE_ID = /^[A-Za-z0-9._-]{1,64}$/;

export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

export function requestLog(log: Logger, seconds: Histogram<'method' | 'status'>) {
  return (request: IncomingMessage, given: ServerResponse): Located => {
    const since = performance.now();
    const { url = '' } = request; // routers change it
    const requestId = requestIdOf(request.headers['x-request-id']);
    const response: Located = Object.assign(given, { locals: { requestId } });
    response.setHeader('x-request-id', requestId);
    response.once('close', () => {
      const ms = Math.round((performance.now() - since) * 10) / 10;
      const { statusCode: status } = response;
      seconds.observe({ method: request.method, status: `${Math.floor(status / 100)}xx` }, ms / 1_000);
      const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
      if (!log.isLevelEnabled(level)) return;
      const user = response.locals.caller?.userName;
      const [path] = url.split('?', 1);
      log[level]({ requestId, method: request.method, path, status, ms, user, cut: !response.writableFinished || undefined }, 'request');
    });
    return response;
  };
}
