import { randomUUID } from 'node:crypto';
import type { EndpointSettings, Release } from '@cellkeep/schema/deployment';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Client, testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { testModel } from '../testVersion.ts';

const server = testServer({ env: { CELLKEEP_ENDPOINTS: 'off' } });
const deployment = () => server().client.deployment;
const eventsOf = async (subject: string) => (await server().client.governance.events({ subject })).events.map(({ what }) => what);
let made = 0;
const newEndpoint = async (settings: Partial<EndpointSettings> = {}) =>
  (await deployment().endpoints.create({ name: `flights-${++made}`, settings })).name;

let model = '';
beforeAll(async () => {
  model = await testModel(server(), 3);
});
/** A release, as hosts and the server leave it: with this role and share. */
async function placed(endpoint: string, role: Release['role'], weight = 0, how: 'replace' | 'canary' | 'shadow' | 'beside' = 'replace') {
  const { id } = await deployment().releases.create({ endpoint, modelName: model, version: 1, how });
  await server().database.sql`update releases set role = ${role}, weight = ${weight} where id = ${id}`;
  return id;
}
const rolesOf = async (name: string) =>
  (await deployment().endpoints.get({ name })).releases.map(({ number, role, weight }) => [number, role, weight]);

describe('an endpoint', () => {
  test('is empty when it is made, with every setting, and is found by its name', async () => {
    const { id, url, ...rest } = await deployment().endpoints.create({
      name: 'late-flights',
      description: '# Late?',
      settings: { maxRows: 10 },
    });
    expect(url).toBe(`${server().url}/endpoints/late-flights`);
    expect(rest).toMatchObject({ state: 'empty', wanted: 'running', releases: [], hosts: [], directUrl: null, deletedAt: null });
    expect(rest.settings).toMatchObject({ maxRows: 10, replicas: 1, access: 'token', deadlineMs: 30_000 });
    expect(await deployment().endpoints.get({ name: 'late-flights' })).toMatchObject({ id, description: '# Late?' });
    expect(await eventsOf(`endpoint:${id}`)).toEqual(['endpoint.created']);
  });

  test('that is asked for twice is one, and another of its name is refused', async () => {
    const asked = { name: 'twice', description: 'd', settings: { replicas: 2 } };
    const [first, again] = [await deployment().endpoints.create(asked), await deployment().endpoints.create(asked)];
    expect(again.id).toBe(first.id);
    expect(await eventsOf(`endpoint:${first.id}`)).toEqual(['endpoint.created']);
    expect(await refusal(deployment().endpoints.create({ ...asked, settings: { replicas: 3 } }))).toEqual(['CONFLICT', 'name']);
  });

  test.each(['', 'A', '-a', 'a-', 'a.b', 'a/b', '../x', 'a b', "a';--", 'é', 'x'.repeat(64)])('is not named %j', async (name) => {
    expect(await refusal(deployment().endpoints.create({ name }))).toEqual(['BAD_REQUEST', 'name']);
  });

  test('keeps the settings that a change does not name', async () => {
    const name = await newEndpoint({ maxRows: 7, deadlineMs: 100 });
    const { settings } = await deployment().endpoints.update({ name, settings: { deadlineMs: 200 } });
    expect(settings).toMatchObject({ maxRows: 7, deadlineMs: 200 });
    expect(await refusal(deployment().endpoints.update({ name, settings: { replicas: 0 } }))).toEqual(['BAD_REQUEST', 'settings.replicas']);
  });

  test('is not changed by whoever has not seen its last change', async () => {
    const name = await newEndpoint();
    const { updatedAt } = await deployment().endpoints.get({ name });
    const { updatedAt: later } = await deployment().endpoints.update({ name, description: 'first', readAt: updatedAt });
    expect(later).toBeGreaterThan(updatedAt);
    expect(await refusal(deployment().endpoints.update({ name, description: 'second', readAt: updatedAt }))).toEqual([
      'CONFLICT',
      'readAt',
    ]);
    expect((await deployment().endpoints.get({ name })).description).toBe('first');
  });

  test('is stopped and started again, and a change that changes nothing leaves no trace', async () => {
    const name = await newEndpoint();
    expect(await deployment().endpoints.update({ name, wanted: 'stopped' })).toMatchObject({ wanted: 'stopped', state: 'stopped' });
    const { id, updatedAt } = await deployment().endpoints.update({ name, wanted: 'stopped' });
    expect(await eventsOf(`endpoint:${id}`)).toEqual(['endpoint.updated', 'endpoint.created']);
    expect((await deployment().endpoints.get({ name })).updatedAt).toBe(updatedAt);
    expect((await deployment().endpoints.update({ name, wanted: 'running' })).state).toBe('empty');
  });

  test('gives its name free when it is deleted, and its releases end', async () => {
    const name = await newEndpoint();
    const release = await placed(name, 'live', 1);
    await deployment().endpoints.delete({ name });
    expect(await refusal(deployment().endpoints.get({ name }))).toEqual(['NOT_FOUND', 'name']);
    expect(await deployment().releases.get({ id: release })).toMatchObject({
      role: 'retired',
      weight: 0,
      message: 'the endpoint was deleted',
    });
    expect((await deployment().endpoints.create({ name })).releases).toEqual([]);
    expect(await refusal(deployment().releases.retire({ id: await placed(await newEndpoint(), 'live', 1) }))).toEqual(['CONFLICT', 'id']);
  });

  test('are listed by name, in pages, by part of the name, by notebook and by model', async () => {
    const [a, b] = [await newEndpoint(), await newEndpoint()];
    await placed(b, 'live', 1);
    expect((await deployment().endpoints.list({ text: a.toUpperCase() })).endpoints.map(({ name }) => name)).toEqual([a]);
    expect((await deployment().endpoints.list({ notebookPath: 'flights.ipynb', text: b })).endpoints).toHaveLength(1);
    expect((await deployment().endpoints.list({ notebookPath: 'other.ipynb' })).endpoints).toEqual([]);
    expect((await deployment().endpoints.list({ modelName: model, text: a })).endpoints).toEqual([]);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await deployment().endpoints.list({ limit: 2, cursor });
      names.push(...page.endpoints.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toContain(b);
  });

  test('of another workspace is not there, and its name is taken', async () => {
    const { sql } = server().database;
    const [other, name] = [randomUUID(), `theirs-${++made}`];
    await sql`insert into workspaces (id, name, created_at) values (${other}, ${other}, now())`;
    const { id } = await deployment().endpoints.create({ name });
    await sql`update endpoints set workspace_id = ${other} where id = ${id}`;
    expect(await refusal(deployment().endpoints.get({ name }))).toEqual(['NOT_FOUND', 'name']);
    expect(await refusal(deployment().endpoints.create({ name }))).toEqual(['CONFLICT', 'name']);
  });
});

describe('a release', () => {
  test('waits for hosts, has the next number, and leads to its version and the run', async () => {
    const endpoint = await newEndpoint();
    const first = await deployment().releases.create({ endpoint, modelName: model, version: 1 });
    expect(first).toMatchObject({
      endpoint,
      role: 'starting',
      weight: 0,
      number: 1,
      modelName: model,
      version: 1,
      runtime: 'onnx',
      liveAt: null,
    });
    expect((await deployment().releases.create({ endpoint, modelName: model, version: 2 })).number).toBe(2);
    const { notebookPaths, id } = await deployment().endpoints.get({ name: endpoint });
    expect(notebookPaths).toEqual(['flights.ipynb']);
    const { edges } = await server().client.governance.lineage({ subject: `endpoint:${id}`, depth: 5 });
    const relations = edges.map(({ from, to }) => `${from.split(':')[0]} → ${to.split(':')[0]}`);
    expect(new Set(relations)).toEqual(
      new Set(['release → endpoint', 'model-version → release', 'logged-model → model-version', 'run → logged-model']),
    );
  });

  test('that is asked for twice with its id is one', async () => {
    const endpoint = await newEndpoint();
    const asked = { id: randomUUID(), endpoint, modelName: model, version: 1 };
    const both = await Promise.all([deployment().releases.create(asked), deployment().releases.create(asked)]);
    expect(both.map(({ number }) => number)).toEqual([1, 1]);
    expect(await refusal(deployment().releases.create({ ...asked, version: 2 }))).toEqual(['CONFLICT', 'id']);
    expect(await eventsOf(`release:${asked.id}`)).toEqual(['release.created']);
  });

  test('of two who promote at once: both are there, one after the other', async () => {
    const endpoint = await newEndpoint();
    const numbers = await Promise.all(
      [1, 2, 3, 1].map(async (version) => (await deployment().releases.create({ endpoint, modelName: model, version })).number),
    );
    expect(numbers.sort()).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ['an endpoint that is not there', { endpoint: 'nowhere' }, ['NOT_FOUND', 'endpoint']],
    ['a model that is not there', { modelName: 'nothing' }, ['NOT_FOUND', 'modelName']],
    ['a version that is not there', { version: 99 }, ['NOT_FOUND', 'version']],
    ['a plan without a canary', { plan: { steps: [0.5] } }, ['BAD_REQUEST', 'plan']],
    ['a plan that does not ascend', { how: 'canary' as const, plan: { steps: [0.5, 0.5, 1] } }, ['BAD_REQUEST', 'plan.steps']],
    ['a header that is none', { header: { name: 'X Y', value: '' } }, ['BAD_REQUEST', 'header.name']],
  ])('is refused for %s', async (_, wrong, expected) => {
    const endpoint = await newEndpoint();
    expect(await refusal(deployment().releases.create({ endpoint, modelName: model, version: 1, ...wrong }))).toEqual(expected);
    expect((await deployment().endpoints.get({ name: endpoint })).releases).toEqual([]);
  });

  test('is refused for a version without a bundle and for one that was deleted; what serves goes on', async () => {
    const endpoint = await newEndpoint();
    const { registry } = server().client;
    const bare = await registry.versions.create({ name: model, source: 's3://b/x' });
    expect(await refusal(deployment().releases.create({ endpoint, modelName: model, version: bare.version }))).toEqual([
      'CONFLICT',
      'version',
    ]);
    const own = await testModel(server());
    const { id } = await deployment().releases.create({ endpoint, modelName: own, version: 1 });
    await registry.versions.delete({ name: own, version: 1 });
    expect(await deployment().releases.get({ id })).toMatchObject({ role: 'starting', modelName: own });
    expect(await refusal(deployment().releases.create({ endpoint, modelName: own, version: 1 }))).toEqual(['NOT_FOUND', 'version']);
    await registry.models.delete({ name: own });
    expect(await deployment().releases.get({ id })).toMatchObject({ modelName: own });
  });

  test('are listed newest first, in pages', async () => {
    const endpoint = await newEndpoint();
    for (let i = 0; i < 3; i++) await placed(endpoint, 'retired');
    const first = await deployment().releases.list({ endpoint, limit: 2 });
    const rest = await deployment().releases.list({ endpoint, limit: 2, cursor: first.nextCursor ?? '' });
    expect([...first.releases, ...rest.releases].map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(rest.nextCursor).toBeNull();
  });
});

describe('the traffic', () => {
  const pair = async () => {
    const endpoint = await newEndpoint();
    return { endpoint, a: await placed(endpoint, 'live', 1), b: await placed(endpoint, 'live', 0, 'beside') };
  };

  test('is shared out, all at once', async () => {
    const { endpoint, a, b } = await pair();
    const weights = [
      { releaseId: a, weight: 0.3 },
      { releaseId: b, weight: 0.7 },
    ];
    await deployment().releases.setTraffic({ endpoint, weights });
    expect(await rolesOf(endpoint)).toEqual([
      [2, 'live', 0.7],
      [1, 'live', 0.3],
    ]);
    await deployment().releases.setTraffic({ endpoint, weights: [{ releaseId: b, weight: 1 }] });
    expect(await rolesOf(endpoint)).toEqual([
      [2, 'live', 1],
      [1, 'live', 0],
    ]);
  });

  test('of two who share it out at once: the later one that saw the former state is refused, and the sum stays 1', async () => {
    const { endpoint, a, b } = await pair();
    const { updatedAt: readAt } = await deployment().endpoints.get({ name: endpoint });
    const set = (weight: number) =>
      deployment().releases.setTraffic({
        endpoint,
        readAt,
        weights: [
          { releaseId: a, weight },
          { releaseId: b, weight: 1 - weight },
        ],
      });
    const ends = await Promise.allSettled([set(0.25), set(0.75)]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const shares = await rolesOf(endpoint);
    expect(shares.reduce((sum, [, , weight]) => sum + Number(weight), 0)).toBe(1);
  });

  test.each([
    ['shares that do not sum to 1', (a: string) => [{ releaseId: a, weight: 0.5 }], ['BAD_REQUEST', 'weights']],
    [
      'a release named twice',
      (a: string) => [
        { releaseId: a, weight: 0.5 },
        { releaseId: a, weight: 0.5 },
      ],
      ['BAD_REQUEST', 'weights'],
    ],
    ['a release of another endpoint', () => [{ releaseId: randomUUID(), weight: 1 }], ['CONFLICT', 'weights[0].releaseId']],
  ])('is not shared out by %s', async (_, weights, expected) => {
    const { endpoint, a } = await pair();
    expect(await refusal(deployment().releases.setTraffic({ endpoint, weights: weights(a) }))).toEqual(expected);
    expect(await rolesOf(endpoint)).toEqual([
      [2, 'live', 0],
      [1, 'live', 1],
    ]);
  });

  test.each(['starting', 'shadow', 'retired', 'failed'] as const)('is not given to one that is %s', async (role) => {
    const endpoint = await newEndpoint();
    await placed(endpoint, 'live', 1);
    const other = await placed(endpoint, role);
    expect(await refusal(deployment().releases.setTraffic({ endpoint, weights: [{ releaseId: other, weight: 1 }] }))).toEqual([
      'CONFLICT',
      'weights[0].releaseId',
    ]);
  });

  test('goes back at once to what was live before, and the log says why', async () => {
    const { endpoint, b } = await pair();
    await server().database
      .sql`update releases set role = 'standby', weight = 0, weight_before = 1 where endpoint_id = (select id from endpoints where name = ${endpoint}) and number = 1`;
    await server().database.sql`update releases set weight = 1 where id = ${b}`;
    const { id, releases } = await deployment().releases.rollBack({ endpoint, reason: 'it is late itself' });
    expect(releases.map(({ number, role, weight, message }) => [number, role, weight, message])).toEqual([
      [2, 'retired', 0, 'it is late itself'],
      [1, 'live', 1, ''],
    ]);
    expect(await eventsOf(`endpoint:${id}`)).toContain('endpoint.rolled-back');
    expect(await refusal(deployment().releases.rollBack({ endpoint }))).toEqual(['CONFLICT', 'endpoint']);
  });

  test('is a canary’s when it is finished by hand; what is none is not', async () => {
    const endpoint = await newEndpoint();
    const live = await placed(endpoint, 'live', 0.9);
    const canary = await placed(endpoint, 'canary', 0.1, 'canary');
    expect(await refusal(deployment().releases.finishCanary({ id: live }))).toEqual(['CONFLICT', 'id']);
    expect(await deployment().releases.finishCanary({ id: canary })).toMatchObject({ role: 'live', weight: 1 });
    expect(await rolesOf(endpoint)).toEqual([
      [2, 'live', 1],
      [1, 'standby', 0],
    ]);
  });

  test('of a release that retires goes to the others; the only live one cannot', async () => {
    const endpoint = await newEndpoint();
    const [a, b] = [await placed(endpoint, 'live', 0.5), await placed(endpoint, 'live', 0.5)];
    expect(await deployment().releases.retire({ id: a })).toMatchObject({ role: 'retired', weight: 0 });
    expect(await refusal(deployment().releases.retire({ id: b }))).toEqual(['CONFLICT', 'id']);
    expect((await deployment().releases.retire({ id: a })).role).toBe('retired');
    expect(await refusal(deployment().releases.retire({ id: await placed(endpoint, 'failed') }))).toEqual(['CONFLICT', 'id']);
    expect(await rolesOf(endpoint)).toContainEqual([2, 'live', 1]);
  });
});

describe('a token of an endpoint', () => {
  test('is shown once, listed without its secret, and revoked', async () => {
    const endpoint = await newEndpoint();
    const { secret, id, prefix } = await deployment().endpointTokens.create({
      endpoint,
      label: 'shop',
      ratePerSecond: 5,
      expiresInDays: 1,
    });
    expect(secret).toMatch(/^cke_/);
    const { tokens } = await deployment().endpointTokens.list({ endpoint });
    expect(tokens).toMatchObject([{ id, label: 'shop', prefix, ratePerSecond: 5, lastUsedAt: null }]);
    expect(JSON.stringify(tokens)).not.toContain(secret);
    expect(await deployment().endpointTokens.revoke({ id })).toEqual({ revoked: true });
    expect(await deployment().endpointTokens.revoke({ id })).toEqual({ revoked: false });
    expect(await eventsOf(`endpoint-token:${id}`)).toEqual(['endpoint-token.revoked', 'endpoint-token.created']);
  });

  test('raises the generation that hosts go by, and tells them', async () => {
    const endpoint = await newEndpoint();
    const { sql } = server().database;
    const generation = async () => (await sql`select generation from endpoints where name = ${endpoint}`)[0]?.generation;
    const before = await generation();
    const told = Promise.withResolvers<string>();
    const { unlisten } = await sql.listen('cellkeep_endpoint', told.resolve);
    await deployment().endpointTokens.create({ endpoint, label: 'shop' });
    expect(await told.promise).toBe((await deployment().endpoints.get({ name: endpoint })).id);
    expect(Number(await generation())).toBe(Number(before) + 1);
    await unlisten();
  });
});

describe('a viewer', () => {
  let viewer: Client;
  beforeAll(async () => {
    viewer = server().clientOf(await server().tokenOf('viewer'));
  });
  test('reads', async () => {
    const endpoint = await newEndpoint();
    const id = await placed(endpoint, 'live', 1);
    expect((await viewer.deployment.endpoints.get({ name: endpoint })).name).toBe(endpoint);
    expect((await viewer.deployment.endpoints.list({ text: endpoint })).endpoints).toHaveLength(1);
    expect((await viewer.deployment.releases.get({ id })).id).toBe(id);
    expect((await viewer.deployment.endpointTokens.list({ endpoint })).tokens).toEqual([]);
    expect((await viewer.deployment.endpoints.logs({ name: endpoint })).lines).toEqual([]);
  });
  test('changes nothing', async () => {
    const endpoint = await newEndpoint();
    const id = await placed(endpoint, 'live', 1);
    const { endpoints, releases, endpointTokens } = viewer.deployment;
    for (const attempt of [
      () => endpoints.create({ name: 'mine' }),
      () => endpoints.update({ name: endpoint, description: 'x' }),
      () => endpoints.delete({ name: endpoint }),
      () => releases.create({ endpoint, modelName: model, version: 1 }),
      () => releases.setTraffic({ endpoint, weights: [{ releaseId: id, weight: 1 }] }),
      () => releases.rollBack({ endpoint }),
      () => releases.retire({ id }),
      () => releases.finishCanary({ id }),
      () => endpointTokens.create({ endpoint, label: 'x' }),
      () => endpointTokens.revoke({ id }),
    ])
      expect((await refusal(attempt()))[0]).toBe('FORBIDDEN');
  });
});
