import { randomUUID } from 'node:crypto';
import type { ColumnBaseline } from '@cellkeep/schema/registry';
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { latencyBin } from '../predictionLog/index.ts';
import { testBundle, testModel } from '../testVersion.ts';
import { dropWhatIsOld } from './retention.ts';

const NOW = Date.UTC(2026, 0, 10);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const server = testServer({ now: () => NOW });
const endpoints = () => server().client.deployment.endpoints;
let model = '';
let made = 0;
beforeAll(async () => {
  model = await testModel(server(), 1);
});

async function endpoint(): Promise<string> {
  const name = `measured-${++made}`;
  await endpoints().create({ name });
  return name;
}
async function release(name: string, role = 'live', weight = 1, how: 'replace' | 'shadow' = 'replace', modelName = model): Promise<string> {
  const { id } = await server().client.deployment.releases.create({ endpoint: name, modelName, version: 1, how });
  await server().database.sql`update releases set role = ${role}, weight = ${weight}, live_at = ${new Date(NOW - DAY)} where id = ${id}`;
  return id;
}
interface Counts {
  requests?: number;
  serverErrors?: number;
  us?: number;
  compared?: number;
  differing?: number;
  failed?: number;
}
async function count(
  releaseId: string,
  at: number,
  { requests = 1, serverErrors = 0, us = 1_000, compared = 0, differing = 0, failed = 0 }: Counts = {},
) {
  const latencies = Array.from({ length: 128 }, () => 0);
  latencies[latencyBin(us)] = requests;
  await server().database.sql`
    insert into traffic_counts (endpoint_id, release_id, at, requests, rows, client_errors, server_errors, rejected, latencies, compared, differing, failed)
    select endpoint_id, id, ${at}, ${requests}, ${2 * requests}, 0, ${serverErrors}, 0, ${latencies}, ${compared}, ${differing}, ${failed}
    from releases where id = ${releaseId}`;
}

describe('traffic', () => {
  test('of all releases but shadows is added up by intervals, with quantiles of all together', async () => {
    const name = await endpoint();
    const [a, b, shadow] = [await release(name, 'live', 0.5), await release(name, 'live', 0.5), await release(name, 'shadow', 0, 'shadow')];
    const at = NOW - 30 * 60_000;
    await count(a, at, { requests: 90, us: 1_000 });
    await count(b, at + 10_000, { requests: 10, us: 100_000, serverErrors: 3 });
    await count(shadow, at, { requests: 1_000, us: 9_000_000 });
    await count(a, at + 60_000, { requests: 5 });
    await count(a, NOW - 2 * HOUR, { requests: 777 });
    const { seconds, points } = await endpoints().traffic({ name, points: 120 });
    expect(seconds).toBe(30);
    expect(points.map(({ at, requests, rows, serverErrors }) => [at, requests, rows, serverErrors])).toEqual([
      [at, 100, 200, 3],
      [at + 60_000, 5, 10, 0],
    ]);
    expect(points[0]?.p50Us).toBeGreaterThan(800);
    expect(points[0]?.p50Us).toBeLessThan(1_300);
    expect(points[0]?.p95Us).toBeGreaterThan(80_000);
    const ofB = await endpoints().traffic({ name, releaseId: b });
    expect(ofB.points.map(({ requests }) => requests)).toEqual([10]);
    expect((await endpoints().traffic({ name, releaseId: shadow })).points[0]?.requests).toBe(1_000);
  });

  test('of a range that ends before it begins is refused; of a quiet endpoint there is none', async () => {
    const name = await endpoint();
    expect(await refusal(endpoints().traffic({ name, from: 10, to: 5 }))).toEqual(['BAD_REQUEST', 'from']);
    expect((await endpoints().traffic({ name })).points).toEqual([]);
  });

  test('of a shadow is told beside that of the live ones since it was put there', async () => {
    const name = await endpoint();
    const [live, shadow] = [await release(name), await release(name, 'shadow', 0, 'shadow')];
    await count(live, NOW - HOUR, { requests: 100, us: 1_000 });
    await count(live, NOW - 2 * DAY, { requests: 100_000, us: 1_000_000 });
    await count(shadow, NOW - HOUR, { requests: 100, us: 4_000, compared: 200, differing: 7, failed: 1 });
    const told = await endpoints().shadow({ name, releaseId: shadow });
    expect(told).toMatchObject({ requests: 100, rows: 200, differing: 7, failed: 1 });
    expect((told.p95Us ?? 0) / (told.liveP95Us ?? 1)).toBeCloseTo(4, 0);
    expect(await refusal(endpoints().shadow({ name, releaseId: randomUUID() }))).toEqual(['NOT_FOUND', 'releaseId']);
  });
});

