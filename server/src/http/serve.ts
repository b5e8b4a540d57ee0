/** Listens, and stops in order: no new connections, requests under way are finished, live connections are told, then all is closed. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Accounts } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import { endHttp } from '../core/endHttp.ts';
import type { Metrics } from '../core/metrics.ts';
import { codeOf, PlainError } from '../core/plainError.ts';
import type { Operations } from './operations.ts';
import { rpcSockets, type SocketOptions } from './rpcSocket.ts';

/** ms that requests under way get when the server stops */
const DRAIN = 5_000;

export interface ServeOptions {
  app: RequestListener;
  operations: Operations;
  services: Services;
  accounts: Accounts;
  metrics: Metrics;
  host: string;
  port: number;
  sockets?: SocketOptions;
}

export interface Served {
  url: string;
  port: number;
  stop: () => Promise<void>;
}

export async function serve({ app, operations, services, accounts, metrics, host, port, sockets }: ServeOptions): Promise<Served> {
  const server = createServer(
    {
      noDelay: true, // small answers must not wait for Nagle's algorithm
      keepAlive: true,
      keepAliveTimeout: 75_000,
      headersTimeout: 30_000,
      requestTimeout: 0, // an artifact of many gigabytes takes its time; silence is bounded by `timeout` below
      maxHeaderSize: 32_768,
    },
    app,
  );
  server.timeout = 120_000;
  const rpc = rpcSockets(operations, services, accounts, metrics, sockets);
  server.on('upgrade', rpc.upgrade);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new PlainError(whyNot(codeOf(error), host, port, error));
  }
  const address = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${address.port}`,
    port: address.port,
    stop: async () => {
      const ended = endHttp(server, DRAIN);
      rpc.close();
      await ended;
    },
  };
}

function whyNot(code: string, host: string, port: number, error: unknown): string {
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is taken: choose another with --port (0 takes a free one)`;
  if (code === 'EACCES') return `port ${port} needs more rights: choose one above 1023 with --port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine: choose another --host`;
  return `cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : code}`;
}
