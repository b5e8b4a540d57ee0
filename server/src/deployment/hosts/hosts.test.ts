/** Hosts and releases of one server, with a program for hosts that can be told to misbehave (testHost.ts). */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint, EndpointSettings } from '@cellkeep/schema/deployment';
import type { LiveEvent } from '@cellkeep/schema/tracking';
import { describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { ensurePort } from './ports.ts';
import { becomes, hosted, hostedEnv, isGone, isLive, isReady, live } from './testHosted.ts';

const server = testServer({ env: hostedEnv() });
const { ask, deployment, endpoint, get, logsOf, release, until } = hosted(server);

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

  test('are replaced one after another by a setting that only a start can take, and nobody is turned away', async () => {
    const name = await endpoint({ settings: { replicas: 2 } });
    const { hosts: before } = await until(name, (found) => isReady(found) && found.hosts.length === 2);
    const statuses = new Set<number>();
    let isOver = false;
    const client = (async () => {
      while (!isOver) statuses.add((await ask(name, '/invocations?wait=20')).status);
    })();
    await deployment().endpoints.update({ name, settings: { workers: 2 } });
    const isNew = ({ id }: { id: string }) => before.every((host) => host.id !== id);
    const { hosts } = await until(name, (found) => isReady(found) && found.hosts.length === 2 && found.hosts.every(isNew));
    isOver = true;
    await client;
    expect([...statuses]).toEqual([200]);
    for (const { pid } of before) await isGone(pid);
    // What a host reads for itself replaces none.
    await deployment().endpoints.update({ name, settings: { deadlineMs: 5_000 } });
    expect((await until(name, ({ settings }) => settings.deadlineMs === 5_000)).hosts.map(({ id }) => id)).toEqual(
      hosts.map(({ id }) => id),
    );
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

  test('leaves what it had begun to the other one; what ends that one, too, goes to no third', async () => {
    const name = await endpoint({ settings: { replicas: 2 } });
    const bothAnswer = (ends: number) => (found: Endpoint) =>
      found.hosts.filter(({ state }) => state === 'ready').length === 2 &&
      found.hosts.reduce((sum, { restarts }) => sum + restarts, 0) === ends;
    await until(name, bothAnswer(0));
    const folder = join(tmpdir(), `cellkeep-ended-${randomUUID()}`);
    const answer = await ask(name, `/only-first=${folder}`, { body: '[1]' });
    expect([answer.status, (await answer.json()).text]).toEqual([200, '[1]']);
    rmdirSync(folder); // one has ended
    await until(name, bothAnswer(1));
    expect((await ask(name, '/crash')).status).toBe(503);
    await until(name, bothAnswer(3));
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
  const asleep = async (settings: Partial<EndpointSettings> = {}) => {
    const name = await endpoint({ settings: { idleSeconds: 10, ...settings } });
    const { hosts, directUrl } = await until(name, isLive(1));
    const { sql } = server().database;
    // Again and again: its idleness is counted anew when the server first sees that it answers, which may be after us.
    await becomes(async () => {
      await sql`update endpoints set last_request_at = now() - interval '1 minute' where name = ${name} and asleep_at is null`;
      return (await get(name)).state;
    }, 'asleep');
    await until(name, (found) => found.hosts.length === 0);
    await isGone(hosts[0]?.pid ?? 0);
    return { name, directUrl };
  };

  test('sleeps, and the first request wakes it and is answered', async () => {
    const { name } = await asleep();
    const answers = await Promise.all([1, 2, 3].map(() => ask(name)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await until(name, isReady);
  });

  test('is not put to sleep again while its models load, however long that takes', async () => {
    const { sql } = server().database;
    const { name } = await asleep({ deadlineMs: 120_000 });
    await sql`update endpoints set description = 'hold' where name = ${name}`;
    const answer = ask(name);
    await until(name, (found) => found.state === 'starting' && found.hosts.length === 1);
    await sql`update endpoints set last_request_at = now() - interval '1 minute' where name = ${name}`;
    await asleep(); // Another one that was made, loaded and put to sleep meanwhile: this one was looked at too.
    expect((await get(name)).state).toBe('starting');
    await sql`update endpoints set description = '' where name = ${name}`;
    expect((await answer).status).toBe(200);
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

test('an endpoint whose port another program has taken gets another one', async () => {
  const name = await endpoint({ versions: [] });
  const { id } = await get(name);
  const port = await ensurePort(server().services.sql, id, { ports: { first: 29_000, last: 29_999 }, listen: '127.0.0.1' });
  const other = createServer();
  other.listen({ port, host: '127.0.0.1', exclusive: true });
  await once(other, 'listening');
  await release(name, 1);
  const { hosts } = await until(name, isLive(1));
  expect(hosts[0]?.address).not.toBe(`127.0.0.1:${port}`);
  expect((await logsOf(name)).join()).toMatch(/ended with code 1: Error: listen EADDRINUSE/);
  other.close();
});

test('a port that another program holds is not chosen', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const name = await endpoint({ versions: [] });
  const { id } = await get(name);
  const choose = (ports: { first: number; last: number }) => ensurePort(server().services.sql, id, { ports, listen: '127.0.0.1' });
  await expect(choose({ first: port, last: port })).rejects.toThrow(/no port from \d+ to \d+ is free/);
  taken.close();
  await once(taken, 'close');
  expect(await choose({ first: port, last: port })).toBe(port);
  expect(await choose({ first: 1, last: 1 })).toBe(port);
});
