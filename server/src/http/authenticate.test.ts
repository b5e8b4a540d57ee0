import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const ahead = 0;
const server = testServer({ now: () => Date.now() + ahead });

const ask = (path: string, init: RequestInit = {}) => fetch(`${server().url}${path}`, init);
const me = (headers: Record<string, string>) => ask('/api/v1/me', { headers });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const statusOf = async (answer: Promise<Response>) => (await answer).status;
const failureOf = async (answer: Promise<Response>) => {
  const response = await answer;
  const body = (await response.json()) as { code: string; data: { issues: [{ field: string }] } };
  return [response.status, body.code, body.data.issues[0].field];
};

interface Session {
  cookie: string;
  csrf: string;
}
async function logIn(body: object = { token: server().token }): Promise<Session> {
  const response = await ask('/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { cookie, csrf: ((await response.json()) as { csrf: string }).csrf };
}
/** A change, as a page of ours makes it; what is given replaces or (undefined) leaves out a header. */
function change(session: Session, given: Record<string, string | undefined> = {}) {
  const all = { 'content-type': 'application/json', cookie: session.cookie, origin: server().url, 'x-csrf-token': session.csrf, ...given };
  const headers = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return ask('/api/v1/users', { method: 'POST', headers, body: JSON.stringify({ name: crypto.randomUUID() }) });
}

test('a token is taken as Bearer, and as the password of Basic whatever the name', async () => {
  const { token } = server();
  for (const authorization of [
    `Bearer ${token}`,
    `bearer  ${token}`,
    `Basic ${base64(`anybody:${token}`)}`,
    `Basic ${base64(`:${token}`)}`,
  ]) {
    expect(await statusOf(me({ authorization })), authorization).toBe(200);
  }
});

test.each([
  ['nothing', {}],
  ['an unknown token', { authorization: 'Bearer ck_wrong' }],
  ['a token without its scheme', { authorization: 'ck_wrong' }],
  ['another scheme', { authorization: 'Digest username="x"' }],
  ['a scheme alone', { authorization: 'Bearer' }],
  ['an unknown password', { authorization: `Basic ${base64('owner:ck_wrong')}` }],
  ['no base64 at all', { authorization: 'Basic ???' }],
  ['an unknown session', { cookie: 'cellkeep_session=wrong' }],
  ['an empty session', { cookie: 'cellkeep_session=' }],
  ['a cookie of somebody else', { cookie: 'session=x; cellkeep_sessionx=y' }],
])('%s opens nothing, and the answer says how to come in', async (_name, headers: Record<string, string>) => {
  const response = await me(headers);
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="cellkeep"']);
  expect(await failureOf(me(headers))).toEqual([401, 'UNAUTHORIZED', 'authorization']);
});

test('part of a token, or more than it, is no token', async () => {
  const { token } = server();
  for (const wrong of [token.slice(0, -1), `${token}x`, token.toUpperCase()]) {
    expect(await statusOf(me({ authorization: `Bearer ${wrong}` }))).toBe(401);
  }
});

test('every address below /api/v1 but the session and the docs page asks who is there, also one that does not exist', async () => {
  const paths = ['me', 'users', 'tokens', 'events', 'lineage', 'openapi.json', 'experiments', 'no/such/path', 'runs/x/artifacts/files/y'];
  for (const path of paths) expect(await statusOf(ask(`/api/v1/${path}`)), path).toBe(401);
});

test('a token in the address is none: addresses are logged and shared', async () => {
  expect(await statusOf(ask(`/api/v1/me?token=${server().token}&access_token=${server().token}`))).toBe(401);
});

test('a wrong token is not helped by a valid cookie beside it', async () => {
  const { cookie } = await logIn();
  expect(await statusOf(me({ authorization: 'Bearer ck_wrong', cookie }))).toBe(401);
});

test('a session reads with its cookie alone', async () => {
  const { cookie } = await logIn();
  expect(await statusOf(me({ cookie }))).toBe(200);
});

test('a session changes things from a page of ours that repeats its word', async () => {
  expect(await statusOf(change(await logIn()))).toBe(201);
});

test.each([
  ['no x-csrf-token', { 'x-csrf-token': undefined }, 'x-csrf-token'],
  ['a wrong x-csrf-token', { 'x-csrf-token': 'guess' }, 'x-csrf-token'],
  ['no Origin', { origin: undefined }, 'origin'],
  ['a foreign Origin', { origin: 'https://evil.example' }, 'origin'],
  ['our host on another port', { origin: 'http://127.0.0.1:1' }, 'origin'],
  ['the Origin of a sandboxed frame', { origin: 'null' }, 'origin'],
])('a session with %s changes nothing', async (_name, headers, field) => {
  const session = await logIn();
  const before = (await server().client.access.users.list()).users.length;
  expect(await failureOf(change(session, headers))).toEqual([403, 'FORBIDDEN', field]);
  expect((await server().client.access.users.list()).users).toHaveLength(before);
});

test("another session's word does not fit", async () => {
  const [one, two] = [await logIn(), await logIn()];
  expect(await failureOf(change(one, { 'x-csrf-token': two.csrf }))).toEqual([403, 'FORBIDDEN', 'x-csrf-token']);
});

test("behind a proxy a page of the proxy's address is ours", async () => {
  const session = await logIn();
  const host = { origin: 'https://hub.example', 'x-forwarded-host': 'hub.example' };
  expect(await statusOf(change(session, host))).toBe(201);
  expect(await statusOf(change(session, { ...host, 'x-forwarded-host': 'inner, hub.example' }))).toBe(201);
  expect(await statusOf(change(session, { ...host, 'x-forwarded-host': 'nothub.example' }))).toBe(403);
});

test('a token changes things without Origin and CSRF; from a foreign page it does not, since a proxy may have added it', async () => {
  const session = { cookie: '', csrf: '' };
  const authorization = `Bearer ${server().token}`;
  const own = { authorization, 'x-csrf-token': undefined, cookie: undefined };
  expect(await statusOf(change(session, { ...own, origin: undefined }))).toBe(201);
  expect(await statusOf(change(session, { ...own, origin: server().url }))).toBe(201);
  expect(await failureOf(change(session, { ...own, origin: 'https://evil.example' }))).toEqual([403, 'FORBIDDEN', 'origin']);
});

test('no answer allows another origin to read it', async () => {
  const preflight = await ask('/api/v1/me', {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
  });
  const answer = await me({ authorization: `Bearer ${server().token}`, origin: 'https://evil.example' });
  for (const { headers } of [preflight, answer]) expect(headers.get('access-control-allow-origin')).toBeNull();
});

test('a session ends with its token', async () => {
  const { token, secret } = await server().client.access.tokens.create({ label: 'browser' });
  const { cookie } = await logIn({ token: secret });
  expect(await statusOf(me({ cookie }))).toBe(200);
  await server().client.access.tokens.revoke({ id: token.id });
  expect(await statusOf(me({ cookie }))).toBe(401);
});
