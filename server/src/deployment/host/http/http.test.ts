import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { httpRefusal } from '../refusal.ts';
import type { HttpOwner, HttpRequest } from './connection.ts';
import { type HttpServer, serveHttp } from './serveHttp.ts';

let server: HttpServer;
let seen: string[] = [];
let handle: (request: HttpRequest) => void;
let admit: HttpOwner['admit'];
let ahead = 0;

const echo = (request: HttpRequest) => {
  const { method, path, query } = request.head;
  const body = request.body.toString('latin1');
  seen.push(`${method} ${path}${query && `?${query}`} ${body}`.trim());
  request.answer({ status: 200, contentType: 'text/plain', body: `[${body}]` });
};

beforeAll(async () => {
  server = await serveHttp({
    host: '127.0.0.1',
    port: 0,
    reusePort: false,
    handle: (request) => handle(request),
    admit: (head) => admit(head),
    refuse: httpRefusal,
    maxBody: () => 1_000,
    now: () => Date.now() + ahead,
  });
});
beforeEach(() => {
  ahead = 0;
  seen = [];
  handle = echo;
  admit = () => null;
});
afterAll(() => server.drain({ answered: 100, taken: 100 }));

async function open(): Promise<{ socket: Socket; text: () => string; closed: Promise<unknown> }> {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  let text = '';
  socket.setEncoding('latin1').on('data', (piece) => {
    text += piece;
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return { socket, text: () => text, closed };
}

/** Sends it in pieces, says no more, and waits until the server has closed. */
async function exchange(...pieces: string[]): Promise<string> {
  const { socket, text, closed } = await open();
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  await closed;
  return text();
}
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
const post = (body: string, headers = `content-length: ${body.length}\r\n`) =>
  `POST /predict?a=1 HTTP/1.1\r\nhost: x\r\n${headers}\r\n${body}`;
const chunked = 'transfer-encoding: chunked\r\n';

test('requests of one connection are answered in their order, also those that were sent ahead', async () => {
  const text = await exchange(post('one') + post('two') + post('3\r\nabc\r\n0\r\n\r\n', chunked) + post('four'));
  expect(text.match(/\[.*?\]/g)).toEqual(['[one]', '[two]', '[abc]', '[four]']);
  expect(seen[0]).toBe('POST /predict?a=1 one');
});

test('an answer that takes its time holds back the next one', async () => {
  const waiting: HttpRequest[] = [];
  handle = (request) => void waiting.push(request);
  const { socket, text, closed } = await open();
  socket.write(post('one') + post('two'));
  await expect.poll(() => waiting.length).toBe(1);
  await sleep(20);
  expect(waiting.length).toBe(1);
  waiting[0]!.answer({ status: 200, contentType: 'text/plain', body: 'first' });
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]!.answer({ status: 200, contentType: 'text/plain', body: 'é' });
  await expect.poll(text).toContain('content-length: 2');
  socket.destroy();
  await closed;
});

test.each<[string, string, number]>([
  ['length and chunks at once', post('0\r\n\r\n', `content-length: 5\r\n${chunked}`), 400],
  ['chunks and then a length', post('0\r\n\r\n', `${chunked}content-length: 5\r\n`), 400],
  ['two lengths', post('abc', 'content-length: 3\r\ncontent-length: 3\r\n'), 400],
  ['two lengths in one header', post('abc', 'content-length: 3, 3\r\n'), 400],
  ['a length with a sign', post('abc', 'content-length: +3\r\n'), 400],
  ['a length in hexadecimal', post('abc', 'content-length: 0x3\r\n'), 400],
  ['a length that is none', post('abc', 'content-length: \r\n'), 400],
  ['a huge length', post('abc', 'content-length: 99999999999999999999\r\n'), 400],
  ['a length over the limit', post('abc', 'content-length: 1001\r\n'), 413],
  ['an unknown coding', post('abc', 'transfer-encoding: gzip, chunked\r\n'), 501],
  ['a coding that only looks chunked', post('abc', 'transfer-encoding: xchunked\r\n'), 501],
  ['a coding twice', post('0\r\n\r\n', chunked + chunked), 400],
  ['a vertical tab before the coding', post('0\r\n\r\n', 'transfer-encoding:\u000bchunked\r\n'), 400],
  ['a blank before the colon', post('0\r\n\r\n', 'transfer-encoding : chunked\r\n'), 400],
  ['a folded header', post('', 'a: b\r\n c: d\r\n'), 400],
  ['a bare line feed', 'POST / HTTP/1.1\nhost: x\ncontent-length: 3\r\n\r\nabc', 400],
  ['a line feed within a header', post('', 'a: b\ncontent-length: 3\r\n'), 400],
  ['a NUL', post('', 'a: b\u0000\r\n'), 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two hosts', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', 400],
  ['another protocol', 'GET / HTTP/2.0\r\nhost: x\r\n\r\n', 400],
  ['no protocol', 'GET /\r\n\r\n', 400],
  ['two blanks', 'GET  / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ['no path', 'GET x HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ['chunks of HTTP/1.0', `POST / HTTP/1.0\r\n${chunked}\r\n0\r\n\r\n`, 400],
  ['an expectation that nobody meets', post('', 'expect: tea\r\n'), 417],
  ['a chunk without a size', post('\r\n\r\n', chunked), 400],
  ['a chunk of a negative size', post('-1\r\n\r\n', chunked), 400],
  ['a chunk of a size that overflows', post('FFFFFFFFF\r\n\r\n', chunked), 400],
  ['a chunk over the limit', post('3e9\r\n', chunked), 413],
  ['chunks over the limit together', post(`3e8\r\n${'x'.repeat(1_000)}\r\n1\r\n`, chunked), 413],
  ['a chunk that is longer than it said', post('1\r\nab\r\n0\r\n\r\n', chunked), 400],
  ['a chunk that ends with a bare line feed', post('1\na\r\n0\r\n\r\n', chunked), 400],
  ['more between chunks than within them', post(`1;${'x'.repeat(200)}\r\na\r\n`.repeat(400), chunked), 400],
  ['an endless extension', post(`1;${'x'.repeat(300)}`, chunked), 400],
  ['a malformed trailer', post('0\r\na b\r\n\r\n', chunked), 400],
  ['too large a head', `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['too many headers', `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(101)}\r\n`, 431],
])('%s is refused, and what follows is no request', async (_what, bytes, status) => {
  const text = await exchange(`${bytes}GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n`);
  expect(statuses(text)).toEqual([status]);
  expect(text).toMatch(/connection: close\r\n/);
  expect(seen).toEqual([]);
});

test('what may be written in several ways is read in each', async () => {
  expect(statuses(await exchange('\r\nGET / HTTP/1.1\r\nHOST:x\r\n\r\n'))).toEqual([200]);
  expect(statuses(await exchange('GET http://host:1/there?x HTTP/1.1\r\nhost: x\r\n\r\n'))).toEqual([200]);
  expect(statuses(await exchange(post('A ;a="b"\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n', 'Transfer-Encoding: Chunked\r\n')))).toEqual([
    200,
  ]);
  expect(statuses(await exchange(`${post('a').replace('1.1', '1.0')}${post('b')}`))).toEqual([200]); // HTTP/1.0 closes
  expect(seen).toEqual(['GET /', 'GET /there?x', 'POST /predict?a=1 0123456789', 'POST /predict?a=1 a']);
});

test('a client that asks before it sends is told to go on; HEAD has no body', async () => {
  const { socket, text, closed } = await open();
  socket.write(post('', 'content-length: 3\r\nexpect: 100-continue\r\n'));
  await expect.poll(text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('abc');
  await expect.poll(text).toContain('[abc]');
  socket.end('HEAD / HTTP/1.1\r\nhost: x\r\n\r\n');
  await closed;
  expect(text()).toMatch(/content-length: 2\r\n\r\n$/);
});

const stop = { status: 401, contentType: 'text/plain', body: 'who are you?' };
test.each<[string, string, HttpOwner['admit']]>([
  ['a body', post('a part', 'content-length: 900\r\n'), () => stop],
  ['chunks', post('3\r\nabc\r\n', chunked), () => stop],
  ['a body, after a look', post('a part', 'content-length: 900\r\n'), async () => stop],
  ['a body that was only announced', post('', 'content-length: 900\r\nexpect: 100-continue\r\n'), () => stop],
])('who may not ask is told so before %s has come', async (_what, bytes, judge) => {
  admit = judge;
  const { socket, text, closed } = await open();
  socket.write(bytes);
  await expect.poll(text).toMatch(/^HTTP\/1\.1 401 .*connection: close\r\n.*who are you\?$/s);
  socket.end('GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n');
  await closed;
  expect([seen, statuses(text())]).toEqual([[], [401]]);
});

test('what comes while somebody looks who asks is read afterwards', async () => {
  const looks: ((reply: null) => void)[] = [];
  admit = () => new Promise((resolve) => looks.push(resolve));
  const { socket, text, closed } = await open();
  socket.write(post('one, ', 'content-length: 8\r\n'));
  await expect.poll(() => looks.length).toBe(1);
  socket.write(`two${post('three')}`);
  await sleep(20);
  expect([seen, text()]).toEqual([[], '']);
  looks[0]?.(null);
  await expect.poll(() => seen).toEqual(['POST /predict?a=1 one, two', 'POST /predict?a=1 three']);
  socket.write(post('never', 'content-length: 8\r\n'));
  await expect.poll(() => looks.length).toBe(2);
  socket.end();
  await sleep(20);
  looks[1]?.(null); // says no more, and the body is not there
  await closed;
  expect(statuses(text())).toEqual([200, 200]);
});

test('a request means the same however its bytes are cut', async () => {
  const bodies = fc.array(fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', '{', 'é'), maxLength: 60 }), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(bodies, fc.array(fc.nat(400), { maxLength: 6 }), fc.boolean(), async (all, cuts, inChunks) => {
      seen = [];
      const of = (body: string) => {
        if (!inChunks) return post(body);
        const middle = Math.floor(body.length / 2);
        const parts = [body.slice(0, middle), body.slice(middle)].filter((part) => part !== '');
        return post(`${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`, chunked);
      };
      const whole = all.map(of).join('');
      const at = [0, ...[...new Set(cuts.filter((cut) => cut < whole.length))].sort((a, b) => a - b), whole.length];
      const text = await exchange(...at.slice(1).map((end, i) => whole.slice(at[i], end)));
      expect(statuses(text)).toEqual(all.map(() => 200));
      expect(seen).toEqual(all.map((body) => `POST /predict?a=1 ${body}`.trim()));
    }),
    { numRuns: 60 },
  );
});

test('noise is answered with one refusal, or not at all, and harms nobody', async () => {
  const words = fc.constantFrom(
    'GET ',
    '/ ',
    'HTTP/1.1',
    '\r\n',
    '\r\n\r\n',
    'host: x',
    'content-length: 2',
    chunked,
    '0',
    ':',
    ' ',
    '\u0000',
    'ÿ',
    'abc',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 30 }), async (parts) => {
      const found = statuses(await exchange(parts.join('')));
      for (const status of found.slice(0, -1)) expect(status).toBe(200);
    }),
    { numRuns: 100 },
  );
  expect(statuses(await exchange(post('still here')))).toEqual([200]);
});

test('a client that goes away while it is answered, or in the middle of its request, leaves nothing', async () => {
  const waiting: HttpRequest[] = [];
  handle = (request) => void waiting.push(request);
  const first = await open();
  first.socket.write(post('one'));
  await expect.poll(() => waiting.length).toBe(1);
  first.socket.resetAndDestroy();
  await expect.poll(() => waiting[0]!.isGone).toBe(true);
  waiting[0]!.answer({ status: 200, contentType: 'text/plain', body: 'nobody hears it' });
  const second = await open();
  second.socket.write(post('half', 'content-length: 10\r\n'));
  second.socket.end();
  await second.closed;
  await expect.poll(() => server.connections()).toBe(0);
});

test('whoever takes too long is told so and let go, and an idle one is let go without a word', async () => {
  const [head, body, idle] = [await open(), await open(), await open()];
  head.socket.write('GET / HTTP/1.1\r\nho');
  body.socket.write(post('half', 'content-length: 10\r\n'));
  await expect.poll(() => server.connections()).toBe(3);
  await sleep(20);
  ahead = 11_000;
  await head.closed;
  expect(head.text()).toMatch(/^HTTP\/1\.1 408 .*the head of the request did not come in time/s);
  expect([body.text(), idle.text()]).toEqual(['', '']);
  ahead = 40_000;
  await body.closed;
  expect(body.text()).toMatch(/^HTTP\/1\.1 408 .*the body of the request came too slowly/s);
  ahead = 100_000;
  await idle.closed;
  expect(idle.text()).toBe('');
});

const MiB = 1024 * 1024;
const large = { status: 200, contentType: 'text/plain', body: 'x'.repeat(20 * MiB) };

/** A client that takes of its answer only what it is told to. */
async function slowReader(request: string, { port } = server) {
  const socket = connect({ port, host: '127.0.0.1' });
  let taken = 0;
  let [ended, wanted] = [false, 0];
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (piece) => {
    if (taken === 0) text = piece.toString('latin1');
    taken += piece.length;
    if (taken >= wanted) socket.pause();
  });
  socket.once('close', () => {
    ended = true;
  });
  socket.pause();
  await once(socket, 'connect');
  socket.write(request);
  const take = async (bytes: number) => {
    wanted = taken + bytes;
    socket.resume();
    await expect.poll(() => taken >= wanted || ended, { timeout: 10_000 }).toBe(true);
  };
  return { socket, take, taken: () => taken, text: () => text };
}
const closing = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

test.each([
  ['that is to be the last', closing],
  ['of a connection that goes on', closing.replace('close', 'keep-alive')],
])('a large answer %s comes whole, however long a slow client takes', async (_what, request) => {
  handle = ({ answer }) => answer(large);
  const client = await slowReader(request);
  for (let i = 0; i < 2; i++) {
    ahead += 20_000;
    await sleep(600); // somebody looks each half second
    await client.take(4 * MiB);
  }
  await client.take(large.body.length - client.taken());
  expect(client.taken()).toBeGreaterThanOrEqual(large.body.length);
  client.socket.destroy();
});

test('a client that takes nothing more of its answer is let go, and one that talks meanwhile gains no time by it', async () => {
  handle = ({ answer }) => answer(large);
  const [silent, talking] = [await slowReader(closing), await slowReader(closing.replace('close', 'keep-alive'))];
  await silent.take(MiB);
  await talking.take(MiB);
  const later = () => {
    ahead += 20_000;
    talking.socket.write('GET ');
    return server.connections();
  };
  expect(later()).toBe(2);
  await expect.poll(later, { interval: 600, timeout: 10_000 }).toBe(0); // somebody looks each half second
  silent.socket.destroy();
  talking.socket.destroy();
});

const another = (said: string[] = []) =>
  serveHttp({
    ...{ host: '127.0.0.1', port: 0, reusePort: true, maxBody: () => 1_000, refuse: httpRefusal, say: (line) => said.push(line) },
    handle: (request) => handle(request),
    now: () => Date.now() + ahead,
  });

test('draining answers what is under way and takes no more', async () => {
  const other = await another();
  const waiting: HttpRequest[] = [];
  handle = (request) => void waiting.push(request);
  const socket = connect({ port: other.port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  socket.write(post('one'));
  await expect.poll(() => waiting.length).toBe(1);
  const drained = other.drain({ answered: 5_000, taken: 5_000 });
  waiting[0]!.answer({ status: 200, contentType: 'text/plain', body: 'last' });
  await drained;
  expect(text).toContain('connection: close');
  expect(text).toContain('last');
  await expect(fetch(`http://127.0.0.1:${other.port}/`)).rejects.toThrow();
});

test('beyond the deadline a slow client still gets its answer, one that takes nothing is cut off with the reason, and so is a late model', async () => {
  const said: string[] = [];
  const other = await another(said);
  handle = ({ head, answer }) => (head.path === '/late' ? undefined : answer(large));
  const [slow, stalled, late, sending] = await Promise.all([
    slowReader(closing, other),
    slowReader(closing, other),
    slowReader(closing.replace('GET /', 'GET /late'), other),
    slowReader(post('one').slice(0, -1), other),
  ]);
  await expect.poll(() => other.connections()).toBe(4);
  await Promise.all([slow, stalled].map(({ take }) => take(MiB)));
  const drained = other.drain({ answered: 100, taken: 60_000 });
  await late.take(1);
  await sending.take(1_000); // all there is
  expect([late.taken(), sending.text()]).toEqual([0, expect.stringMatching(/ 503 .*retry-after: 1.*this host ends: send it again/s)]);
  while (slow.taken() < large.body.length) {
    ahead += 4_000;
    await slow.take(Math.min(8 * MiB, large.body.length - slow.taken()));
  }
  await drained;
  expect(slow.taken()).toBeGreaterThanOrEqual(large.body.length);
  expect(said).toEqual([
    expect.stringMatching(/^the answer to 127.0.0.1:\d+ was cut off: the model has not answered$/),
    expect.stringMatching(/^the answer to 127.0.0.1:\d+ was cut off, at least \d{5,} bytes of it were left: it took nothing for \d+ s$/),
  ]);
});
