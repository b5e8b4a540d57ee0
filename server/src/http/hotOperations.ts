/**
 * Operations that are answered without Express and oRPC, which cost a small request more than its work: with them a
 * point took 630 µs of the server's processor time, without them 270.
 *
 * Nothing of the rules is told twice. The caller, the page, the disk and the errors go through the functions that the ordinary way uses;
 * a request with anything unusual (a coding, another type, a body that does not fit the contract) is handed on to the ordinary way as it
 * is, or with its body read, and is refused there.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '@cellkeep/schema/wire';
import type { Accounts } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import { asFailure, failureBody } from '../core/failure.ts';
import type { HotAnswer, HotOperation } from '../core/hotOperation.ts';
import { callerOfRequest } from './authenticate.ts';
import { hasBody, readOff } from './errorAnswer.ts';
import type { Located, PlainHandler } from './frontDoor.ts';
import { isObject, noObject, notJson } from './jsonBody.ts';
import { API, requireRoom } from './operations.ts';

export function hotOperations(operations: readonly HotOperation[], services: Services, accounts: Accounts): PlainHandler {
  const exact = new Map<string, HotOperation>();
  const withId = new Map<string, HotOperation>();
  for (const operation of operations) {
    const [before, after] = `${API}${operation.path}`.split('{id}');
    if (after === undefined) exact.set(before as string, operation);
    else withId.set(`${before} ${after}`, operation);
  }

  const find = (url: string): { operation: HotOperation; id: string } | null => {
    const operation = exact.get(url);
    if (operation) return { operation, id: '' };
    const [, before, id, after] = /^(\/api\/v1\/[a-z]+\/)([0-9a-f]{32})(\/[a-z]+)$/.exec(url) ?? [];
    const found = id === undefined ? undefined : withId.get(`${before} ${after}`);
    return found && id !== undefined ? { operation: found, id } : null;
  };

  return (request, response, next) => {
    if (request.method !== 'POST' || !isUsual(request)) return next();
    const located = find(request.url ?? '');
    if (!located) return next();
    const { operation, id } = located;
    const answer = async () => {
      const { caller } = await callerOfRequest(accounts, request);
      response.locals.caller = caller;
      const context = { ...services, caller, requestId: response.locals.requestId };
      requireRoom(operation.name.split('.'), context.disk);
      const body = await readJson(request);
      if (!isObject(body)) throw noObject();
      const found = await operation.answer(context, body, id, request.headers.accept);
      if (found !== null) return send(response, 200, found);
      Object.assign(request, { body }); // Express' parser and oRPC go on with it
      next();
    };
    answer().catch((error: unknown) => {
      if (error instanceof WentAway) return;
      refuse(services, operation, request, response, error);
    });
  };
}

/** Whether the body is JSON in UTF-8 of a length that is known and taken; anything else is for the ordinary way to read or refuse. */
function isUsual({ headers }: IncomingMessage): boolean {
  const { 'content-type': type, 'content-length': length, 'content-encoding': coding, expect } = headers;
  if (coding !== undefined || expect !== undefined || length === undefined) return false;
  return type === 'application/json' && Number(length) > 0 && Number(length) <= limits.jsonBody;
}

/** The client closed the connection before it had sent all. */
class WentAway extends Error {}

const BYTE_ORDER_MARK = '\u{feff}';

function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => {
      const [only] = pieces;
      const text = (pieces.length === 1 && only ? only : Buffer.concat(pieces)).toString('utf8');
      try {
        resolve(JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text));
      } catch (error) {
        reject(notJson(text, error));
      }
    });
    request.once('close', () => {
      if (!request.complete) reject(new WentAway());
    });
  });
}

function send(response: ServerResponse, status: number, answer: HotAnswer): void {
  const bytes = typeof answer === 'string' ? Buffer.byteLength(answer) : answer.bytes.byteLength;
  response.writeHead(status, {
    'content-type': typeof answer === 'string' ? 'application/json' : answer.type,
    'content-length': bytes,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  if (typeof answer !== 'string') response.end(answer.bytes);
  // Text of ASCII alone is the same in both, and Latin-1 is copied as it is.
  else response.end(answer, bytes === answer.length ? 'latin1' : 'utf8');
}

function refuse({ log }: Services, { name }: HotOperation, request: IncomingMessage, response: Located, error: unknown): void {
  const failed = asFailure(error);
  const { requestId } = response.locals;
  if (failed.status >= 500) log.error({ requestId, operation: name, err: failed.cause ?? error }, failed.message);
  if (failed.status === 401) response.setHeader('www-authenticate', 'Bearer realm="cellkeep"');
  send(response, failed.status, JSON.stringify(failureBody(failed)));
  if (!request.readableEnded && hasBody(request)) readOff(request);
}
