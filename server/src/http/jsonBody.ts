/** Reads JSON bodies, up to the contract's limit, and says where one is not JSON. */
import { limits } from '@cellkeep/schema/wire';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { failure } from '../core/failure.ts';
import { jsonErrorAt } from '../core/jsonPosition.ts';

const parse = express.json({ limit: limits.jsonBody, strict: false, type: () => true });

/** Only JSON: what a page's form can send (text, form data) is no request of ours. */
export const jsonBody: RequestHandler = (request, response, next) => {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && (length === undefined || length === '0')) return next();
  if (type !== undefined && !/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type)) {
    const reason = `the body is ${JSON.stringify(type.slice(0, 100))}`;
    throw failure('UNSUPPORTED_MEDIA_TYPE', { field: 'content-type', reason, remedy: 'send application/json' });
  }
  // The parser would read all of it before it says so.
  if (Number(length) > limits.jsonBody) throw tooLarge(limits.jsonBody);
  parse(request, response, (error?: unknown) => next(error ?? (isObject(request.body) ? undefined : noObject())));
};

export const isObject = (body: unknown) => typeof body === 'object' && body !== null && !Array.isArray(body);

/** Else it would be passed over, and the operation done with what stands in the path. */
export function noObject() {
  return failure('BAD_REQUEST', { field: '', reason: 'the body is JSON, but no object', remedy: 'send {"field": value, …}' });
}

function tooLarge(limit: number, cause?: unknown) {
  return failure(
    'PAYLOAD_TOO_LARGE',
    { field: '', reason: `a JSON body has at most ${limit} bytes here`, remedy: 'send it in several requests' },
    cause,
  );
}

export function notJson(text: string, cause: unknown) {
  const { line, column } = jsonErrorAt(text);
  return failure('BAD_REQUEST', { field: '', reason: `the body is no JSON from line ${line}, column ${column} on` }, cause);
}

interface BodyError {
  type?: string;
  body?: unknown;
  /** bytes */
  limit?: number;
  message: string;
}

/** What the body parser throws, in our words. */
export const bodyErrors: ErrorRequestHandler = (error: BodyError, request, _response, next) => {
  const type = String(error?.type ?? '');
  if (type === 'entity.too.large') return next(tooLarge(error.limit ?? limits.jsonBody, error));
  if (type === 'entity.parse.failed') {
    return next(notJson(String(error.body ?? ''), error));
  }
  if (type === 'request.aborted') {
    request.destroy();
    return;
  }
  if (/^(encoding|charset|request|entity|stream)\./.test(type)) {
    return next(failure('BAD_REQUEST', { field: '', reason: error.message }, error));
  }
  next(error);
};
