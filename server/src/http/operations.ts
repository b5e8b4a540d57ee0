/** The contract's operations over HTTP and over the WebSocket: one router, two doors, the same errors. */
import { OpenAPIHandler } from '@orpc/openapi/node';
import type { Router } from '@orpc/server';
import { StandardRPCHandler } from '@orpc/server/standard';
import type { RequestHandler } from 'express';
import type { CallContext, Services } from '../core/context.ts';
import type { DiskSpace } from '../core/diskSpace.ts';
import { asFailure } from '../core/failure.ts';
import { callerOf } from './authenticate.ts';

// biome-ignore lint/suspicious/noExplicitAny: oRPC's own bound of a router
export type Operations = Router<any, CallContext>;

export const API = '/api/v1';

interface Call {
  context: CallContext;
  path: readonly string[];
  next: () => Promise<unknown>;
}

/** Answered also when the disk is nearly full: what reads, what makes room, and what shuts a door. Anything else makes data grow. */
const ALWAYS = new Set([
  ...['list', 'get', 'search', 'keys', 'groups', 'history', 'preview', 'watch', 'me', 'events', 'verifyEvents', 'lineage', 'cells', 'diff'],
  ...['traffic', 'drift', 'logs', 'compare', 'shadow'],
  ...['delete', 'cancel', 'revoke'],
  ...['setTraffic', 'finishCanary', 'rollBack', 'retire'], // what answers wrongly must be stopped whatever the disk
]);

export function requireRoom(path: readonly string[], disk: DiskSpace | undefined): void {
  if (!ALWAYS.has(path.at(-1) ?? '') && path.join('.') !== 'access.users.update') disk?.require();
}

/** Runs inside the call, before oRPC compares an error with those that the contract declares. */
const translateErrors = async (call: Call): Promise<unknown> => {
  const { context, path, next } = call;
  try {
    requireRoom(path, context.disk);
    return await next();
  } catch (error) {
    const failure = asFailure(error);
    const { requestId, log } = context;
    if (failure.status >= 500) log.error({ requestId, operation: path.join('.'), err: failure.cause ?? error }, failure.message);
    throw failure;
  }
};

export function rpcHandler(operations: Operations): StandardRPCHandler<CallContext> {
  return new StandardRPCHandler(operations, { clientInterceptors: [translateErrors] });
}

/** Answers what the contract has; calls `next` for any other path. */
export function httpOperations(operations: Operations, services: Services): RequestHandler {
  const handler = new OpenAPIHandler<CallContext>(operations, {
    clientInterceptors: [translateErrors],
  });
  return async (request, response, next) => {
    const context: CallContext = { ...services, caller: callerOf(response), requestId: String(response.locals.requestId) };
    const { matched } = await handler.handle(request, response, { prefix: API, context });
    if (!matched) next();
  };
}