describe('two releases by feedback', () => {
  const say = async (releaseId: string, values: number[], at = NOW) => {
    const { sql } = server().database;
    const { user } = await server().client.access.me();
    await sql`
      insert into feedback (prediction_id, row, endpoint_id, release_id, value, user_id, at)
      select md5(random()::text), 0, r.endpoint_id, r.id, v.value, ${user.id}, ${at} + v.place
      from releases r, unnest(${values}::float8[]) with ordinality as v (value, place) where r.id = ${releaseId}`;
  };
  const pair = async () => {
    const name = await endpoint();
    return { name, a: await release(name, 'live', 0.5), b: await release(name, 'live', 0.5) };
  };
  const share = (ones: number, of: number) => Array.from({ length: of }, (_, i) => ((i * ones) % of < ones ? 1 : 0));

  test('are compared with interval, p and a test that may be looked at at any time', async () => {
    const { name, a, b } = await pair();
    await say(a, [...share(40, 100), Number.NaN]);
    await say(b, share(75, 120));
    const result = await endpoints().compare({ name, a, b });
    // scipy 1.16, ttest_ind(equal_var=False) of 40 of 100 and 75 of 120.
    expect(result).toMatchObject({ a: { releaseId: a, n: 100, mean: 0.4 }, b: { releaseId: b, n: 120, mean: 0.625 } });
    expect(result.low).toBeCloseTo(0.09432931047893398, 8);
    expect(result.high).toBeCloseTo(0.35567068952106595, 8);
    expect(result.pValue).toBeCloseTo(0.0008222483217283332, 9);
    expect(result.sequentialP).toBeLessThan(0.05);
    expect(result.decision).toBe('better');
    expect((await endpoints().compare({ name, a: b, b: a })).decision).toBe('worse');
  });

  test('of which nobody said anything are undecided', async () => {
    const { name, a, b } = await pair();
    expect(await endpoints().compare({ name, a, b })).toMatchObject({
      a: { n: 0, mean: 'NaN' },
      pValue: null,
      sequentialP: null,
      decision: 'undecided',
    });
    await say(a, share(10, 20));
    await say(b, share(10, 20));
    expect(await endpoints().compare({ name, a, b })).toMatchObject({ difference: 0, pValue: 1, sequentialP: 1, decision: 'undecided' });
  });

  test('must be two, and of this endpoint', async () => {
    const { name, a } = await pair();
    const other = await pair();
    expect(await refusal(endpoints().compare({ name, a, b: a }))).toEqual(['BAD_REQUEST', 'b']);
    expect(await refusal(endpoints().compare({ name, a, b: other.b }))).toEqual(['NOT_FOUND', 'b']);
  });
});

