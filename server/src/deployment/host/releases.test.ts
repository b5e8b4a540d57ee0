import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { testServer, whileDeaf } from '../../testing/index.ts';
import { bundleOfModel, folderOfModel, rowsOfModel, storeModel } from '../testModels.ts';
import type { Answers, LoadedModel, LoadModel, Rows } from './model.ts';
import { ModelFailure } from './model.ts';
import { type TestEndpoint, type TestHost, testEndpoint } from './testHost.ts';

const server = testServer();
const open: TestHost[] = [];
afterEach(async () => {
  for (const host of open.splice(0)) await host.close();
});
async function start(endpoint: TestEndpoint, options: Parameters<TestEndpoint['start']>[0] = {}): Promise<TestHost> {
  const host = await endpoint.start(options);
  open.push(host);
  return host;
}

const { columns, data } = rowsOfModel('carriers');
const row = Object.fromEntries(columns.map((name, i) => [name, data[0]?.[i]]));
const versionOf = async (host: TestHost, headers: Record<string, string> = {}) => {
  const response = await host.ask('/predict', row, { headers });
  await response.text();
  return response.headers.get('x-cellkeep-version') ?? String(response.status);
};

/** Answers `late` for every row once `when` lets it. */
function modelThat(predict: (rows: Rows, signal?: AbortSignal) => Answers | Promise<Answers>, parallel = 1): LoadModel {
  return async () =>
    ({ bundle: { ...bundleOfModel('carriers'), runtime: 'python' }, parallel, predict, close: async () => {} }) satisfies LoadedModel;
}
const late = ({ count }: Rows): Answers => ({
  columns: [new Array<string>(count).fill('late')],
  scores: new Float64Array(count * 2).fill(0.5),
});

test('a new release takes over under load; nobody is turned away, and every answer is counted', async () => {
  const endpoint = await testEndpoint(server());
  const first = await endpoint.release('carriers');
  const host = await start(endpoint);
  const seen: Record<string, number> = {};
  let isOver = false;
  const clients = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const version = await versionOf(host);
      seen[version] = (seen[version] ?? 0) + 1;
    }
  });
  const second = await endpoint.release('carriers', { role: 'starting', weight: 0 });
  await endpoint.changed();
  const { sql } = server().database;
  const loaded = async () =>
    (await sql<{ loaded: string[] }[]>`select loaded from hosts where endpoint_id = ${endpoint.id}`)[0]?.loaded ?? [];
  await expect.poll(loaded, { timeout: 10_000 }).toContain(second);
  expect(seen['2']).toBeUndefined(); // loaded, and not yet asked
  await endpoint.setRelease(first, { role: 'retired', weight: 0 });
  await endpoint.setRelease(second, { role: 'live', weight: 1 });
  await endpoint.changed();
  await expect.poll(() => seen['2'] ?? 0, { timeout: 10_000 }).toBeGreaterThan(20);
  isOver = true;
  await Promise.all(clients);
  expect(Object.keys(seen).sort()).toEqual(['1', '2']); // 503 would be a key of its own
  const counted = async () => {
    const counts = await sql<{ version: number; n: number }[]>`
      select r.version, sum(c.requests)::int as n from traffic_counts c join releases r on r.id = c.release_id
      where c.endpoint_id = ${endpoint.id} group by r.version`;
    return Object.fromEntries(counts.map(({ version, n }) => [version, n]));
  };
  await expect.poll(counted, { timeout: 5_000 }).toEqual(seen);
});

test('weights share the traffic, a key sticks, a header chooses', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers', { weight: 0.75 });
  await endpoint.release('carriers', { role: 'canary', weight: 0.25, header: { name: 'x-beta', value: 'yes' } });
  const host = await start(endpoint);
  const counts: Record<string, number> = {};
  for (let i = 0; i < 400; i++) {
    const version = await versionOf(host);
    counts[version] = (counts[version] ?? 0) + 1;
  }
  // Four standard deviations of 400 draws at 0.25.
  expect(Math.abs((counts['2'] ?? 0) - 100)).toBeLessThan(35);
  const byKey = await Promise.all(Array.from({ length: 40 }, (_, i) => versionOf(host, { 'x-cellkeep-key': `customer ${i}` })));
  expect(new Set(byKey)).toEqual(new Set(['1', '2']));
  for (const i of [0, 1, 2, 3]) expect(await versionOf(host, { 'x-cellkeep-key': `customer ${i}` })).toBe(byKey[i]);
  for (let i = 0; i < 20; i++) expect(await versionOf(host, { 'x-beta': 'yes' })).toBe('2');
});

