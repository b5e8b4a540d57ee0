/** One request to one host, streamed both ways over connections that are kept. */
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { codeOf } from '../../core/plainError.ts';
import { answerHeaders } from './headers.ts';

/** bytes of a body that are kept until the answer begins, so that it can be sent once more */
export const MOST_KEPT = 1024 * 1024;

export interface Forwarded {
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string | string[]>;
  /** All of it, or a stream that cannot be sent twice. */
  body: Buffer | IncomingMessage | null;
  /** host:port */
  address: string;
  /** ms until the first byte of the answer must be there */
  within: number;
  /** Over a connection of its own: those that are kept may all lead to a host that has just ended. */
  isRepeated: boolean;
}

/** `unsent`: nobody listened there. `gone`: its connection broke before an answer began, and nobody knows how far the host had come. */
export type Outcome = 'answered' | 'unsent' | 'gone' | 'late' | 'too-large';

export interface Forwarder {
  forward: (asked: Forwarded, response: ServerResponse, secure: (response: ServerResponse) => void, mostBytes: number) => Promise<Outcome>;
  close: () => void;
}

export function createForwarder(): Forwarder {
  const agent = new Agent({ keepAlive: true, keepAliveMsecs: 1_000, maxSockets: 1_024, maxFreeSockets: 256, scheduling: 'lifo' });
  return {
    forward: (asked, response, secure, mostBytes) => forwardOnce(agent, asked, response, secure, mostBytes),
    close: () => agent.destroy(),
  };
}

function forwardOnce(
  agent: Agent,
  { method, path, headers, body, address, within, isRepeated }: Forwarded,
  response: ServerResponse,
  secure: (response: ServerResponse) => void,
  mostBytes: number,
): Promise<Outcome> {
  const end = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, end).replace(/^\[|\]$/g, ''), Number(address.slice(end + 1))];
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const upstream = httpRequest({ agent: isRepeated ? false : agent, host, port, method, path, headers });
  const late = setTimeout(() => {
    resolve('late');
    upstream.destroy();
  }, within);
  const leave = () => upstream.destroy(); // the caller has gone: the host need not go on
  response.once('close', leave);
  void promise.finally(() => clearTimeout(late));

  upstream.once('response', (answer) => {
    clearTimeout(late);
    if (response.destroyed) return resolve('answered');
    secure(response);
    response.writeHead(answer.statusCode ?? 502, answerHeaders(answer.headers));
    pipeline(answer, response, (error) => {
      response.removeListener('close', leave);
      if (error) response.destroy(); // half an answer must not look whole
      resolve('answered');
    });
  });
  upstream.once('error', (error) => resolve(codeOf(error) === 'ECONNREFUSED' ? 'unsent' : 'gone'));

  if (body === null) upstream.end();
  else if (Buffer.isBuffer(body)) upstream.end(body);
  else {
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) return;
      resolve('too-large');
      upstream.destroy();
    });
    body.pipe(upstream); // no pipeline, which would close the caller's connection with the host's
  }
  return promise;
}
