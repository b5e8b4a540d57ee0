/**
 * The contract's operations over one WebSocket, live subscriptions among them (oRPC's RPC protocol).
 *
 * Memory stays bounded whatever a client does. Each message waits until the one before it has left (so a slow reader slows its own
 * subscriptions, which then drop and say so); while many answers wait, no more requests are read; a client that reads nothing at all
 * misses its pings and is cut off. Rights are looked up for each request again, and connections of a revoked token are closed at once.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '@cellkeep/schema/wire';
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer';
import { ServerPeer } from '@orpc/standard-server-peer';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Accounts, Credential } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import { asFailure, failure, failureBody } from '../core/failure.ts';
import type { Metrics } from '../core/metrics.ts';
import { credentialOf, unauthorized } from './authenticate.ts';
import { API, type Operations, rpcHandler } from './operations.ts';
import { isOwnOrigin } from './origin.ts';
import { requestIdOf } from './requestLog.ts';

/** ms between pings; a client that answered none of the last one is gone or reads nothing. */
const PING_INTERVAL = 30_000;
/** bytes that may wait for a client */
const MOST_WAITING = 64 * 1024 * 1024;
const PAUSE_ABOVE = 8 * 1024 * 1024;
const MOST_REQUESTS = 256;

/** Close codes 4000–4999 are free for applications; browsers show the reason. */
export const CLOSE = { stopping: 1001, tooSlow: 4008, revoked: 4401 } as const;

class Revoked extends Error {}

type Handle = ReturnType<typeof createServerPeerHandleRequestFn>;
type StandardRequest = Parameters<Handle>[0];
type StandardResponse = Awaited<ReturnType<Handle>>;

export interface RpcSockets {
  /** Listener for the HTTP server's `upgrade`. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Closes every connection with the reason that the server stops. */
  close: () => void;
  readonly size: number;
}

export interface SocketOptions {
  pingInterval?: number;
  mostWaiting?: number;
}

export function rpcSockets(
  operations: Operations,
  services: Services,
  accounts: Accounts,
  metrics: Metrics,
  options: SocketOptions = {},
): RpcSockets {
  const { pingInterval = PING_INTERVAL, mostWaiting = MOST_WAITING } = options;
  const handler = rpcHandler(operations);
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.jsonBody, perMessageDeflate: false });
  const open = new Map<WebSocket, Credential>();

  const stopListening = accounts.onChange(() => {
    for (const [socket, credential] of open) void closeIfRevoked(socket, credential);
  });

  /** Closes it where the token or session is no longer valid. */
  async function closeIfRevoked(socket: WebSocket, credential: Credential): Promise<void> {
    const caller = await accounts.callerOf(credential).catch(() => 'unknown'); // the database is away: decide later
    if (caller === null) cut(socket, CLOSE.revoked, `this ${credential.via} was revoked or has expired`);
  }

  function accept(socket: WebSocket, credential: Credential, requestId: string): void {
    const log = services.log.child({ requestId });
    let requests = 0;
    let answered = true;
    let waitedBefore = 0;
    open.set(socket, credential);
    metrics.webSockets.set(open.size);

    const peer = new ServerPeer((message) => {
      if (socket.bufferedAmount > mostWaiting) {
        cut(socket, CLOSE.tooSlow, 'this client does not read what it asked for');
        return Promise.reject(new Error('cut off'));
      }
      return new Promise<void>((resolve, reject) => {
        socket.send(message as string, (error) => {
          flow();
          if (error) reject(error);
          else resolve();
        });
      });
    });

    const flow = () => {
      const full = requests >= MOST_REQUESTS || socket.bufferedAmount > PAUSE_ABOVE;
      if (full) socket.pause();
      else if (socket.isPaused) socket.resume();
    };

    // Counts until the answer is there; a subscription then goes on without being in anybody's way.
    const answer = async (request: StandardRequest): Promise<StandardResponse> => {
      requests += 1;
      flow();
      try {
        const caller = await accounts.callerOf(credential);
        if (!caller) throw new Revoked();
        const context = { ...services, log, caller, requestId };
        return await createServerPeerHandleRequestFn(handler, { context })(request);
      } finally {
        requests -= 1;
        flow();
      }
    };

    socket.on('message', (data: RawData, isBinary: boolean) => {
      peer.message(asMessage(data, isBinary), answer).catch((error: unknown) => {
        if (socket.readyState !== socket.OPEN) return; // it went away while we answered
        if (error instanceof Revoked) return cut(socket, CLOSE.revoked, `this ${credential.via} was revoked or has expired`);
        log.info({ err: error }, 'a message on the WebSocket could not be handled');
        cut(socket, 1008, 'this message is none of the protocol');
      });
    });
    socket.on('pong', () => {
      answered = true;
    });
    const heart = setInterval(() => {
      void closeIfRevoked(socket, credential); // it may have expired, which nobody announces
      const waiting = socket.bufferedAmount;
      // Pongs are not read while too many requests are under way, and come late where the line is slow and full.
      const isReading = answered || requests >= MOST_REQUESTS || waiting < waitedBefore;
      waitedBefore = waiting;
      if (!isReading) {
        const reason = waiting > 0 ? 'this client does not read what it asked for' : 'this client answers no pings';
        log.info({ waiting }, reason);
        return cut(socket, CLOSE.tooSlow, reason);
      }
      answered = false;
      socket.ping();
    }, pingInterval);
    socket.on('error', (error) => log.debug({ err: error }, 'WebSocket'));
    socket.on('close', () => {
      clearInterval(heart);
      open.delete(socket);
      metrics.webSockets.set(open.size);
      void peer.close();
    });
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      admit(request, accounts).then(
        (credential) => {
          if (socket.destroyed) return;
          server.handleUpgrade(request, socket, head, (webSocket) =>
            accept(webSocket, credential, requestIdOf(request.headers['x-request-id'])),
          );
        },
        (error: unknown) => refuse(socket, error),
      );
    },
    close() {
      stopListening();
      for (const socket of open.keys()) cut(socket, CLOSE.stopping, 'the server stops');
      server.close();
    },
    get size() {
      return open.size;
    },
  };
}

async function admit(request: IncomingMessage, accounts: Accounts): Promise<Credential> {
  const [path] = (request.url ?? '').split('?', 1);
  if (path !== `${API}/rpc`) throw failure('NOT_FOUND', { field: '', reason: `no WebSocket answers at ${path}` });
  const own = isOwnOrigin(request);
  const credential = credentialOf(request);
  if (own === false || (own === null && credential?.via === 'session')) {
    throw failure('FORBIDDEN', {
      field: 'origin',
      reason: 'this page is none of the server',
      remedy: 'open the server by its own address',
    });
  }
  if (!credential || !(await accounts.callerOf(credential))) throw unauthorized(credential);
  return credential;
}

function refuse(socket: Duplex, error: unknown): void {
  const failed = asFailure(error);
  const body = JSON.stringify(failureBody(failed));
  const head = [
    `HTTP/1.1 ${failed.status} Refused`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  // Not waiting for its end of the connection: one that keeps it open would keep the server from stopping.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** Says why, and ends it even where the client does not read that. */
function cut(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return; // cut off already, or it goes by itself
  socket.close(code, reason);
  const patience = setTimeout(() => socket.terminate(), 2_000);
  socket.once('close', () => clearTimeout(patience));
}

function asMessage(data: RawData, isBinary: boolean): string | Uint8Array {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
  return isBinary ? bytes : bytes.toString('utf8');
}
