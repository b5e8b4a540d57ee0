/** The short way of points, against others who write to the same series: what it must notice, and what it must not mind. */
import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgres } from '../core/driver.ts';
import { startTestServer, type TestServer } from '../testing/index.ts';
import { appendPoints, type NewPoints } from './appendPoints.ts';
import { createSeriesMemory, type SeriesMemory, shortCommit, storeShort } from './commitPoints.ts';
import { createGatherer } from './gatherPoints.ts';
import { joinChunks } from './joinChunks.ts';

let server: TestServer;
let sql: Sql;
beforeAll(async () => {
  server = await startTestServer();
  sql = server.database.sql;
});
afterAll(() => server.close());

interface NewRun {
  id: string;
  experimentId: string;
}
const newRun = (): Promise<NewRun> => server.client.tracking.runs.create({ experimentName: 'short way' });
const points = ({ id, experimentId }: NewRun, key: string, ...steps: number[]): NewPoints => ({
  runId: id,
  experimentId,
  key,
  points: { steps: Float64Array.from(steps), times: Float64Array.from(steps, (step) => step * 10), values: Float64Array.from(steps) },
});
const stepsOf = async ({ id }: NewRun, key: string) => {
  const { series } = await server.client.tracking.metrics.history({ runIds: [id], keys: [key], maxPoints: 100_000 });
  return series[0]?.steps;
};
const metrics = async ({ id }: NewRun) => (await server.client.tracking.runs.get({ id })).metrics;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function long(memory: SeriesMemory, batch: NewPoints[]): Promise<void> {
  memory.remember((await sql.begin((tx) => appendPoints(tx, batch))).rows);
}
async function short(memory: SeriesMemory, batch: NewPoints[]) {
  const commit = shortCommit(memory, batch);
  return commit && storeShort(sql, memory, commit);
}

describe('the short way', () => {
  test('stores what the long way would: points, the summary, and which series are crowded', async () => {
    const [run, memory] = [await newRun(), createSeriesMemory()];
    await long(memory, [points(run, 'a', 1), points(run, 'b', 5)]);
    const stored = await short(memory, [points(run, 'a', 3, 2, 2), points(run, 'b', 6), points(run, 'a', 4)]);
    expect(stored?.appended.map(({ key, points: { steps } }) => [key, [...steps]])).toEqual([
      ['a', [2, 3, 4]],
      ['b', [6]],
    ]);
    expect([await stepsOf(run, 'a'), await stepsOf(run, 'b')]).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    expect((await metrics(run)).a).toEqual({ last: 4, lastStep: 4, lastTime: 40, min: 1, max: 4, count: 4 });
    for (const step of range(5, 300)) {
      const { crowded } = (await short(memory, [points(run, 'a', step)])) ?? {};
      if (crowded?.length) return expect(step).toBeGreaterThan(200);
    }
    throw new Error('no series was said to be crowded');
  });

  test('is not for a series that is not remembered, nor for points that may repeat what it holds', async () => {
    const [run, memory] = [await newRun(), createSeriesMemory()];
    expect(shortCommit(memory, [points(run, 'a', 1)])).toBeNull();
    await long(memory, [points(run, 'a', 1, 5)]);
    expect(shortCommit(memory, [points(run, 'a', 5)])).toBeNull();
    expect(shortCommit(memory, [points(run, 'a', 4, 9)])).toBeNull();
    expect(shortCommit(memory, [points(run, 'a', 6), points(run, 'b', 6)])).toBeNull();
    expect(shortCommit(memory, [points(run, 'a', 6)])).not.toBeNull();
  });

  test('stores nothing of any series where another process has added to one of them', async () => {
    const [run, memory] = [await newRun(), createSeriesMemory()];
    await long(memory, [points(run, 'a', 1), points(run, 'b', 1)]);
    await long(createSeriesMemory(), [points(run, 'b', 2)]);
    expect(await short(memory, [points(run, 'a', 2), points(run, 'b', 2, 3)])).toBeNull();
    expect([await stepsOf(run, 'a'), await stepsOf(run, 'b')]).toEqual([[1], [1, 2]]);
    expect(memory.size).toBe(0);
  });

  test('does not mind that chunks were joined meanwhile', async () => {
    const [run, memory] = [await newRun(), createSeriesMemory()];
    await long(memory, [points(run, 'a', 1)]);
    for (const step of range(2, 10)) await short(memory, [points(run, 'a', step)]);
    const [series] = await sql<{ id: string }[]>`select id from series where run_id = ${run.id}`;
    await joinChunks(sql, series?.id ?? '');
    expect(await short(memory, [points(run, 'a', 10)])).not.toBeNull();
    const [row] = await sql`select small from series where run_id = ${run.id}`;
    expect(row?.small).toBe(2);
    expect(await stepsOf(run, 'a')).toEqual(range(1, 11));
  });

  test('keeps the values that are no numbers', async () => {
    const [run, memory] = [await newRun(), createSeriesMemory()];
    await long(memory, [points(run, 'a', 1)]);
    for (const [i, value] of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0].entries()) {
      const one = points(run, 'a', i + 2);
      one.points.values[0] = value;
      expect(await short(memory, [one])).not.toBeNull();
    }
    const { series } = await server.client.tracking.metrics.history({ runIds: [run.id], keys: ['a'] });
    expect(series[0]?.values).toEqual([1, 'NaN', 'Infinity', '-Infinity', 0]);
    expect((await metrics(run)).a).toMatchObject({ last: 0, min: 0, max: 1, count: 5 });
  });
});