describe('drift', () => {
  const column = (name: string, counts: number[]): ColumnBaseline => ({
    ...{ name, type: 'double', count: 400, missing: 0, mean: null, std: null, min: 0, max: 4, edges: [1, 2, 3], values: [], counts },
  });
  const trained = { rows: 400, features: [column('x', [100, 100, 100, 100])], prediction: [column('y', [100, 100, 100, 100])] };
  let drifting = '';
  const modelWith = async (baseline: object) => {
    const model = await testModel(server(), 1, testBundle({ baseline: 'baseline.json' }));
    const version = await server().client.registry.versions.get({ name: model, version: 1 });
    const folder = version.location.replace(/^mlflow-artifacts:\//, '');
    const put = await fetch(`${server().url}/api/2.0/mlflow-artifacts/artifacts/${folder}/baseline.json`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server().token}` },
      body: JSON.stringify(baseline),
    });
    expect(put.status).toBe(200);
    return model;
  };
  beforeAll(async () => {
    drifting = await modelWith(trained);
  });
  const spread = (releaseId: string, kind: 'feature' | 'prediction', name: string, counts: number[], at = NOW - HOUR) =>
    server().database
      .sql`insert into spread_counts (release_id, at, kind, name, missing, counts) values (${releaseId}, ${at}, ${kind}, ${name}, 3, ${counts})`;

  test('is told for each column, against training, of the release that is asked most', async () => {
    const name = await endpoint();
    await release(name, 'live', 0.1);
    const most = await release(name, 'live', 0.9, 'replace', drifting);
    await spread(most, 'feature', 'x', [20, 20, 20, 20]);
    await spread(most, 'feature', 'x', [5, 5, 5, 5], NOW - 2 * HOUR);
    await spread(most, 'prediction', 'y', [0, 0, 0, 40]);
    const { releaseId, rows, baseline, columns } = await endpoints().drift({ name });
    expect([releaseId, rows, baseline]).toEqual([most, 106, { of: 'training', rows: 400 }]);
    expect(columns).toEqual([
      { name: 'x', kind: 'feature', missing: 6, counts: [25, 25, 25, 25], expected: [100, 100, 100, 100], psi: 0 },
      { name: 'y', kind: 'prediction', missing: 3, counts: [0, 0, 0, 40], expected: [100, 100, 100, 100], psi: null },
    ]);
    await spread(most, 'prediction', 'y', [0, 0, 0, 40], NOW - 2 * HOUR);
    expect((await endpoints().drift({ name })).columns[1]?.psi).toBeGreaterThan(1);
    expect((await endpoints().drift({ name, from: NOW - 90 * 60_000 })).columns[0]?.counts).toEqual([20, 20, 20, 20]);
  });

  test('is not judged by example rows, and says so', async () => {
    const name = await endpoint();
    const unjudged = await release(name, 'live', 1, 'replace', await modelWith({ ...trained, of: 'example', rows: 5 }));
    await spread(unjudged, 'feature', 'x', [0, 0, 0, 4_000]);
    expect(await endpoints().drift({ name })).toMatchObject({
      baseline: { of: 'example', rows: 5 },
      columns: [{ name: 'x', expected: [100, 100, 100, 100], psi: null }],
    });
  });

  test('of an endpoint without a release, and of one without a baseline, is nothing to be told', async () => {
    const name = await endpoint();
    expect(await endpoints().drift({ name })).toEqual({ releaseId: null, rows: 0, baseline: null, columns: [] });
    const bare = await release(name);
    await spread(bare, 'feature', 'x', [60]);
    expect((await endpoints().drift({ name })).columns).toEqual([
      { name: 'x', kind: 'feature', missing: 3, counts: [60], expected: [], psi: null },
    ]);
  });
});

describe('what is old', () => {
  test('goes: requests after the endpoint’s own days, lines beyond the newest, and counters lose their detail but no request', async () => {
    const name = await endpoint();
    await endpoints().update({ name, settings: { keepDays: 2 } });
    const id = await release(name);
    const { sql } = server().database;
    for (const [i, days] of [1, 3].entries()) {
      await sql`
        insert into prediction_chunks (life, first_number, last_number, endpoint_id, first_at, last_at, requests, errors, payload)
        select 1, ${i * 10}, ${i * 10 + 9}, endpoint_id, ${NOW - days * DAY}, ${NOW - days * DAY}, 10, 0, '' from releases where id = ${id}`;
    }
    await sql`insert into host_lines (endpoint_id, at, host, stream, text)
      select endpoint_id, now(), 'h', 'err', n::text from releases, generate_series(1, 5010) n where id = ${id}`;
    const old = Math.floor((NOW - 3 * DAY) / 600_000) * 600_000;
    for (let i = 0; i < 6; i++) await count(id, old + i * 10_000, { requests: 10, us: 2 ** i * 100 });
    await count(id, old + 600_000, { requests: 1 });
    await count(id, NOW - DAY + 10_000, { requests: 5 });
    const told = () => endpoints().traffic({ name, from: old, to: NOW, points: 2_000 });
    const sum = async () => (await told()).points.reduce((total, { requests }) => total + requests, 0);
    expect(await sum()).toBe(66);

    await dropWhatIsOld(sql, NOW);
    expect((await sql`select first_number::int as first from prediction_chunks`).map(({ first }) => first)).toEqual([0]);
    const { lines } = await endpoints().logs({ name, lines: 5_000 });
    expect([lines.length, lines[0]?.text, lines.at(-1)?.text]).toEqual([5_000, '11', '5010']);
    expect(await sum()).toBe(66);
    const rows =
      await sql`select at::float8 as at, requests::int as requests, latencies from traffic_counts where release_id = ${id} order by at`;
    expect(rows.map(({ at, requests }) => [at, requests])).toEqual([
      [old, 60],
      [old + 600_000, 1],
      [NOW - DAY + 10_000, 5],
    ]);
    expect(rows[0]?.latencies.map(Number).reduce((total: number, n: number) => total + n, 0)).toBe(60);
    await dropWhatIsOld(sql, NOW);
    expect(await sum()).toBe(66);
  });
});
