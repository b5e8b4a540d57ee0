import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer, whileDeaf } from '../../testing/index.ts';
import { becomes, hosted, hostedEnv, isReady } from '../hosts/testHosted.ts';

const server = testServer({ env: hostedEnv() });
const { ask, deployment, endpoint, until } = hosted(server);

describe('the door', () => {
  let name = '';
  beforeAll(async () => {
    name = await endpoint({ settings: { maxBodyBytes: 2_000 } });
    await until(name, isReady);
  });

  test('names the caller to the host, and hands on neither our token nor our cookies', async () => {
    const answer = await ask(name, '/v2/models/m/infer?a=%20b', {
      headers: {
        cookie: 'cellkeep_session=x; other=y',
        'x-own': 'kept',
        'x-cellkeep-door': 'forged',
        'x-cellkeep-caller': 'somebody else',
        connection: 'close, x-own-hop',
        'x-own-hop': '1',
      },
    });
    const { path, headers, text } = await answer.json();
    expect([path, text, headers['x-own']]).toEqual(['/v2/models/m/infer?a=%20b', '[]', 'kept']);
    expect(headers['x-cellkeep-caller']).toBe((await server().client.access.me()).user.name);
    const [row] = await server().database.sql`select door_secret as secret from endpoints where name = ${name}`;
    expect(headers['x-cellkeep-door']).toBe(row?.secret);
    expect(headers['x-forwarded-prefix']).toBe(`/endpoints/${name}`);
    expect(Object.keys(headers)).not.toContain('cookie');
    expect(Object.keys(headers)).not.toContain('authorization');
    expect(JSON.stringify(headers)).not.toContain(server().token);
  });

  test('lets a token of the endpoint through for the host to judge', async () => {
    const { headers } = await (await ask(name, '/', { headers: { authorization: 'Bearer cke_anything' } })).json();
    expect([headers.authorization, headers['x-cellkeep-door']]).toEqual(['Bearer cke_anything', undefined]);
  });

  test('leads to hosts that know nothing of the server’s environment, nor of the database on their command line', async () => {
    const { env, args, pid } = await (await ask(name)).json();
    expect(env.filter((key: string) => /DATABASE|TOKEN|SECRET|CELLKEEP/.test(key))).toEqual([]);
    expect(args).toEqual([]);
    for (const part of ['cmdline', 'environ']) expect(readFileSync(`/proc/${pid}/${part}`, 'utf8')).not.toContain(server().database.url);
  });

  test('sets no cookie and no policy of a host’s', async () => {
    const { headers } = await ask(name);
    expect([headers.get('set-cookie'), headers.get('location')]).toEqual([null, null]);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect([headers.get('x-cellkeep-prediction-id'), headers.get('x-content-type-options')]).toEqual(['p1', 'nosniff']);
  });

  test('streams the answer as it comes', async () => {
    const reader = (await ask(name, '/stream')).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('one ');
    expect((await reader?.read())?.value).toBe('two');
  });

  test.each([
    ['no token', { authorization: 'Basic Og==' }, 401],
    ['a token that is unknown', { authorization: 'Bearer ck_unknown' }, 401],
  ])('is closed to %s', async (_, headers, status) => {
    expect((await ask(name, '/', { headers: headers as never })).status).toBe(status);
    expect((await ask('nowhere', '/', { headers: headers as never })).status).toBe(status);
  });

  test('is open to a session of our own page with its word, and to no foreign page', async () => {
    const login = await fetch(`${server().url}/api/v1/session`, {
      method: 'POST',
      body: JSON.stringify({ token: server().token }),
      headers: { 'content-type': 'application/json' },
    });
    const { csrf } = await login.json();
    const cookie = login.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const send = async (headers: Record<string, string>) => {
      const sent = httpRequest(`${server().url}/endpoints/${name}/x`, { method: 'POST', headers: { cookie, ...headers } });
      sent.end('[]');
      const [answer] = await once(sent, 'response');
      answer.resume();
      return answer.statusCode;
    };
    expect(await send({ origin: server().url, 'x-csrf-token': csrf })).toBe(200);
    expect(await send({ origin: server().url })).toBe(403);
    expect(await send({ origin: 'https://evil.example', 'x-csrf-token': csrf })).toBe(403);
    expect(await send({ 'x-csrf-token': csrf })).toBe(403);
  });

  test('of an open endpoint asks for nothing; of one that is closed or deleted it knows before the answer, also where the notice is late', async () => {
    const askAsNobody = () => fetch(`${server().url}/endpoints/${name}/x`, { method: 'POST', body: '[]' });
    const gone = await endpoint();
    await until(gone, isReady);
    expect((await ask(gone)).status).toBe(200);
    await whileDeaf(server().database.sql, async () => {
      await deployment().endpoints.update({ name, settings: { access: 'open' } });
      const answer = await askAsNobody();
      expect(answer.status).toBe(200);
      expect((await answer.json()).headers['x-cellkeep-caller']).toBe('');
      await deployment().endpoints.update({ name, settings: { access: 'token' } });
      expect((await askAsNobody()).status).toBe(401);
      await deployment().endpoints.delete({ name: gone });
      expect((await ask(gone)).status).toBe(404);
    });
  });

  test('takes bodies as large as the endpoint allows, told or not', async () => {
    const chunked = (bytes: number) =>
      ask(name, '/', {
        body: new ReadableStream({
          start: (to) => {
            to.enqueue(new Uint8Array(bytes));
            to.close();
          },
        }),
        duplex: 'half',
      } as never);
    expect((await ask(name, '/', { body: 'x'.repeat(2_000) })).status).toBe(200);
    expect((await ask(name, '/', { body: 'x'.repeat(2_001) })).status).toBe(413);
    expect((await chunked(2_000)).status).toBe(200);
    expect((await chunked(100_000)).status).toBe(413);
  });

  test('cuts an answer whose host ends in the middle of it, rather than make it look whole', async () => {
    const broken = await endpoint();
    await until(broken, isReady);
    await expect(ask(broken, '/half').then((answer) => answer.text())).rejects.toThrow();
  });

  test.each(['/endpoints/', '/endpoints/UPPER/x', '/endpoints/a%2Fb/x', `/endpoints/${'x'.repeat(64)}/x`])(
    'has nothing at %s',
    async (path) => {
      const answer = await fetch(`${server().url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${server().token}` } });
      expect(answer.status).toBe(404);
    },
  );

  test('does not lead to an endpoint of another workspace', async () => {
    const theirs = await endpoint({ versions: [] });
    const other = randomUUID();
    await server().database.sql`insert into workspaces (id, name, created_at) values (${other}, ${other}, now())`;
    await server().database.sql`update endpoints set workspace_id = ${other} where name = ${theirs}`;
    await becomes(async () => (await ask(theirs)).status, 404);
  });
});
