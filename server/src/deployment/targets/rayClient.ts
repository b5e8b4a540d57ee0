/** Ray's REST API, as far as releases need it (docs.ray.io: Serve REST API; Ray Jobs REST API for packages). */
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { z } from 'zod';
import { codeOf } from '../../core/plainError.ts';
import { lookUpNear, NotAllowed } from './rayAddress.ts';

/** ms; a package is unpacked before it is answered */
const PATIENCE = 60_000;
const MOST_ANSWER = 16 * 1024 * 1024; // bytes

/** The cluster does not do what it was asked: the message says what it said. */
export class RayFailure extends Error {
  override name = 'RayFailure';
}

const application = z.looseObject({
  status: z.string(),
  message: z.string().nullish(),
  route_prefix: z.string().nullish(),
  deployments: z.record(z.string(), z.looseObject({ message: z.string().nullish() })).nullish(),
  deployed_app_config: z.looseObject({ name: z.string() }).nullish(),
});
const instance = z.looseObject({
  proxy_location: z.string().nullish(),
  http_options: z.looseObject({}).nullish(),
  grpc_options: z.looseObject({}).nullish(),
  applications: z.record(z.string(), application),
});
export type Instance = z.infer<typeof instance>;

export interface RayClient {
  serving: () => Promise<Instance>;
  /** What is not listed is taken away by the cluster. */
  serve: (config: Record<string, unknown>) => Promise<void>;
  /** Stores a package under its name, where it is not there yet. */
  store: (name: string, bytes: () => Promise<Buffer>) => Promise<void>;
}

/** @param isNear only addresses that are loopback or private are asked */
export function rayClient(address: string, isNear: boolean): RayClient {
  const ask = async (method: string, path: string, body?: { type: string; bytes: Buffer }): Promise<{ status: number; text: string }> => {
    const url = new URL(path, address);
    const headers = body ? { 'content-type': body.type, 'content-length': body.bytes.length } : {};
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
        method,
        // Ray hides what it takes for secrets from browsers; what is read here is written back.
        headers: { ...headers, accept: 'application/json', 'user-agent': 'cellkeep' },
        signal: AbortSignal.timeout(PATIENCE),
        ...(isNear ? { lookup: lookUpNear as unknown as LookupFunction } : {}),
      });
      request.once('error', (error) => reject(error instanceof NotAllowed ? error : unreachable(address, error)));
      request.once('response', (response) => {
        textOf(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, text }),
          (error: unknown) => reject(unreachable(address, error)),
        );
      });
      request.end(body?.bytes);
    });
  };
  const done = async (method: string, path: string, body?: { type: string; bytes: Buffer }): Promise<string> => {
    const { status, text } = await ask(method, path, body);
    if (status === 200) return text;
    throw new RayFailure(`the cluster answered ${status}: ${text.trim().slice(-1_000) || 'nothing more'}`);
  };
  return {
    async serving() {
      const read = instance.safeParse(asJson(await done('GET', '/api/serve/applications/')));
      if (read.success) return read.data;
      throw new RayFailure(`what answers at ${address} is no dashboard of Ray`);
    },
    async serve(config) {
      await done('PUT', '/api/serve/applications/', { type: 'application/json', bytes: Buffer.from(JSON.stringify(config)) });
    },
    async store(name, bytes) {
      // Asking also keeps it there for some minutes.
      const path = `/api/packages/gcs/${name}`;
      if ((await ask('GET', path)).status === 200) return;
      await done('PUT', path, { type: 'application/octet-stream', bytes: await bytes() });
      await done('GET', path);
    },
  };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MOST_ANSWER) throw new RayFailure('the answer is too large for a dashboard of Ray');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function unreachable(address: string, cause: unknown): RayFailure {
  if (cause instanceof RayFailure) return cause;
  const why = (cause as Error).name === 'TimeoutError' ? 'within a minute' : `(${codeOf(cause) || 'no connection'})`;
  return new RayFailure(`the cluster at ${address} does not answer ${why}`, { cause });
}
