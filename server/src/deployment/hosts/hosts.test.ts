/** Hosts, releases and the door of one server, with a program for hosts that can be told to misbehave (testHost.ts). */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, EndpointSettings } from '@cellkeep/schema/deployment';
import type { LiveEvent } from '@cellkeep/schema/tracking';
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { testModel } from '../testVersion.ts';
import { testHost } from './testHost.ts';

const server = testServer({
  env: { ...process.env, CELLKEEP_ENDPOINTS: 'on', CELLKEEP_ENDPOINT_PROGRAM: testHost(), CELLKEEP_ENDPOINT_HANGS_AFTER_SECONDS: '5' },
});
const deployment = () => server().client.deployment;
let model = '';
beforeAll(async () => {
  model = await testModel(server(), 6);
});

let made = 0;
async function endpoint({
  description = '',
  settings = {},
  versions = [1],
}: {
  description?: string;
  settings?: Partial<EndpointSettings>;
  versions?: number[];
} = {}) {
  const name = `hosted-${++made}`;
  await deployment().endpoints.create({ name, description, settings });
  for (const version of versions) await release(name, version);
  return name;
}
const release = (name: string, version: number, how: 'replace' | 'canary' | 'shadow' | 'beside' = 'replace', plan?: object) =>
  deployment().releases.create({ endpoint: name, modelName: model, version, how, plan: plan as never });
const get = (name: string) => deployment().endpoints.get({ name });

async function until(name: string, isSo: (endpoint: Endpoint) => boolean, ms = 15_000): Promise<Endpoint> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await get(name);
    if (isSo(found)) return found;
    if (performance.now() > end) throw new Error(`it did not become so: ${JSON.stringify(found)}`);
    await sleep(25);
  }
}
const isReady = ({ state }: Endpoint) => state === 'ready';
const live = ({ releases }: Endpoint) => releases.filter(({ role, weight }) => role === 'live' && weight > 0).map(({ version }) => version);
const isLive = (version: number) => (found: Endpoint) => found.state === 'ready' && live(found).join() === String(version);
/** `expect.poll` is not for tests that run beside each other. */
async function becomes<T>(look: () => Promise<T> | T, wanted: T): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (isDeepStrictEqual(await look(), wanted)) return;
    await sleep(25);
  }
  expect(await look()).toEqual(wanted);
}
const isGone = (pid: number) => becomes(() => isAlive(pid), false);
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
const ask = (name: string, path = '/invocations', init: RequestInit = {}) => {
  const headers = new Headers(init.headers);
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${server().token}`);
  return fetch(`${server().url}/endpoints/${name}${path}`, { method: 'POST', body: '[]', ...init, headers });
};
const logsOf = async (name: string) => (await deployment().endpoints.logs({ name })).lines.map(({ text }) => text);

describe.concurrent('hosts of an endpoint', () => {
  test('start with its first release, listen on its port, and are told to whoever watches', async () => {
    const { client, close } = await server().connect();
    const events: LiveEvent[] = [];
    const abort = new AbortController();
    const watching = client.tracking.watch({ deployment: true } as never, { signal: abort.signal }).then(async (stream) => {
      for await (const event of stream) events.push(event as LiveEvent);
    });
    const name = await endpoint({ settings: { replicas: 2 } });
    const { hosts, directUrl } = await until(name, isLive(1));
    expect(hosts).toHaveLength(2);
    expect(new Set(hosts.map(({ address }) => `http://${address}`))).toEqual(new Set([directUrl]));
    expect(hosts.map(({ state, restarts, endpoint: of }) => [state, restarts, of])).toEqual([
      ['ready', 0, name],
      ['ready', 0, name],
    ]);
    await becomes(() => new Set(events.map(({ type }) => type)), new Set(['hello', 'endpoint', 'release', 'host']));
    await becomes(() => events.some((event) => event.type === 'endpoint' && event.endpoint.state === 'ready'), true);
    abort.abort();
    await watching.catch(() => {});
    await close();
  });

  test('are as many as are wanted, more or fewer, and none when it is stopped', async () => {
    const name = await endpoint();
    await until(name, isReady);
    await deployment().endpoints.update({ name, settings: { replicas: 3 } });
    const { hosts } = await until(name, (found) => found.hosts.length === 3 && isReady(found));
    await deployment().endpoints.update({ name, settings: { replicas: 1 } });
    const { hosts: left } = await until(name, (found) => found.hosts.length === 1);
    expect(hosts.map(({ id }) => id)).toContain(left[0]?.id);
    await deployment().endpoints.update({ name, wanted: 'stopped' });
    await until(name, (found) => found.hosts.length === 0 && found.state === 'stopped');
    for (const { pid } of hosts) await isGone(pid);
    const refused = await ask(name);
    expect([refused.status, (await refused.json()).message]).toEqual([503, `${name} is stopped`]);
    await deployment().endpoints.update({ name, wanted: 'running' });
    await until(name, isLive(1));
  });

  test('of a deleted endpoint answer what they have begun', async () => {
    const name = await endpoint();
    const { hosts } = await until(name, isReady);
    const begun = ask(name, '/invocations?wait=600');
    await sleep(100);
    await deployment().endpoints.delete({ name });
    expect((await begun).status).toBe(200);
    await isGone(hosts[0]?.pid ?? 0);
    expect((await ask(name)).status).toBe(404);
  });
});