test('a shadow is asked, compared and logged, and never answers', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  const shadow = await endpoint.release('carriers', { role: 'shadow', weight: 0 });
  let loads = 0;
  const host = await start(endpoint, {
    // The second one that is loaded says something else of every row.
    load: async (bundle, folder) => {
      loads += 1;
      const { loadOnnx } = await import('./onnxRuntime.ts');
      const model = await loadOnnx(bundle, folder);
      return loads === 1 ? model : { ...model, predict: (rows) => late(rows) };
    },
  });
  for (let i = 0; i < 10; i++) expect(await versionOf(host)).toBe('1');
  const { sql } = server().database;
  const counted = async () =>
    (
      await sql`select sum(compared)::int as compared, sum(differing)::int as differing, sum(failed)::int as failed, sum(requests)::int as requests
      from traffic_counts where release_id = ${shadow}`
    )[0];
  await expect.poll(counted, { timeout: 5_000 }).toEqual({ compared: 10, differing: 10, failed: 0, requests: 10 });
});

test('a release that cannot be loaded is told with its reason, and the others serve', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  const bad = await endpoint.release('carriers', {
    role: 'starting',
    loggedModelId: await storeModel(server(), 'carriers', {
      change: (bundle) => ({ ...bundle, onnx: { ...bundle.onnx!, label: 'other' } }),
    }),
  });
  const host = await start(endpoint);
  expect(await versionOf(host)).toBe('1');
  const [told] = await server().database.sql<{ refused: Record<string, string>; state: string }[]>`
    select refused, state from hosts where endpoint_id = ${endpoint.id}`;
  expect(told).toEqual({
    state: 'ready',
    refused: { [bad]: expect.stringContaining('output "other" is not among those that the graph gives') },
  });
});

test('a live release that cannot be loaded is tried again until it can, and says meanwhile why it does not answer', async () => {
  const digest = createHash('sha256')
    .update(readFileSync(join(folderOfModel('carriers'), 'model.onnx')))
    .digest('hex');
  const blob = join(server().home, 'blobs', digest.slice(0, 2), digest.slice(2));
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  renameSync(blob, `${blob}.away`);
  try {
    const host = await start(endpoint);
    const refused = await host.ask('/predict', row);
    const { data: told } = await refused.json();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(told.issues[0].reason).toContain(`model.onnx (${digest}) is not in the store`);
    const get = () => server().client.deployment.endpoints.get({ name: endpoint.name });
    await expect.poll(async () => (await get()).message, { timeout: 5_000 }).toContain('is not in the store; it is tried again');
    expect((await get()).state).toBe('failed');
    expect((await get()).hosts[0]).toMatchObject({ state: 'starting', message: expect.stringContaining('release 1 (carriers-') });
    const headers = { authorization: `Bearer ${server().token}` };
    const atDoor = await fetch(`${server().url}/endpoints/${endpoint.name}/predict`, { method: 'POST', body: '[]', headers });
    expect([atDoor.status, atDoor.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await atDoor.json()).message).toContain('is not in the store');
    renameSync(`${blob}.away`, blob);
    await expect.poll(() => versionOf(host), { timeout: 10_000 }).toBe('1');
    await expect.poll(async () => (await get()).state, { timeout: 5_000 }).toBe('ready');
    expect((await get()).message).toBe('');
  } finally {
    if (existsSync(`${blob}.away`)) renameSync(`${blob}.away`, blob);
  }
});

test('a canary that cannot be loaded keeps no live release from answering', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers', { weight: 0.5 });
  await endpoint.release('carriers', { role: 'canary', weight: 0.5 });
  let loads = 0;
  const host = await start(endpoint, {
    load: async (bundle, folder) => {
      if (++loads > 1) throw new ModelFailure('it has no legs');
      return modelThat(late)(bundle, folder);
    },
  });
  for (let i = 0; i < 10; i++) expect(['1', '2']).toContain(await versionOf(host));
  const { state, message } = await server().client.deployment.endpoints.get({ name: endpoint.name });
  expect([state, message]).toEqual(['degraded', expect.stringMatching(/release [12] .* cannot be loaded: it has no legs/)]);
});

