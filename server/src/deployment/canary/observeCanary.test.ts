import type { Baseline } from '@cellkeep/schema/registry';
import { beforeAll, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { testBundle, testModel } from '../testVersion.ts';
import { observeCanary } from './observeCanary.ts';

const server = testServer();
const HOUR = 3_600_000;
const BEGAN = Math.floor(Date.UTC(2026, 0, 10) / HOUR) * HOUR + 25_000;
const columns = (edges: number[], of: 'training' | 'example'): Baseline => ({
  of,
  rows: 100,
  features: [],
  prediction: [
    { name: 'y', type: 'double', count: 100, missing: 0, mean: null, std: null, min: 0, max: 4, edges, values: [], counts: [50, 50] },
  ],
});

interface Placed {
  id: string;
  loggedModelId: string;
}
let endpointId = '';
let workspaceId = '';
let live: Placed;
let canary: Placed;

/** A release of a version whose predictions were binned by these edges in training. */
async function placed(edges: number[], of: 'training' | 'example' = 'training'): Promise<Placed> {
  const model = await testModel(server(), 1, testBundle({ baseline: 'baseline.json' }));
  const { location, loggedModelId } = await server().client.registry.versions.get({ name: model, version: 1 });
  const put = await fetch(
    `${server().url}/api/2.0/mlflow-artifacts/artifacts/${location.replace(/^mlflow-artifacts:\//, '')}/baseline.json`,
    {
      method: 'PUT',
      headers: { authorization: `Bearer ${server().token}` },
      body: JSON.stringify(columns(edges, of)),
    },
  );
  expect(put.status).toBe(200);
  const { id } = await server().client.deployment.releases.create({ endpoint: 'watched', modelName: model, version: 1 });
  return { id, loggedModelId: loggedModelId ?? '' };
}
beforeAll(async () => {
  ({ id: endpointId } = await server().client.deployment.endpoints.create({ name: 'watched' }));
  const [row] = await server().database.sql`select workspace_id as id from endpoints`;
  workspaceId = row?.id;
  [live, canary] = [await placed([1]), await placed([2])];
});

const observe = (stepStartedAt = BEGAN, own = canary) =>
  observeCanary(server().services, { workspaceId, endpointId, canary: { ...own, stepStartedAt, liveAt: BEGAN }, live: [live] });
const spread = ({ id }: Placed, counts: number[], at = BEGAN) =>
  server().database.sql`
    insert into spread_counts (release_id, at, kind, name, missing, counts) values (${id}, ${at}, 'prediction', 'y', 0, ${counts})`;
const count = ({ id }: Placed, at: number, requests: number, serverErrors = 0) =>
  server().database.sql`
    insert into traffic_counts (endpoint_id, release_id, at, requests, rows, client_errors, server_errors, rejected, latencies)
    values (${endpointId}, ${id}, ${at}, ${requests}, ${requests}, 0, ${serverErrors}, 0, ${[requests]})`;

test('what was counted since the step began is seen, of later steps without the counter in which they began', async () => {
  await count(canary, BEGAN - 5_000, 3, 1);
  await count(canary, BEGAN + 15_000, 20, 2);
  await count(live, BEGAN - 60_000, 1_000);
  await count(live, BEGAN + 5_000, 50);
  expect(await observe()).toMatchObject({ canary: { requests: 23, serverErrors: 3 }, live: { requests: 50 } });
  expect(await observe(BEGAN + 8_000)).toMatchObject({ canary: { requests: 20 }, live: { requests: 0 } });
});

test('predictions are compared in the canary’s bins, since its step began, and only once there are enough of both', async () => {
  const drift = async () => (await observe()).drift;
  expect(await drift()).toBeNull();
  // Of the same hour, before it began: other predictions, as of another time of day.
  await spread(live, [9_000, 0], BEGAN - 25_000);
  // Evenly between 0 and 4: a quarter below 1, a half below 2.
  await spread(live, [100, 300]);
  await spread(canary, [10, 20]);
  expect(await drift(), 'thirty rows tell nothing').toBeNull();
  await spread(canary, [190, 180], BEGAN - 25_000 + HOUR);
  expect((await drift())?.index).toBeLessThan(0.01);
  await spread(canary, [0, 4_000], BEGAN - 25_000 + 2 * HOUR);
  expect((await drift())?.index).toBeGreaterThan(0.25);
});

test('bins of an example are compared with the same ones alone', async () => {
  const [other, same] = [await placed([2], 'example'), await placed([1], 'example')];
  await spread(other, [9_000, 0], BEGAN + 3 * HOUR);
  await spread(same, [9_000, 0], BEGAN + 3 * HOUR);
  expect((await observe(BEGAN, other)).drift).toBeNull();
  expect((await observe(BEGAN, same)).drift?.index).toBeGreaterThan(0.25);
});

test('what people said is counted since it became the canary', async () => {
  const { sql } = server().database;
  const { user } = await server().client.access.me();
  const say = ({ id }: Placed, value: number, at: number) => sql`
    insert into feedback (prediction_id, row, endpoint_id, release_id, value, user_id, at)
    values (md5(random()::text), 0, ${endpointId}, ${id}, ${value}, ${user.id}, ${at})`;
  await say(canary, 1, BEGAN + 1);
  await say(canary, 0, BEGAN + 2);
  await say(live, 1, BEGAN - 1);
  await say(live, 0.5, BEGAN + 1);
  await say(live, Number.NaN, BEGAN + 1);
  expect((await observe()).feedback).toEqual({ canary: { n: 2, mean: 0.5 }, live: { n: 1, mean: 0.5 } });
});