describe.concurrent('a host that ends by itself', () => {
  test('is started again and says why; requests in flight get 503; no other endpoint notices', async () => {
    const [name, other] = [await endpoint(), await endpoint()];
    await Promise.all([until(name, isReady), until(other, isReady)]);
    const [before, untouched] = [(await get(name)).hosts[0], (await get(other)).hosts[0]];
    const inFlight = ask(name, '/invocations?wait=5000');
    await sleep(100);
    const crashing = await ask(name, '/crash');
    const broken = await inFlight;
    expect([crashing.status, broken.status]).toEqual([503, 503]);
    expect(broken.headers.get('retry-after')).toBe('1');
    const { hosts } = await until(name, (found) => isReady(found) && found.hosts[0]?.restarts === 1);
    expect(hosts[0]?.id).toBe(before?.id);
    expect(hosts[0]?.pid).not.toBe(before?.pid);
    expect((await ask(name)).status).toBe(200);
    expect(await logsOf(name)).toEqual([
      expect.stringContaining('as it were'),
      expect.stringMatching(/SIGSEGV.*as it were.*started again in 0.5 s/),
    ]);
    expect((await get(other)).hosts[0]).toMatchObject({ pid: untouched?.pid, restarts: 0 });
    expect((await ask(other)).status).toBe(200);
  });

  test('again and again waits longer each time, and the endpoint says so', async () => {
    const name = await endpoint({ description: 'never', versions: [] });
    await server().database.sql`update endpoints set description = 'never' where name = ${name}`;
    const { id } = await release(name, 1);
    const { message } = await until(name, ({ releases }) => releases[0]?.role === 'failed');
    expect(message).toMatch(/its host ended 2 times while it was loaded: .*I will not/);
    expect((await deployment().releases.get({ id })).message).toBe(message);
    await until(name, ({ hosts, state }) => hosts.length === 0 && state === 'failed');
  });

  test('because of a new release takes it back, and what serves goes on', async () => {
    const name = await endpoint({ description: 'crash on 2' });
    await until(name, isLive(1));
    const { id } = await release(name, 2);
    await until(name, ({ releases }) => releases.find((one) => one.id === id)?.role === 'failed');
    await until(name, isLive(1));
    expect((await (await ask(name)).json()).number).toBe(1);
  });

  test('because it took too much memory says how much', async () => {
    const name = await endpoint({ settings: { memoryMiB: 256 } });
    await until(name, isReady);
    await ask(name, '/memory');
    await until(name, (found) => isReady(found) && found.hosts[0]?.restarts === 1);
    expect((await logsOf(name)).join()).toMatch(/it took \d+ MiB of memory, and 256 are allowed/);
  });

  test('is ended where it hangs', async () => {
    const name = await endpoint();
    await until(name, isReady);
    expect((await ask(name, '/loop')).status).toBe(503);
    await until(name, (found) => isReady(found) && found.hosts[0]?.restarts === 1);
    expect((await logsOf(name)).join()).toMatch(/it gave no sign of life for \d+ s/);
  });

  test('is ended where nobody listens at its address any more', async () => {
    const name = await endpoint();
    await until(name, isReady);
    expect((await ask(name, '/deaf')).status).toBe(200);
    await until(name, (found) => isReady(found) && found.hosts[0]?.restarts === 1);
    expect((await logsOf(name)).join()).toMatch(/nobody listens on port \d+/);
  });
});

