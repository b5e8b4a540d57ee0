/** The body of a request, whole, as the object that MLflow's clients send. */
import type { IncomingMessage } from 'node:http';
import { invalidParameter, MlflowError } from './errors.ts';
import { parseJson } from './json.ts';

export interface Received {
  message: Record<string, unknown>;
  /** The body itself; empty where there was none. */
  text: string;
}

/** Bytes of one call: a search with thousands of ids, one thing and its tags. */
const SHORT_BODY = 1024 * 1024;

/** Only JSON: what a page's form can send (text, form data) is no request of ours. A body that is not there is an empty object. */
export async function receiveJson(request: IncomingMessage, mostBytes = SHORT_BODY): Promise<Received> {
  const { method, headers } = request;
  const type = headers['content-type'];
  if ((method === 'POST' || method === 'PUT') && type === undefined) throw invalidParameter('Bad Request. Content-Type header is missing.');
  if (type !== undefined && type.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
    throw invalidParameter("Bad Request. Content-Type must be one of ['application/json'].");
  const text = await receiveText(request, mostBytes);
  if (text.trim() === '') return { message: {}, text };
  let value = parseJson(text);
  if (typeof value === 'string') value = parseJson(value); // old clients encode twice
  if (value === null) return { message: {}, text };
  if (typeof value !== 'object' || Array.isArray(value)) throw invalidParameter('The request body must be a JSON object.');
  return { message: value as Record<string, unknown>, text };
}

async function receiveText(request: IncomingMessage, mostBytes: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only ? only.toString('utf8') : Buffer.concat(chunks).toString('utf8');
}

function tooLarge(mostBytes: number): MlflowError {
  const message = `The body of this request has at most ${mostBytes} bytes; send it in several requests.`;
  return new MlflowError('INVALID_PARAMETER_VALUE', message, { status: 413 });
}