test('what is remembered is bounded: of more series those that were written to last', () => {
  const memory = createSeriesMemory(2);
  const row = (key: string) => ({ id: '1', runId: 'r', key, last: 0, lastStep: 0, lastTime: 0, min: 0, max: 0, count: 1, small: 0 });
  memory.remember([row('a'), row('b')]);
  memory.remember([row('a'), row('c')]);
  expect([memory.size, memory.get('r a')?.key, memory.get('r b')]).toEqual([2, 'a', undefined]);
});

test('two servers on one database, twenty clients each, on the same series: every point once, and each server told of its own', async () => {
  const run = await newRun();
  const pools = [1, 2].map(() => postgres(server.database.url, { max: 4, onnotice: () => {} }));
  const gatherers = pools.map((pool) => createGatherer(pool, () => {}));
  let added = 0;
  const client = async (number: number) => {
    const gatherer = gatherers[number % 2];
    for (const n of range(0, 10)) {
      const batch = [points(run, 'shared', number * 100 + n, 9_000 + n), points(run, `own ${number}`, n)];
      const own = (await gatherer?.add(batch)) ?? 0;
      added += own;
    }
  };
  await Promise.all(range(0, 40).map(client));
  await Promise.all(pools.map((pool) => pool.end({ timeout: 5 })));
  expect(await stepsOf(run, 'shared')).toEqual([...range(0, 40).flatMap((c) => range(c * 100, c * 100 + 10)), ...range(9_000, 9_010)]);
  const kept = await metrics(run);
  expect([kept.shared?.count, kept['own 7']?.count, Object.keys(kept).length]).toEqual([410, 10, 41]);
  // A point that several brought into one commit is counted for each of them.
  expect(added).toBeGreaterThanOrEqual(40 * 10 + 410);
});

test('a connection that is lost within the commit: the points are refused, come again, and count once', async () => {
  const run = await newRun();
  const name = randomUUID();
  const pool = postgres(server.database.url, { max: 1, onnotice: () => {}, connection: { application_name: name } });
  const gatherer = createGatherer(pool, () => {});
  await gatherer.add([points(run, 'a', 1)]);
  await sql.begin(async (tx) => {
    await tx`select id from series where run_id = ${run.id} for update`;
    const adding = gatherer.add([points(run, 'a', 2)]);
    const refused = expect(adding).rejects.toThrow();
    await expect
      .poll(
        async () =>
          (await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name} and wait_event_type = 'Lock'`)
            .length,
      )
      .toBe(1);
    await refused;
  });
  expect(await stepsOf(run, 'a')).toEqual([1]);
  expect(await gatherer.add([points(run, 'a', 2)])).toBe(1);
  expect(await gatherer.add([points(run, 'a', 2)])).toBe(0);
  expect(await stepsOf(run, 'a')).toEqual([1, 2]);
  await pool.end({ timeout: 5 });
});

test.each([
  ['is away', 'ECONNREFUSED', 1],
  ['has lost the connection', 'CONNECTION_CLOSED', 1],
  ['is shutting down', '57P01', 1],
  ['has no connection left', '53300', 1],
  ['has a full disk', '53100', 1],
  ['refuses what one of them may have sent', '22003', 51],
  ['does not know why', 'ERR_OUT_OF_RANGE', 51],
])(
  'fifty that wait while the database %s ask it together, and each by itself only where one may be to blame',
  async (_name, code, asked) => {
    let calls = 0;
    const failing = new Proxy(sql, {
      get(pool, name) {
        if (name !== 'begin') return Reflect.get(pool, name);
        return async () => {
          calls += 1;
          throw Object.assign(new Error('no'), { code });
        };
      },
    });
    const gatherer = createGatherer(failing, () => {}, { mostHeld: 100_000 });
    const run = { id: '0'.repeat(32), experimentId: '1' };
    for (let round = 1; round <= 3; round++) {
      const answers = await Promise.allSettled(range(0, 50).map((step) => gatherer.add([points(run, 'a', step)])));
      expect(answers.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(Array(50).fill(code));
      expect(calls).toBe(asked * round);
    }
  },
);

test('one that the database refuses takes none of its group with it', async () => {
  const [run, gatherer] = [await newRun(), createGatherer(sql, () => {})];
  const nowhere = { id: randomUUID().replaceAll('-', ''), experimentId: run.experimentId };
  const answers = await Promise.allSettled([run, nowhere, run].map((one, step) => gatherer.add([points(one, 'a', step)])));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await stepsOf(run, 'a')).toEqual([0, 2]);
});

test('while the database does not get on only so much waits; more is refused with the reason, and taken once there is room', async () => {
  const run = await newRun();
  const gatherer = createGatherer(sql, () => {}, { mostHeld: 1_000_000 });
  await gatherer.add([points(run, 'a', 0)]);
  const waiting: Promise<number>[] = [];
  const many = (from: number) => [points(run, 'a', ...range(from, from + 20_000))];
  await sql.begin(async (tx) => {
    await tx`select id from series where run_id = ${run.id} for update`;
    waiting.push(gatherer.add(many(1)), gatherer.add(many(20_001)));
    await expect(gatherer.add(many(40_001))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      data: { issues: [{ reason: expect.stringContaining('wait for the database') }] },
    });
  });
  expect(await Promise.all(waiting)).toEqual([20_000, 20_000]);
  expect(await gatherer.add(many(40_001))).toBe(20_000);
  expect(await gatherer.add([points(run, 'a', ...range(100_000, 145_000))])).toBe(45_000);
});
