/** From a request to its call and back: finds the call, the caller and the message, and says what was thrown in MLflow's words. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Accounts } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import { authenticate, callerOf, endWhenRevoked } from '../http/authenticate.ts';
import { hasBody, readOff } from '../http/errorAnswer.ts';
import type { Tracking } from '../tracking/index.ts';
import { type Answer, Written } from './call.ts';
import { calls } from './calls.ts';
import { asMlflowError } from './errors.ts';
import { findCall, routesOf } from './findCall.ts';
import { type Fields, fromQuery } from './message.ts';
import { probes } from './probes.ts';
import { receiveJson } from './receive.ts';

export interface MlflowOptions {
  services: Services;
  tracking: Tracking;
  accounts: Accounts;
}

const PREFIX = /^\/(?:ajax-)?api(?=\/[23]\.0\/mlflow)/;

/** Answers all below /api/2.0/mlflow and the like; calls `next` for any other path. */
export function mlflowRoutes({ services, tracking, accounts }: MlflowOptions): RequestHandler {
  const routes = routesOf(calls);
  const authenticated = authenticate(accounts);
  const endsWhenRevoked = endWhenRevoked(accounts);

  const answerTo = async (request: Request, response: Response, prefix: string): Promise<void> => {
    const { url } = request;
    const mark = url.indexOf('?');
    const query = mark < 0 ? '' : url.slice(mark + 1);
    const { call, parameters } = findCall(routes, request.method, url.slice(prefix.length, mark < 0 ? undefined : mark));
    await authenticated(request, response, () => {});
    const context = { ...services, tracking, caller: callerOf(response), requestId: String(response.locals.requestId) };
    if (call.method !== 'GET' && !call.reads) context.disk?.require();
    if (call.stream) {
      endsWhenRevoked(request, response, () => {});
      return call.stream({ ...context, request, response, parameters, query: new URLSearchParams(query) });
    }
    const given = await givenTo(call.fields, request, query);
    send(response, await call.respond(context, Object.assign(given, parameters)));
  };

  return (request, response, next) => {
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    const probe = isGet && probes.get(request.path);
    if (probe) return send(response, probe);
    const [prefix] = PREFIX.exec(request.url) ?? [];
    if (prefix === undefined) return next();
    return answerTo(request, response, prefix).catch((error: unknown) => refuse(services, request, response, error));
  };
}

/** What came with a GET stands in its query string; the other methods send a body. */
async function givenTo(fields: Fields, request: IncomingMessage, query: string): Promise<Record<string, unknown>> {
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  return isGet && query !== '' ? fromQuery(fields, query) : receiveJson(request);
}

function send(response: ServerResponse, answer: Answer): void {
  const { text, type } = answer instanceof Written ? answer : { text: JSON.stringify(answer), type: 'application/json' };
  response.setHeader('content-type', type);
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

function refuse({ log }: Services, request: Request, response: Response, error: unknown): void {
  const refused = asMlflowError(error);
  const { requestId } = response.locals;
  if (refused.status >= 500) log.error({ requestId, err: refused.cause ?? error }, refused.message);
  if (response.headersSent) {
    response.destroy(); // half an answer must not look whole
    return;
  }
  if (refused.status === 401) response.setHeader('www-authenticate', 'Basic realm="mlflow"');
  response.statusCode = refused.status;
  send(response, { error_code: refused.code, message: refused.message });
  if (!request.readableEnded && hasBody(request)) readOff(request);
}
