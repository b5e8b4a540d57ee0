/** From a request to its call and back: finds the call, the caller and the message, and says what was thrown in MLflow's words. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Accounts } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import { callerOfRequest, revocationWatch } from '../http/authenticate.ts';
import { hasBody, readOff } from '../http/errorAnswer.ts';
import type { Located, PlainHandler } from '../http/frontDoor.ts';
import { setSecurityHeaders } from '../http/securityHeaders.ts';
import type { Tracking } from '../tracking/index.ts';
import { type Answer, type Call, Written } from './call.ts';
import { calls } from './calls.ts';
import { asMlflowError, asWritten, told } from './errors.ts';
import { findCall, routesOf } from './findCall.ts';
import { type Fields, fromQuery } from './message.ts';
import { isPartAddress, receivePartByKey } from './multipart.ts';
import { probes } from './probes.ts';
import { type Received, receiveJson } from './receive.ts';

export interface MlflowOptions {
  services: Services;
  tracking: Tracking;
  accounts: Accounts;
}

const PREFIX = /^\/(?:ajax-)?api(\/[23]\.0\/mlflow.*)$/s;
/** What MLflow has had since before its addresses had a prefix. */
const OLD_DOWNLOAD = /^\/(?:model-versions\/)?get-artifact(?:\?|$)/;

/** Answers all below /api/2.0/mlflow and the like; calls `next` for any other path. */
export function mlflowRoutes({ services, tracking, accounts }: MlflowOptions): PlainHandler {
  const routes = routesOf(calls);
  const endWhenRevoked = revocationWatch(accounts);

  /** @param url below the prefix */
  const answerTo = async (request: IncomingMessage, response: Located, url: string): Promise<void> => {
    const mark = url.indexOf('?');
    const query = mark < 0 ? '' : url.slice(mark + 1);
    const { call, parameters } = findCall(routes, request.method ?? '', mark < 0 ? url : url.slice(0, mark));
    const { caller, credential } = await callerOfRequest(accounts, request);
    response.locals.caller = caller;
    const context = { ...services, tracking, caller, requestId: response.locals.requestId };
    if (call.method !== 'GET' && !call.reads) context.disk?.require();
    if (call.stream) {
      setSecurityHeaders(response); // it may hand out people's files
      endWhenRevoked(credential, response);
      return call.stream({ ...context, request, response, parameters, query: new URLSearchParams(query) });
    }
    const { message, text } = await givenTo(call, request, query);
    const answered = call.respond(context, Object.assign(message, parameters)).catch((error: unknown) => {
      throw asWritten(error, text);
    });
    send(response, await answered);
  };

  return (request, response, next) => {
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    const url = (request.url ?? '').replace(/^\/+/, '/'); // clients that were given an address with a slash at its end send two
    const probe = isGet && probes.get(url.split('?', 1)[0] ?? '');
    if (probe) return send(response, probe);
    const path = OLD_DOWNLOAD.test(url) ? `/2.0/mlflow${url}` : PREFIX.exec(url)?.[1];
    if (path === undefined) return next();
    const answered = isPartAddress(url) ? receivePartByKey(services, request, response) : answerTo(request, response, path);
    answered.catch((error: unknown) => refuse(services, request, response, error));
  };
}

/** What came with a GET stands in its query string; the other methods send a body. */
async function givenTo(
  { fields, mostBytes }: Extract<Call, { fields: Fields }>,
  request: IncomingMessage,
  query: string,
): Promise<Received> {
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  return isGet && query !== '' ? { message: fromQuery(fields, query), text: '' } : receiveJson(request, mostBytes);
}

function send(response: ServerResponse, answer: Answer): void {
  const { text, type } = answer instanceof Written ? answer : { text: JSON.stringify(answer), type: 'application/json' };
  const bytes = Buffer.byteLength(text);
  response.setHeader('content-type', type);
  response.setHeader('content-length', bytes);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-store');
  // Text of ASCII alone is the same in both, and Latin-1 is copied as it is (92 kB: 0.02 ms instead of 0.1).
  response.end(text, bytes === text.length ? 'latin1' : 'utf8');
}

function refuse({ log }: Services, request: IncomingMessage, response: Located, error: unknown): void {
  const refused = asMlflowError(error);
  const { requestId } = response.locals;
  if (refused.status >= 500) log.error({ requestId, err: refused.cause ?? error }, refused.message);
  if (response.headersSent) {
    response.destroy(); // half an answer must not look whole
    return;
  }
  if (refused.status === 401) response.setHeader('www-authenticate', 'Basic realm="mlflow"');
  response.statusCode = refused.status;
  send(response, told(refused));
  if (!request.readableEnded && hasBody(request)) readOff(request);
}
