/** The host's HTTP server: all its connections, their limits, and how they end. */
import { createServer, type Server } from 'node:net';
import type { DrainTimes } from '../drainTimes.ts';
import { Connection, type HttpOwner, type HttpRequest } from './connection.ts';
import type { Reply } from './reply.ts';

export interface HttpOptions {
  host: string;
  /** 0: a free one */
  port: number;
  /** Several processes may listen on it. */
  reusePort: boolean;
  handle: (request: HttpRequest) => void;
  /** Anybody may ask where it is left out. */
  admit?: HttpOwner['admit'];
  refuse: (status: number, reason: string) => Reply;
  maxBody: () => number;
  /** Clients whose answers are cut off by the end. */
  say?: (line: string) => void;
  /** ms since the epoch; tests set it. */
  now?: () => number;
}

export interface HttpServer {
  port: number;
  connections: () => number;
  /** Takes no more connections, answers what is under way, and ends by itself; by force as late as drainTimes.ts says. */
  drain: (times: Pick<DrainTimes, 'answered' | 'taken'>) => Promise<void>;
}

const MOST_CONNECTIONS = 20_000;
/** bytes of bodies that are still coming; one of the greatest that is allowed always has room */
const MOST_HELD = 256 * 1024 * 1024;

const anybody = () => null;

export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port, reusePort, handle, admit = anybody, refuse, maxBody, say = () => {}, now = Date.now } = options;
  const connections = new Set<Connection>();
  let isDraining = false;
  let isLeaving = false;
  let clock = now();
  let held = 0;
  const owner = {
    admit,
    handle,
    refuse,
    maxBody,
    hold(bytes: number) {
      held += bytes;
      return bytes <= 0 || held <= Math.max(MOST_HELD, 2 * maxBody());
    },
    say,
    isDraining: () => isDraining,
    isLeaving: () => isLeaving,
    clock: () => clock,
    closed: (connection: Connection) => connections.delete(connection),
  };
  // Nagle's algorithm would hold a small answer back until the one before is acknowledged.
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => {
    connections.add(new Connection(socket, owner));
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, { host, port, reusePort });
  const lookAtAll = () => {
    clock = now();
    for (const connection of connections) connection.look(clock);
  };
  let look = setInterval(lookAtAll, 500);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    connections: () => connections.size,
    async drain({ answered, taken }) {
      isDraining = true;
      clearInterval(look);
      look = setInterval(lookAtAll, 50); // idle clients have a moment for the request that they may be sending just now
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timers = [
        setTimeout(() => {
          isLeaving = true;
          for (const connection of connections) connection.leave();
        }, answered),
        setTimeout(() => {
          for (const connection of connections) connection.cut('its client took it too slowly');
        }, taken),
      ];
      await closed;
      for (const timer of timers) clearTimeout(timer);
      clearInterval(look);
    },
  };
}

function listen(server: Server, options: { host: string; port: number; reusePort: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...options, backlog: 4_096 }, () => {
      server.off('error', reject);
      server.on('error', () => {}); // of a single accept: the next one may succeed
      resolve();
    });
  });
}