test('more requests than may be at once, or than a token may ask, get 429 with Retry-After', async () => {
  const endpoint = await testEndpoint(server(), { maxConcurrency: 2, deadlineMs: 5_000 });
  await endpoint.release('carriers');
  let letThrough = () => {};
  const gate = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  let warm = 0;
  const host = await start(endpoint, { load: modelThat((rows) => (++warm <= 20 ? late(rows) : gate.then(() => late(rows)))) });
  const asked = Array.from({ length: 3 }, () => host.ask('/predict', row));
  const third = await Promise.race(asked);
  expect([third.status, third.headers.get('retry-after'), (await third.json()).code]).toEqual([429, '1', 'TOO_MANY_REQUESTS']);
  letThrough();
  expect((await Promise.all(asked)).map(({ status }) => status).sort()).toEqual([200, 200, 429]);

  await endpoint.setSettings({ ratePerSecond: 2, maxConcurrency: 100 });
  await endpoint.changed();
  await expect.poll(async () => (await host.ask('/predict', row)).status, { timeout: 5_000, interval: 1 }).toBe(429);
  const refused = await host.ask('/invocations', { dataframe_records: [row] });
  expect([refused.status, (await refused.json()).error_code]).toEqual([429, 'REQUEST_LIMIT_EXCEEDED']);
  const other = await host.ask('/predict', row, { headers: { authorization: `Bearer ${server().token}` } });
  expect(other.status).toBe(200); // each token has its own
});

test('what takes longer than the deadline is 504, and the model is told that nobody waits', async () => {
  const endpoint = await testEndpoint(server(), { deadlineMs: 60 });
  await endpoint.release('carriers');
  let warm = 0;
  let isToldSo = false;
  const host = await start(endpoint, {
    load: modelThat((rows, signal) => {
      if (++warm <= 20) return late(rows);
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          isToldSo = true;
          reject(new Error('given up'));
        });
      });
    }),
  });
  const response = await host.ask('/predict', row);
  expect([response.status, (await response.json()).code]).toEqual([504, 'DEADLINE_EXCEEDED']);
  await expect.poll(() => isToldSo).toBe(true);
});

test('a row that the model cannot take fails its own request alone', async () => {
  const endpoint = await testEndpoint(server(), { batchWindowUs: 20_000 });
  await endpoint.release('carriers');
  const sizes: number[] = [];
  const host = await start(endpoint, {
    load: modelThat((rows) => {
      sizes.push(rows.count);
      if ((rows.columns[0] as string[]).includes('bad')) throw new ModelFailure('carrier bad breaks it');
      return late(rows);
    }),
  });
  sizes.length = 0;
  const answers = await Promise.all(['UA', 'bad', 'AA', 'DL'].map((carrier) => host.ask('/predict', { ...row, carrier })));
  expect(answers.map(({ status }) => status)).toEqual([200, 500, 200, 200]);
  expect(Math.max(...sizes)).toBeGreaterThan(1); // they went together first
  expect((await answers[1]!.json()).data.issues[0].reason).toBe('carrier bad breaks it');
});

test('a model whose process is gone is 503 with Retry-After', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  let warm = 0;
  const host = await start(endpoint, {
    load: modelThat(async (rows) => {
      if (++warm <= 20) return late(rows);
      throw new ModelFailure('the worker was killed', { isGone: true });
    }),
  });
  const response = await host.ask('/predict', row);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
});

test('features that a request lacks are looked up by its key, all rows at once', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  const asked: unknown[][][] = [];
  const host = await start(endpoint, {
    lookupOf: () => ({
      keys: ['flight'],
      features: ['distance', 'delay'],
      async find(entities) {
        asked.push(entities);
        return entities.map(([flight]) => (flight === 'unknown' ? [undefined, undefined] : [719, 12.5]));
      },
    }),
  });
  const given = { carrier: row.carrier, flight: 'UA 1', distance: 719, delay: 12.5 };
  const whole = await (await host.ask('/predict', given)).json();
  const looked = await (await host.ask('/predict', [{ carrier: row.carrier, flight: 'UA 1' }, given])).json();
  expect(looked.predictions).toEqual([whole.prediction, whole.prediction]);
  expect(looked.scores[0]).toEqual(looked.scores[1]);
  expect(asked).toEqual([[['UA 1']]]);
  const reasons = async (body: unknown) => (await (await host.ask('/predict', body)).json()).data.issues[0];
  expect(await reasons({ carrier: 'UA', flight: 'unknown' })).toMatchObject({ field: 'distance', reason: 'is missing' });
  expect(await reasons([{ carrier: 'UA' }])).toMatchObject({ field: 'rows[0].flight', reason: expect.stringContaining('looked up by it') });
  expect(await reasons({ ...given, more: 1 })).toMatchObject({ field: 'more' });
});

