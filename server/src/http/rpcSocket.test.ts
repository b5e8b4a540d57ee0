import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { os, type RouterClient } from '@orpc/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { type Accounts, createAccounts } from '../access/index.ts';
import type { CallContext } from '../core/context.ts';
import { createMetrics, type Metrics } from '../core/metrics.ts';
import { testServer } from '../testing/index.ts';
import { createApp } from './app.ts';
import type { SocketOptions } from './rpcSocket.ts';
import { type Served, serve } from './serve.ts';

let ahead = 0;
const now = () => Date.now() + ahead;
const server = testServer({ now });

/** Operations that no room has: as large, as slow and as endless as a test wants them. */
let ended = 0;
let sent = 0;
const counted = (answer: string) => {
  sent += 1;
  return answer;
};
const held: (() => void)[] = [];
const base = os.$context<CallContext>();
const operations = {
  echo: base
    .route({ method: 'GET', path: '/echo' })
    .input(z.object({ text: z.string() }))
    .handler(({ input }) => counted(input.text)),
  large: base.input(z.object({ bytes: z.number() })).handler(({ input }) => counted('x'.repeat(input.bytes))),
  never: base.handler(
    ({ signal }) => new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('gone')))),
  ),
  held: base.route({ method: 'GET', path: '/held' }).handler(async () => {
    await new Promise<void>((resolve) => held.push(resolve));
    return 'finished';
  }),
  ticks: base
    .route({ method: 'GET', path: '/ticks' })
    .input(z.object({ bytes: z.coerce.number() }))
    .handler(async function* ({ input, signal }) {
      try {
        for (let tick = 0; !signal?.aborted; tick += 1) {
          yield { tick, filling: 'x'.repeat(input.bytes) };
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      } finally {
        ended += 1;
      }
    }),
};
type Client = RouterClient<typeof operations>;

let accounts: Accounts;
let metrics: Metrics;
let served: Served;
const sockets: WebSocket[] = [];

async function start(options: SocketOptions = {}): Promise<void> {
  const { services } = server();
  accounts = await createAccounts(services.sql, now);
  metrics = createMetrics(services.live);
  const owner = (await accounts.callerOf({ via: 'token', secret: server().token }))!;
  const session = { services, accounts, link: { secret: '', fits: () => false }, owner };
  const app = createApp({ services, operations, accounts, metrics, session, webRoot: '/nowhere' });
  served = await serve({ app, operations, services, accounts, metrics, host: '127.0.0.1', port: 0, sockets: options });
}
beforeEach(() => {
  ended = 0;
  sent = 0;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await served.stop();
  await accounts.close();
  await nobodyLeft();
});

/** As /metrics would say it. */
const nobodyLeft = () => expect.poll(async () => (await metrics.webSockets.get()).values[0]?.value ?? 0, { timeout: 5_000 }).toBe(0);

const address = () => `${served.url.replace('http', 'ws')}/api/v1/rpc`;
function openSocket(headers: Record<string, string> = { authorization: `Bearer ${server().token}` }, url = address()): WebSocket {
  const socket = new WebSocket(url, { headers });
  sockets.push(socket);
  return socket;
}
async function connect(headers?: Record<string, string>): Promise<{ socket: WebSocket; client: Client }> {
  const socket = openSocket(headers);
  await once(socket, 'open');
  return { socket, client: createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })) };
}
/** Status of a refused upgrade, and the field that it names. */
function refusal(socket: WebSocket): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', reject);
    socket.on('unexpected-response', async (_request, response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve([response.statusCode ?? 0, JSON.parse(text).data.issues[0].field]);
    });
  });
}
const closing = async (socket: WebSocket) => {
  const [code, reason] = await once(socket, 'close');
  return [code, String(reason)];
};

test('requests are answered, many at once, each with its own answer', async () => {
  await start();
  const { client } = await connect();
  const texts = Array.from({ length: 1_000 }, (_, n) => `text ${n}`);
  expect(await Promise.all(texts.map((text) => client.echo({ text })))).toEqual(texts);
});

test('wrong input is answered with its field, and the connection goes on', async () => {
  await start();
  const { client } = await connect();
  await expect(client.echo({ text: 7 as unknown as string })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    data: { issues: [{ field: 'text' }] },
  });
  expect(await client.echo({ text: 'on' })).toBe('on');
});

test('who comes without a valid token, from a foreign page or to another address is refused in words', async () => {
  await start();
  const authorization = `Bearer ${server().token}`;
  expect(await refusal(openSocket({}))).toEqual([401, 'authorization']);
  expect(await refusal(openSocket({ authorization: 'Bearer ck_wrong' }))).toEqual([401, 'authorization']);
  expect(await refusal(openSocket({ authorization, origin: 'https://evil.example' }))).toEqual([403, 'origin']);
  expect(await refusal(openSocket({ authorization, origin: 'null' }))).toEqual([403, 'origin']);
  expect(await refusal(openSocket({ authorization }, `${served.url.replace('http', 'ws')}/api/v1/other`))).toEqual([404, '']);
});

