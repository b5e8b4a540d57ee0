import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { limits } from '@cellkeep/schema/wire';
import { afterEach, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();

interface Failed {
  status: number;
  code: string;
  issues: { field: string; reason: string; remedy?: string }[];
}
async function failureOf(answer: Promise<Response>): Promise<Failed> {
  const response = await answer;
  const body = (await response.json()) as Record<string, unknown> & { data: { issues: Failed['issues'] } };
  // One shape for every error, whichever part of the server found it.
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(body).toEqual({
    defined: true,
    code: expect.any(String),
    status: response.status,
    message: expect.any(String),
    data: { issues: body.data.issues },
  });
  for (const issue of body.data.issues) expect(issue).toMatchObject({ field: expect.any(String), reason: expect.stringMatching(/./) });
  return { status: response.status, code: String(body.code), issues: body.data.issues };
}
const post = (path: string, body: BodyInit, type: string | null = 'application/json') =>
  server().fetch(path, {
    method: 'POST',
    body: type === null ? new Blob([body as string]) : body,
    headers: type === null ? {} : { 'content-type': type },
  });
const countUsers = async () => (await server().client.access.users.list()).users.length;

afterEach(async () => {
  expect((await fetch(`${server().url}/health`)).status, 'the server is alive').toBe(200);
});

test.each([
  ['{"name": "x",}', 1, 14],
  ['{"name":\n  undefined}', 2, 3],
  ['{"name": "x"', 1, 13],
])('%j is answered with the place where it stops being JSON', async (body, line, column) => {
  const { status, issues } = await failureOf(post('users', body));
  expect([status, issues[0]?.reason]).toEqual([400, `the body is no JSON from line ${line}, column ${column} on`]);
});

test('a missing body is a missing field, not a fault', async () => {
  expect(await failureOf(server().fetch('users', { method: 'POST' }))).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
});

test.each([
  ['null', ''],
  ['[]', ''],
  ['"x"', ''],
  ['7', ''],
  ['{}', 'name'],
  ['{"name": 7}', 'name'],
  ['{"name": null}', 'name'],
  ['{"name": {"$ne": ""}}', 'name'],
  ['{"name": "x", "role": "god"}', 'role'],
  [`{"name": "${'x'.repeat(300)}"}`, 'name'],
])('%s is refused with its field, and nothing is stored', async (body, field) => {
  const before = await countUsers();
  const { status, code, issues } = await failureOf(post('users', body));
  expect({ status, code, field: issues[0]?.field }).toEqual({ status: 400, code: 'BAD_REQUEST', field });
  expect(await countUsers()).toBe(before);
});

test.each(['[null, null]', 'null', '7'])('%s changes nothing, also where the path alone would do', async (body) => {
  const { id } = await server().client.tracking.runs.create({});
  for (const [method, path] of [
    ['PATCH', `runs/${id}`],
    ['POST', `runs/${id}/log`],
    ['PATCH', 'experiments/0'],
  ] as const) {
    const answer = server().fetch(path, { method, body, headers: { 'content-type': 'application/json' } });
    expect(await failureOf(answer)).toMatchObject({ status: 400, issues: [{ reason: 'the body is JSON, but no object' }] });
  }
});

test('fields that mean nothing change nothing, __proto__ among them', async () => {
  const response = await post(
    'users',
    '{"name": "plain", "role": "viewer", "id": "mine", "__proto__": {"role": "owner"}, "constructor": 1}',
  );
  expect(await response.json()).toMatchObject({ user: { name: 'plain', role: 'viewer', id: expect.not.stringMatching(/^mine$/) } });
  expect(({} as { role?: string }).role).toBeUndefined();
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', 'json'])(
  'a body of type %s is answered 415: only JSON is a request of ours',
  async (type) => {
    const { status, issues } = await failureOf(post('users', '{"name": "x"}', type));
    expect([status, issues[0]?.field]).toEqual([415, 'content-type']);
  },
);

test.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.cellkeep+json', null])(
  'a body of type %s is JSON',
  async (type) => {
    expect((await post('users', JSON.stringify({ name: `of type ${type}` }), type)).status).toBe(201);
  },
);

test('an encoding or charset that we do not know is refused', async () => {
  const send = (headers: Record<string, string>) =>
    server().fetch('users', { method: 'POST', body: '{"name":"x"}', headers: { 'content-type': 'application/json', ...headers } });
  expect(await failureOf(send({ 'content-encoding': 'snail' }))).toMatchObject({ status: 400 });
  expect(await failureOf(send({ 'content-type': 'application/json; charset=klingon' }))).toMatchObject({ status: 400 });
  expect(await failureOf(send({ 'content-encoding': 'gzip' }))).toMatchObject({ status: 400 });
});

test('a body over the limit is answered 413 before it is read', async () => {
  const { url, token } = server();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': limits.jsonBody + 1 };
  const sent = request(`${url}/api/v1/users`, { method: 'POST', headers });
  sent.write('{"name": "');
  const answer = await new Promise<IncomingMessage>((resolve) => sent.on('response', resolve));
  const body = JSON.parse(await text(answer));
  expect([answer.statusCode, body.code, body.data.issues[0].reason]).toEqual([
    413,
    'PAYLOAD_TOO_LARGE',
    expect.stringContaining(String(limits.jsonBody)),
  ]);
  sent.on('error', () => {}); // we cut it off ourselves
  sent.destroy();
});

test('a client that sends all of a body that is refused still comes to the answer, and may go on', async () => {
  const large = Buffer.alloc(limits.jsonBody + 1, ' ');
  expect(await failureOf(post('users', large))).toMatchObject({ status: 413 });
  expect(await failureOf(post('users', large, 'text/plain'))).toMatchObject({ status: 415 });
  expect(await failureOf(post('no/such/thing', large))).toMatchObject({ status: 413 });
});

test('a body that grows over the limit while it is unpacked is refused too', async () => {
  const bomb = gzipSync(Buffer.alloc(limits.jsonBody + 1, ' '));
  expect(bomb.length).toBeLessThan(100_000);
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  expect(await failureOf(server().fetch('users', { method: 'POST', body: bomb, headers }))).toMatchObject({ status: 413 });
});

test('a client that goes away in the middle of its body leaves nothing behind', async () => {
  const before = await countUsers();
  const { port, token } = server();
  const socket = connect(port, '127.0.0.1');
  const head = [
    'POST /api/v1/users HTTP/1.1',
    'host: x',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    'content-length: 100',
  ];
  await new Promise((resolve) => socket.write(`${head.join('\r\n')}\r\n\r\n{"name": "half`, resolve));
  socket.destroy();
  expect(await countUsers()).toBe(before);
});

test('an address that nothing answers is 404 and says where to look', async () => {
  for (const [method, path] of [
    ['GET', 'no/such/thing?x=1'],
    ['PUT', 'me'],
    ['POST', 'users/x/y'],
  ] as const) {
    const { status, code, issues } = await failureOf(server().fetch(path, { method }));
    expect({ status, code, issues }).toEqual({
      ...{ status: 404, code: 'NOT_FOUND' },
      issues: [{ field: '', reason: `nothing answers ${method} /api/v1/${path.split('?')[0]}`, remedy: expect.stringContaining('docs') }],
    });
  }
});

test('an address that cannot be decoded is 400', async () => {
  expect((await server().fetch('docs/%E0%A4%A')).status).toBe(400);
  expect((await server().fetch('tokens/%', { method: 'DELETE' })).status).toBe(400);
});

test.each(['0', '-1', 'x', '1001', '1.5', ''])('limit=%s is refused with its field', async (limit) => {
  expect(await failureOf(server().fetch(`events?limit=${limit}`))).toMatchObject({ status: 400, issues: [{ field: 'limit' }] });
});

test('a cursor of something else is refused with its field', async () => {
  for (const cursor of ['x', '1;drop table events', '9'.repeat(30)]) {
    const answer = server().fetch(`events?cursor=${encodeURIComponent(cursor)}`);
    expect(await failureOf(answer)).toMatchObject({ status: 400, issues: [{ field: 'cursor' }] });
  }
});

test('a request keeps a sane id that it brought, and gets one otherwise', async () => {
  const idOf = async (given: Record<string, string>) =>
    (await fetch(`${server().url}/health`, { headers: given })).headers.get('x-request-id');
  expect(await idOf({ 'x-request-id': 'job-7.step_2' })).toBe('job-7.step_2');
  for (const wrong of ['', 'a b', 'x'.repeat(65), '"><script>', '{jndi}']) {
    expect(await idOf({ 'x-request-id': wrong })).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  }
});

test('every answer forbids browsers what they need not do, errors too', async () => {
  for (const path of ['/health', '/api/v1/me', '/no/such/page', '/api/v1/docs']) {
    const { headers } = await fetch(`${server().url}${path}`);
    expect(Object.fromEntries(headers), path).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'self'/),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
    expect(headers.has('x-powered-by')).toBe(false);
  }
});