test('a token that is revoked is refused when that is said, and where nobody said so a second after it was looked up', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  let now = Date.now(); // stands still, and nobody looks in between: what changes here was said
  const host = await start(endpoint, { now: () => now, tick: 3_600_000 });
  const { sql } = server().database;
  const { user } = await server().client.access.users.create({ name: `asker ${randomUUID()}`, role: 'viewer' });
  const { token, secret } = await server().client.access.tokens.create({ label: 'asks', userId: user.id });
  const status = async (authorization: string) => (await host.ask('/predict', row, { headers: { authorization } })).status;
  expect([await status(`Bearer ${secret}`), await status(`Bearer ${endpoint.secret}`)]).toEqual([200, 200]);
  await whileDeaf(sql, async () => {
    await server().client.access.tokens.revoke({ id: token.id });
    await sql`delete from endpoint_tokens where hash = ${createHash('sha256').update(endpoint.secret).digest()}`;
    await endpoint.changed();
    expect([await status(`Bearer ${secret}`), await status(`Bearer ${endpoint.secret}`)]).toEqual([200, 200]);
  });
  await expect.poll(() => status(`Bearer ${secret}`)).toBe(401);
  await expect.poll(() => status(`Bearer ${endpoint.secret}`)).toBe(401);
  // Where nobody said so: it is looked up again.
  const again = await server().client.access.tokens.create({ label: 'again', userId: user.id });
  expect(await status(`Bearer ${again.secret}`)).toBe(200);
  await sql`delete from tokens where id = ${again.token.id}`;
  expect(await status(`Bearer ${again.secret}`)).toBe(200);
  now += 1_001;
  expect(await status(`Bearer ${again.secret}`)).toBe(401);
});

test('unknown categories and ranges are refused where the endpoint is strict, from the next request on', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  const host = await start(endpoint);
  const ask = async (change: object) => (await host.ask('/predict', { ...row, ...change })).json();
  expect(await ask({ carrier: 'XX' })).toHaveProperty('prediction');
  await endpoint.setSettings({ strict: true });
  await endpoint.changed();
  await expect.poll(async () => (await ask({ carrier: 'XX' })).code).toBe('BAD_REQUEST');
  expect((await ask({ carrier: 'XX' })).data.issues).toEqual([
    { field: 'carrier', reason: 'is "XX", which training did not see: "AA", "DL", "UA"' },
  ]);
  expect((await ask({ distance: 9_000 })).data.issues[0].reason).toBe('is 9000, more than 3000, the most that training saw');
  expect(await ask({ delay: null })).toHaveProperty('prediction');
});

test('an open endpoint asks nobody who they are; too many rows or bytes are 413', async () => {
  const endpoint = await testEndpoint(server(), { access: 'open', maxRows: 3, maxBodyBytes: 2_000 });
  await endpoint.release('carriers');
  const host = await start(endpoint);
  const post = (body: unknown) =>
    fetch(`${host.url}/predict`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  expect((await post([row, row, row])).status).toBe(200);
  expect([(await post([row, row, row, row])).status, (await post([{ ...row, carrier: 'x'.repeat(3_000) }])).status]).toEqual([413, 413]);
});

test('an endpoint that is deleted ends its hosts, once they have answered', async () => {
  const endpoint = await testEndpoint(server());
  await endpoint.release('carriers');
  let isOver = false;
  const host = await start(endpoint, {
    onUnwanted: () => {
      isOver = true;
    },
  });
  expect(await versionOf(host)).toBe('1');
  await server().database.sql`update endpoints set deleted_at = now() where id = ${endpoint.id}`;
  await endpoint.changed();
  await expect.poll(() => isOver, { timeout: 5_000 }).toBe(true);
  await expect(fetch(host.url)).rejects.toThrow();
  await sleep(0);
});