describe.concurrent('a release', () => {
  test('takes over when every host has it, and the one before stands by for an instant roll-back', async () => {
    const name = await endpoint({ settings: { replicas: 2 } });
    await until(name, isLive(1));
    await release(name, 2);
    const { releases } = await until(name, isLive(2));
    expect(releases.map(({ version, role }) => [version, role])).toEqual([
      [2, 'live'],
      [1, 'standby'],
    ]);
    await becomes(async () => (await (await ask(name)).json()).number, 2);
    await deployment().releases.rollBack({ endpoint: name, reason: 'too late' });
    expect(live(await get(name))).toEqual([1]);
    await becomes(async () => (await (await ask(name)).json()).number, 1);
  });

  test('that a host refuses has failed with the host’s reason, and the traffic stays', async () => {
    const name = await endpoint({ description: 'refuse 2' });
    await until(name, isLive(1));
    const { id } = await release(name, 2);
    await becomes(async () => (await deployment().releases.get({ id })).role, 'failed');
    expect((await deployment().releases.get({ id })).message).toBe('it has no legs');
    const { message, ...rest } = await get(name);
    expect([live({ ...rest, message }), message]).toEqual([[1], 'release 2 failed: it has no legs']);
    expect((await ask(name)).status).toBe(200);
  });

  test('waits while a host has not loaded it, and others overtake it', async () => {
    const name = await endpoint({ description: 'slow 2' });
    await until(name, isLive(1));
    const slow = await release(name, 2);
    await release(name, 3);
    await until(name, isLive(3));
    expect((await deployment().releases.get({ id: slow.id })).role).toBe('starting');
    await deployment().endpoints.update({ name, description: '' });
    await until(name, ({ releases }) => releases.find(({ id }) => id === slow.id)?.role === 'retired');
    expect((await deployment().releases.get({ id: slow.id })).message).toBe('release 3 was made after it and is live already');
  });

  test('of four people at once: the last one is live, and the shares are whole', async () => {
    const name = await endpoint({ versions: [] });
    await Promise.all([1, 2, 3, 4].map((version) => release(name, version)));
    const { releases } = await until(name, (found) => isReady(found) && found.releases.every(({ role }) => role !== 'starting'));
    expect(releases[0]).toMatchObject({ number: 4, role: 'live', weight: 1 });
    expect(releases.reduce((sum, { weight }) => sum + weight, 0)).toBe(1);
  });

  test('as a canary goes its way, and back with the reason', async () => {
    const name = await endpoint();
    await until(name, isLive(1));
    const { id } = await release(name, 2, 'canary', { steps: [0.2, 1], stepSeconds: 1, minRequests: 10, maxErrorShare: 0.1 });
    await until(name, ({ releases }) => releases[0]?.role === 'canary' && releases[0].weight === 0.2);
    await count(id, { requests: 20, serverErrors: 0 });
    await until(name, isLive(2));
    const bad = await release(name, 3, 'canary', { steps: [0.5], stepSeconds: 600, minRequests: 10, maxErrorShare: 0.1 });
    await until(name, ({ releases }) => releases[0]?.role === 'canary');
    await count(bad.id, { requests: 20, serverErrors: 5 });
    const { releases } = await until(name, (found) => found.releases[0]?.role === 'retired');
    expect(releases[0]).toMatchObject({
      role: 'retired',
      message: '5 of 20 answers were errors; 10 % are allowed',
      canary: { verdict: 'rolled-back' },
    });
    const { events } = await server().client.governance.events({ what: 'release.rolled-back' });
    expect(events[0]?.data).toMatchObject({ endpoint: name, release: 3, shares: { 2: 1 } });
  });
});