test('a session comes in from a page of ours alone', async () => {
  await start();
  const logIn = await fetch(`${served.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: server().token }),
  });
  const cookie = logIn.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  expect(await refusal(openSocket({ cookie }))).toEqual([403, 'origin']);
  expect(await refusal(openSocket({ cookie, origin: 'https://evil.example' }))).toEqual([403, 'origin']);
  const { client } = await connect({ cookie, origin: served.url });
  expect(await client.echo({ text: 'in' })).toBe('in');
});

test('a refused client that keeps its end open keeps the server from nothing', async () => {
  await start();
  const { port } = served;
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  socket.write(
    `GET /api/v1/rpc HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  );
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 401 /);
  await served.stop();
  socket.destroy();
  await start();
});

test('a revoked token closes its connections at once, and no other', async () => {
  await start();
  const { token, secret } = await server().client.access.tokens.create({ label: 'socket' });
  const { socket } = await connect({ authorization: `Bearer ${secret}` });
  const { client } = await connect();
  const closed = closing(socket);
  await server().client.access.tokens.revoke({ id: token.id });
  expect(await closed).toEqual([4401, 'this token was revoked or has expired']);
  expect(await client.echo({ text: 'still here' })).toBe('still here');
});

test('a disabled user loses connections and running subscriptions', async () => {
  await start();
  const secret = await server().tokenOf('editor');
  const { socket, client } = await connect({ authorization: `Bearer ${secret}` });
  const ticks = await client.ticks({ bytes: 1 });
  await ticks.next();
  const { user } = await server().clientOf(secret).access.me();
  const closed = closing(socket);
  await server().client.access.users.update({ id: user.id, disabled: true });
  expect((await closed)[0]).toBe(4401);
  await expect.poll(() => ended).toBe(1);
});

test('a token that expires closes its connections, also one that only listens', async () => {
  await start({ pingInterval: 50 });
  const { secret } = await server().client.access.tokens.create({ label: 'short', expiresAt: now() + 3_600_000 });
  const { socket, client } = await connect({ authorization: `Bearer ${secret}` });
  await (await client.ticks({ bytes: 1 })).next();
  const closed = closing(socket);
  ahead += 3_600_001;
  expect((await closed)[0]).toBe(4401);
});

test('an event stream over HTTP ends with the token that opened it', async () => {
  await start();
  const { token, secret } = await server().client.access.tokens.create({ label: 'stream' });
  const response = await fetch(`${served.url}/api/v1/ticks?bytes=1`, { headers: { authorization: `Bearer ${secret}` } });
  const reader = response.body!.getReader();
  await reader.read();
  await server().client.access.tokens.revoke({ id: token.id });
  const end = async () => {
    for (;;) if ((await reader.read()).done) return 'done';
  };
  await expect(end()).rejects.toThrow(); // cut off: what has come is not the whole
  await expect.poll(() => ended).toBe(1);
});

test.each([
  ['text that is no JSON', 'hello'],
  ['half a message', '{"i":"1","p":{"u":"/echo"'],
  ['JSON of another kind', '[1,2,3]'],
  ['null', 'null'],
  ['bytes', Buffer.from([0, 255, 254, 1])],
  ['an empty frame', ''],
])('%s closes the connection, and no other', async (_name, frame) => {
  await start();
  const { client } = await connect();
  const { socket } = await connect();
  const closed = closing(socket);
  socket.send(frame);
  expect(await closed).toEqual([1008, 'this message is none of the protocol']);
  expect(await client.echo({ text: 'alive' })).toBe('alive');
});

test('a call to what is not there is answered, and the connection goes on', async () => {
  await start();
  const { client } = await connect();
  await expect((client as unknown as { nothing: () => Promise<unknown> }).nothing()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await client.echo({ text: 'on' })).toBe('on');
});

test('a connection that was paused because much was waiting reads on once that has left', async () => {
  await start();
  const through = await pausableProxy(served.port);
  const socket = openSocket(undefined, `ws://127.0.0.1:${through.port}/api/v1/rpc`);
  await once(socket, 'open');
  const client: Client = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  through.pause();
  const bytes = 40_000_000; // more than the systems between us hold
  const large = client.large({ bytes });
  await expect.poll(() => sent).toBe(1);
  const echo = client.echo({ text: 'asked while it waited' });
  await expect.poll(() => sent).toBe(2);
  through.resume();
  expect([(await large).length, await echo]).toEqual([bytes, 'asked while it waited']);
  expect(await client.echo({ text: 'reads on' })).toBe('reads on');
  through.close();
});

