/**
 * `POST /endpoints/<name>/feedback`: an application that holds nothing but a token of the endpoint tells what came of its predictions. The
 * hosts do not know it: what was predicted is read from the database, and so the server answers itself.
 */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Caller, Services } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { callerOfToken, ENDPOINT_TOKEN } from '../endpoints/tokens.ts';
import { giveFeedback } from '../predictions/feedback.ts';
import { feedbackBody } from '../predictions/feedbackBody.ts';

/** bytes */
const LARGEST = 65_536;

export const isFeedback = ({ method }: IncomingMessage, path: string): boolean => method === 'POST' && /^\/feedback(\?|$)/.test(path);

/** @param authenticate whoever comes with a session or a user's token @throws UNAUTHORIZED, FORBIDDEN, BAD_REQUEST, NOT_FOUND, CONFLICT */
export async function receiveFeedback(
  { sql, now }: Pick<Services, 'sql' | 'now'>,
  endpointId: string,
  request: IncomingMessage,
  authenticate: () => Promise<Caller>,
): Promise<{ stored: boolean }> {
  const secret = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const caller = secret.startsWith(ENDPOINT_TOKEN) ? await callerOfToken(sql, endpointId, secret, now()) : await authenticate();
  if (!caller) {
    const reason = 'this token is unknown, expired or revoked, or of another endpoint';
    throw failure('UNAUTHORIZED', { field: 'authorization', reason });
  }
  const { predictionId: id, ...rest } = await bodyOf(request);
  return { stored: await giveFeedback({ sql, now, caller }, { id, ...rest }, endpointId) };
}

async function bodyOf(request: IncomingMessage): Promise<z.infer<typeof feedbackBody>> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > LARGEST) throw failure('PAYLOAD_TOO_LARGE', { field: '', reason: `feedback has at most ${LARGEST} bytes` });
    parts.push(part);
  }
  const read = feedbackBody.safeParse(parsed(Buffer.concat(parts).toString('utf8')));
  if (read.success) return read.data;
  const issues = read.error.issues.slice(0, 20).map(({ path, message }) => ({ field: path.join('.'), reason: message }));
  throw failure('BAD_REQUEST', issues);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const remedy = 'send {"predictionId": …, "value": …} or {"predictionId": …, "label": …}';
    throw failure('BAD_REQUEST', { field: '', reason: `the body is no JSON: ${(error as Error).message}`, remedy });
  }
}