async function count(releaseId: string, { requests, serverErrors }: { requests: number; serverErrors: number }): Promise<void> {
  const { sql } = server().database;
  await sql`
    insert into traffic_counts (endpoint_id, release_id, at, requests, rows, client_errors, server_errors, rejected, latencies)
    select endpoint_id, id, ${Math.floor(Date.now() / 10_000) * 10_000}, ${requests}, ${requests}, 0, ${serverErrors}, 0, array[${requests}]::bigint[]
    from releases where id = ${releaseId}`;
}

describe.concurrent('an endpoint that nobody asks', () => {
  const asleep = async () => {
    const name = await endpoint({ settings: { idleSeconds: 10 } });
    const { hosts, directUrl } = await until(name, isLive(1));
    await server().database.sql`update endpoints set last_request_at = now() - interval '1 minute' where name = ${name}`;
    await until(name, (found) => found.state === 'asleep' && found.hosts.length === 0);
    await isGone(hosts[0]?.pid ?? 0);
    return { name, directUrl };
  };

  test('sleeps, and the first request wakes it and is answered', async () => {
    const { name } = await asleep();
    const answers = await Promise.all([1, 2, 3].map(() => ask(name)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await until(name, isReady);
  });

  test('is woken at its own address too, by whoever may ask', async () => {
    const { name, directUrl } = await asleep();
    const { secret } = await deployment().endpointTokens.create({ endpoint: name, label: 'shop' });
    const direct = (token: string) =>
      fetch(`${directUrl}/invocations?x=1`, { method: 'POST', body: '[1]', headers: { authorization: `Bearer ${token}` } });
    expect((await direct('cke_wrong')).status).toBe(401);
    expect((await direct('wrong')).status).toBe(401);
    expect((await get(name)).state).toBe('asleep');
    const answer = await direct(secret);
    expect(await answer.json()).toMatchObject({
      path: '/invocations?x=1',
      text: '[1]',
      number: 1,
      headers: { authorization: `Bearer ${secret}` },
    });
    await until(name, isReady);
    expect((await direct(secret)).status).toBe(200);
  });

  test('that does not wake in time says so', async () => {
    const { name } = await asleep();
    await deployment().endpoints.update({ name, settings: { deadlineMs: 1 } });
    await server().database.sql`update endpoints set asleep_at = now(), description = 'never' where name = ${name}`;
    await until(name, (found) => found.hosts.length === 0);
    const late = await ask(name);
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
  });
});

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

  test('of an open endpoint asks for nothing', async () => {
    await deployment().endpoints.update({ name, settings: { access: 'open' } });
    const askAsNobody = () => fetch(`${server().url}/endpoints/${name}/x`, { method: 'POST', body: '[]' });
    await becomes(async () => (await askAsNobody()).status, 200);
    const { headers } = await (await askAsNobody()).json();
    expect(headers['x-cellkeep-caller']).toBe('');
    await deployment().endpoints.update({ name, settings: { access: 'token' } });
    await becomes(async () => (await askAsNobody()).status, 401);
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

test('a port that another program holds is not chosen', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const { ensurePort } = await import('./ports.ts');
  const name = await endpoint({ versions: [] });
  const { id } = await get(name);
  const choose = (ports: { first: number; last: number }) => ensurePort(server().services.sql, id, { ports, listen: '127.0.0.1' });
  await expect(choose({ first: port, last: port })).rejects.toThrow(/no port from \d+ to \d+ is free/);
  taken.close();
  await once(taken, 'close');
  expect(await choose({ first: port, last: port })).toBe(port);
  expect(await choose({ first: 1, last: 1 })).toBe(port);
});