test('a client that reads nothing of its subscription is cut off, and holds little until then', async () => {
  await start({ pingInterval: 200 });
  const { socket, client } = await connect();
  const ticks = await client.ticks({ bytes: 1_000_000 });
  await ticks.next();
  const { services } = server();
  const before = process.memoryUsage().rss;
  socket.pause();
  await nobodyLeft();
  // A message waits until the one before it has left: a megabyte or two, and what the system keeps in its own buffers.
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  expect(services.live.size).toBe(0);
  await expect.poll(() => ended).toBe(1);
});

test('a client that asks for much and reads nothing is cut off with 4008', async () => {
  await start({ mostWaiting: 20_000_000 });
  const through = await pausableProxy(served.port);
  const socket = openSocket(undefined, `ws://127.0.0.1:${through.port}/api/v1/rpc`);
  await once(socket, 'open');
  const client: Client = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  through.pause();
  const calls = Array.from({ length: 8 }, () => client.large({ bytes: 8_000_000 }).catch(() => 'cut off'));
  await nobodyLeft();
  through.resume();
  expect(await Promise.all(calls)).toContain('cut off');
  through.close();
});

test('a client that answers pings is kept, however quiet', async () => {
  await start({ pingInterval: 30 });
  const { socket, client } = await connect();
  for (let pings = 0; pings < 5; pings += 1) await once(socket, 'ping');
  expect(await client.echo({ text: 'kept' })).toBe('kept');
});

test('a client that answers no pings is cut off', async () => {
  await start({ pingInterval: 50 });
  const socket = new WebSocket(address(), { autoPong: false, headers: { authorization: `Bearer ${server().token}` } });
  sockets.push(socket);
  expect(await closing(socket)).toEqual([4008, 'this client answers no pings']);
});

test('a client that waits for a slow answer is not taken for one that is gone', async () => {
  await start({ pingInterval: 50 });
  const { socket, client } = await connect();
  const waiting = Array.from({ length: 300 }, () => client.never().catch(() => 'gone')); // so many that no more are read
  for (let pings = 0; pings < 6; pings += 1) await once(socket, 'ping');
  socket.terminate();
  await Promise.all(waiting);
});

test('a server that stops tells every connection, and ends those that do not answer', async () => {
  await start();
  const [one, two] = [await connect(), await connect()];
  const ticks = await one.client.ticks({ bytes: 1 });
  await ticks.next();
  two.socket.pause(); // neither reads nor answers
  const closed = closing(one.socket);
  await served.stop();
  expect(await closed).toEqual([1001, 'the server stops']);
  await expect.poll(() => ended).toBe(1);
  await start();
});

test('a server that stops finishes the requests under way, and takes no more', async () => {
  await start();
  const authorization = `Bearer ${server().token}`;
  const answer = fetch(`${served.url}/api/v1/held`, { headers: { authorization } });
  await expect.poll(() => held.length).toBe(1);
  const stopped = served.stop();
  await expect(fetch(`${served.url}/health`)).rejects.toThrow();
  held.pop()?.();
  expect(await (await answer).json()).toBe('finished');
  await stopped;
  await start();
});

test('a request that comes on an open connection while the server stops is answered, and its connection ends then', async () => {
  await start();
  const socket = connectTcp(served.port, '127.0.0.1');
  let answers = '';
  socket.on('data', (chunk) => {
    answers += chunk;
  });
  const asked = 'GET /health HTTP/1.1\r\nhost: cellkeep\r\n\r\n';
  socket.write(asked);
  await expect.poll(() => answers).toMatch(/^HTTP\/1.1 200 .*keep-alive/s);
  const stopped = served.stop();
  answers = '';
  socket.write(asked);
  await once(socket, 'close');
  expect(answers).toMatch(/^HTTP\/1.1 200 .*connection: close/is);
  await stopped;
  await start();
});

/** Between client and server, so that a test can hold back what the server sends. */
async function pausableProxy(port: number) {
  const upstreams = new Set<Socket>();
  const proxy = createTcpServer((client) => {
    const upstream = connectTcp(port, '127.0.0.1');
    upstreams.add(upstream);
    client.pipe(upstream);
    upstream.on('data', (chunk) => client.write(chunk));
    for (const end of [client, upstream]) {
      end.on('error', () => {});
      end.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    pause: () => {
      for (const upstream of upstreams) upstream.pause();
    },
    resume: () => {
      for (const upstream of upstreams) upstream.resume();
    },
    close: () => proxy.close(),
  };
}
