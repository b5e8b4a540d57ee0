import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contract, contract } from '@cellkeep/schema';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { WebSocket } from 'ws';
import { createServer, type Running, type ServerOptions } from '../main.ts';
import { type TestDatabase, testDatabase } from './testDatabase.ts';

export type Client = ContractRouterClient<Contract>;

export interface TestServer extends Running {
  home: string;
  database: TestDatabase;
  /** Every operation, over HTTP, as the owner. */
  client: Client;
  /** Every operation, over HTTP, as the one whose token this is. */
  clientOf: (token: string) => Client;
  /** A token of a new user with this role. */
  tokenOf: (role: 'owner' | 'editor' | 'viewer') => Promise<string>;
  /** Every operation, over a WebSocket; closed with the server. */
  connect: (token?: string) => Promise<{ client: Client; socket: WebSocket; close: () => Promise<void> }>;
  /** `path` is relative to /api/v1/; sends the owner's token unless there is an authorization header. */
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
}

type Options = Partial<Pick<ServerOptions, 'now' | 'webRoot' | 'log' | 'env' | 'askModel'>>;

/**
 * A real server on a free port, with a database and a home of its own. Its `close` proves that nothing is left open.
 * @example
 * const server = testServer();
 * test('…', async () => { await server().client.access.me(); });
 */
export function testServer(options: Options = {}): () => TestServer {
  let server: TestServer | undefined;
  beforeAll(async () => {
    server = await startTestServer(options);
  });
  afterAll(async () => {
    await server?.close();
  });
  return () => {
    if (!server) throw new Error('the test server starts in beforeAll: call this inside a test');
    return server;
  };
}

export async function startTestServer(options: Options = {}): Promise<TestServer> {
  const database = await testDatabase();
  const home = mkdtempSync(join(tmpdir(), 'cellkeep-test-home-'));
  const log = pino({ level: process.env.CELLKEEP_LOG_LEVEL ?? 'silent' }, pino.destination(2));
  // Hosts are processes that take a second to start: a test that wants them says so.
  const env = { CELLKEEP_ENDPOINTS: 'off', ...(options.env ?? process.env) };
  const running = await createServer({ log, ...options, env, home, databaseUrl: database.url }).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const sockets = new Set<() => Promise<void>>();
  const { url, token, services } = running;

  return {
    ...running,
    home,
    database,
    client: httpClient(url, token),
    clientOf: (other) => httpClient(url, other),
    async tokenOf(role) {
      const { access } = httpClient(url, token);
      const { user } = await access.users.create({ name: `${role} ${crypto.randomUUID()}`, role });
      return (await access.tokens.create({ label: 'test', userId: user.id })).secret;
    },
    async connect(other = token) {
      const opened = await socketClient(url, other);
      const close = async () => {
        sockets.delete(close);
        await opened.close();
      };
      sockets.add(close);
      return { ...opened, close };
    },
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
      return fetch(`${url}/api/v1/${path}`, { ...init, headers });
    },
    async close() {
      for (const close of [...sockets]) await close();
      await running.close();
      rmSync(home, { recursive: true, force: true });
      await database.drop();
      if (services.live.size > 0) throw new Error(`${services.live.size} live subscriptions were left open`);
    },
  };
}

function httpClient(url: string, token: string): Client {
  return createORPCClient(new OpenAPILink(contract, { url: `${url}/api/v1`, headers: { authorization: `Bearer ${token}` } }));
}

async function socketClient(url: string, token: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/rpc`, { headers: { authorization: `Bearer ${token}` } });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const client: Client = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  const close = async () => {
    if (socket.readyState === socket.CLOSED) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.close();
    await closed;
  };
  return { client, socket, close };
}
