import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server().url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const linkSecret = () => new URL(server().loginUrl).hash.slice(1);
const failureOf = async (response: Response) => {
  const body = (await response.json()) as { code: string; data: { issues: [{ field: string; reason: string }] } };
  return { status: response.status, code: body.code, ...body.data.issues[0] };
};
/** Cookies by name (but for the port in it), each with its attributes. */
const cookiesOf = (response: Response) =>
  Object.fromEntries(
    response.headers.getSetCookie().map((line) => {
      const [first = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = first.split('=');
      return [name.replace(`_${new URL(server().url).port}`, ''), { value, attributes }];
    }),
  );

test('a token opens a session: one cookie that scripts cannot read, one that they must repeat', async () => {
  const response = await post({ token: server().token });
  const body = await response.json();
  const { cellkeep_session: session, cellkeep_csrf: csrf } = cookiesOf(response);
  expect([response.status, body]).toEqual([201, { user: expect.any(String), csrf: csrf!.value }]);
  expect(session!.attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Lax']));
  expect(csrf!.attributes).toEqual(expect.arrayContaining(['Path=/', 'SameSite=Lax']));
  expect(csrf!.attributes).not.toContain('HttpOnly');
  expect(JSON.stringify(body)).not.toContain(session!.value);
});

test('the secret of the login link logs in as the owner, as often as one likes', async () => {
  for (let times = 0; times < 2; times += 1) expect((await post({ login: linkSecret() })).status).toBe(201);
});

test('the login link carries its secret behind #, where no log and no proxy sees it', () => {
  const { pathname, search, hash } = new URL(server().loginUrl);
  expect([pathname, search, hash.length]).toEqual(['/login', '', 33]);
});

test.each([
  ['an unknown token', { token: 'ck_wrong' }, 401, 'token'],
  ['the link of an earlier start', { login: 'x'.repeat(32) }, 401, 'login'],
  ['an empty token', { token: '' }, 400, 'token'],
  ['a token of a thousand characters and one', { token: 'x'.repeat(1_001) }, 400, 'token'],
  ['a number', { token: 7 }, 400, 'token'],
  ['nothing', {}, 400, expect.any(String)],
  ['both at once', { token: 'a', login: 'b' }, 400, expect.any(String)],
  ['null', null, 400, ''],
  ['a list', [], 400, ''],
])('%s opens none', async (_name, body, status, field) => {
  const response = await post(body);
  expect(response.headers.getSetCookie()).toEqual([]);
  expect(await failureOf(response)).toMatchObject({ status, field });
});

test('a body that is no JSON, of another kind or too large is refused in words', async () => {
  expect(await failureOf(await post('{"token":'))).toMatchObject({ status: 400, reason: 'the body is no JSON from line 1, column 10 on' });
  expect(await failureOf(await post('token=x', { 'content-type': 'application/x-www-form-urlencoded' }))).toMatchObject({ status: 400 });
  expect(await failureOf(await post({ token: 'x'.repeat(20_000) }))).toMatchObject({
    status: 413,
    reason: expect.stringContaining('10000'),
  });
});

test('a foreign page logs nobody in', async () => {
  expect(await failureOf(await post({ token: server().token }, { origin: 'https://evil.example' }))).toMatchObject({
    status: 403,
    field: 'origin',
  });
  expect((await post({ token: server().token }, { origin: server().url })).status).toBe(201);
});

test('behind a proxy with https and a path, the cookies are for that alone', async () => {
  const response = await post({ token: server().token }, { 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/user/ada/cellkeep' });
  for (const { attributes } of Object.values(cookiesOf(response))) {
    expect(attributes).toEqual(expect.arrayContaining(['Secure', 'Path=/user/ada/cellkeep/']));
  }
});

test.each(['/a;Domain=evil.example', '/../x', '//evil.example', '/a b', 'x'.repeat(2_000)])(
  'a proxy path like %s is not taken',
  async (prefix) => {
    const response = await post({ token: server().token }, { 'x-forwarded-prefix': prefix });
    for (const { attributes } of Object.values(cookiesOf(response))) expect(attributes).toContain('Path=/');
  },
);

test('logging out ends the session for good and takes the cookies away', async () => {
  const opened = await post({ login: linkSecret() });
  const cookies = cookiesOf(opened);
  const cookie = Object.entries(cookies)
    .map(([name, { value }]) => `${name}=${value}`)
    .join('; ');
  const headers = { cookie, origin: server().url, 'x-csrf-token': cookies.cellkeep_csrf!.value };
  const me = () => fetch(`${server().url}/api/v1/me`, { headers: { cookie } }).then(({ status }) => status);
  expect(await me()).toBe(200);

  const without = await fetch(`${server().url}/api/v1/session`, { method: 'DELETE', headers: { cookie, origin: server().url } });
  expect([without.status, await me()]).toEqual([403, 200]);

  const closed = await fetch(`${server().url}/api/v1/session`, { method: 'DELETE', headers });
  expect([closed.status, Object.values(cookiesOf(closed)).map(({ value }) => value)]).toEqual([204, ['', '']]);
  expect(await me()).toBe(401);
});

test('logging out also ends an earlier session under the name without a port, and leaves the one of another server', async () => {
  const { port } = new URL(server().url);
  const secretOf = async () => cookiesOf(await post({ login: linkSecret() })).cellkeep_session!.value;
  const [earlier, later] = [await secretOf(), await secretOf()];
  const logOut = async (cookie: string) => {
    const authorization = `Bearer ${server().token}`; // the right to ask comes from elsewhere, so that no word need be repeated
    const closed = await fetch(`${server().url}/api/v1/session`, { method: 'DELETE', headers: { cookie, authorization } });
    return [closed.status, ...closed.headers.getSetCookie().map((line) => line.split(';')[0])];
  };
  const named = (suffix: string) => [`cellkeep_session${suffix}=`, `cellkeep_csrf${suffix}=`];
  const cookie = `cellkeep_session=${earlier}; cellkeep_session_${port}=${later}; cellkeep_session_1=of another server`;
  expect(await logOut(cookie)).toEqual([204, ...named(`_${port}`), ...named('')]);
  for (const secret of [earlier, later]) {
    const answer = await fetch(`${server().url}/api/v1/me`, { headers: { cookie: `cellkeep_session=${secret}` } });
    expect(answer.status).toBe(401);
  }
  expect(await logOut(`cellkeep_session=of another server; cellkeep_session_${port}=${later}`)).toEqual([204, ...named(`_${port}`)]);
});

test('servers at two ports of one host have cookies of their own; where the browser sees no port, the names have none', async () => {
  const namesAt = async (headers: Record<string, string>) =>
    (await post({ login: linkSecret() }, headers)).headers.getSetCookie().map((line) => line.split('=')[0]);
  const { port } = new URL(server().url);
  expect(await namesAt({})).toEqual([`cellkeep_session_${port}`, `cellkeep_csrf_${port}`]);
  expect(await namesAt({ 'x-forwarded-host': 'hub.example:8443, inner:5000' })).toEqual(['cellkeep_session_8443', 'cellkeep_csrf_8443']);
  expect(await namesAt({ 'x-forwarded-host': 'hub.example' })).toEqual(['cellkeep_session', 'cellkeep_csrf']);
  expect(await namesAt({ 'x-forwarded-host': ':1', origin: server().url })).toEqual([`cellkeep_session_${port}`, `cellkeep_csrf_${port}`]);

  const [first = ''] = (await post({ login: linkSecret() })).headers.getSetCookie();
  const secret = first.split(';')[0]?.split('=')[1];
  const statusWith = (cookie: string) => fetch(`${server().url}/api/v1/me`, { headers: { cookie } }).then(({ status }) => status);
  expect(await statusWith(`cellkeep_session_1=other; cellkeep_session_${port}=${secret}`)).toBe(200);
  expect(await statusWith(`cellkeep_session=${secret}`)).toBe(200);
  expect(await statusWith(`cellkeep_session_1=${secret}`)).toBe(401);
});
