import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { joinChunks } from './joinChunks.ts';
import { readCurves } from './readHistory.ts';

const server = testServer();

type Points = { key: string; steps: number[]; times: number[]; values: (number | 'NaN' | 'Infinity' | '-Infinity')[] };
const line = (key: string, steps: number[], value = (step: number) => step / 10): Points => ({
  key,
  steps,
  times: steps.map((step) => 1.7e12 + step),
  values: steps.map(value),
});
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function newRun(): Promise<string> {
  return (await server().client.tracking.runs.create({ experimentName: 'points' })).id;
}
const log = async (id: string, ...series: Points[]) => (await server().client.tracking.runs.log({ id, series })).points;
async function history(id: string, key: string, more: { maxPoints?: number; fromStep?: number; toStep?: number } = {}) {
  const { series } = await server().client.tracking.metrics.history({ runIds: [id], keys: [key], maxPoints: 1_000_000, ...more });
  return series[0];
}
const summary = async (id: string, key: string) => (await server().client.tracking.runs.get({ id })).metrics[key];

test('points come back in step order, with what the table shows of them', async () => {
  const id = await newRun();
  expect(await log(id, line('loss', [3, 1, 2]))).toBe(3);
  expect(await history(id, 'loss')).toMatchObject({ steps: [1, 2, 3], values: [0.1, 0.2, 0.3], total: 3, sampled: false });
  expect(await summary(id, 'loss')).toEqual({ last: 0.3, lastStep: 3, lastTime: 1.7e12 + 3, min: 0.1, max: 0.3, count: 3 });
});

test('the same points sent again count once, also in other company and in other order', async () => {
  const id = await newRun();
  await log(id, line('loss', range(0, 100)));
  expect(await log(id, line('loss', range(0, 100)))).toBe(0);
  expect(await log(id, line('loss', range(50, 150).reverse()))).toBe(50);
  expect(await log(id, line('loss', [7, 7, 200, 200]))).toBe(1);
  expect((await history(id, 'loss'))?.steps).toEqual([...range(0, 150), 200]);
  expect(await summary(id, 'loss')).toMatchObject({ count: 151, lastStep: 200 });
});

test('equal steps with another time or value are other points; the greatest (step, time, value) is the last', async () => {
  const id = await newRun();
  await log(id, { key: 'a', steps: [5, 5, 5], times: [2, 1, 2], values: [1, 9, 3] });
  expect(await history(id, 'a')).toMatchObject({ steps: [5, 5, 5], times: [1, 2, 2], values: [9, 1, 3] });
  expect(await summary(id, 'a')).toMatchObject({ last: 3, lastTime: 2, count: 3 });
  await log(id, { key: 'a', steps: [4], times: [99], values: [100] });
  expect(await summary(id, 'a')).toMatchObject({ last: 3, max: 100, count: 4 });
});

test('NaN and infinities are kept; least and greatest are of the finite values', async () => {
  const id = await newRun();
  await log(id, { key: 'a', steps: [0, 1, 2, 3], times: [0, 0, 0, 0], values: [2, 'NaN', 'Infinity', '-Infinity'] });
  expect((await history(id, 'a'))?.values).toEqual([2, 'NaN', 'Infinity', '-Infinity']);
  expect(await summary(id, 'a')).toMatchObject({ last: '-Infinity', min: 2, max: 2 });
  await log(id, { key: 'only', steps: [0], times: [0], values: ['NaN'] });
  expect(await summary(id, 'only')).toMatchObject({ last: 'NaN', min: 'NaN', max: 'NaN', count: 1 });
});

test('steps may be negative and as large as an integer can be, clocks may be anywhere', async () => {
  const id = await newRun();
  const steps = [Number.MIN_SAFE_INTEGER, -5, 0, Number.MAX_SAFE_INTEGER];
  await log(id, { key: 'a', steps, times: [8.64e15, -8.64e15, 0, 5], values: [1, 2, 3, 4] });
  expect(await history(id, 'a')).toMatchObject({ steps, times: [8.64e15, -8.64e15, 0, 5] });
  expect((await history(id, 'a', { fromStep: -5, toStep: 0 }))?.steps).toEqual([-5, 0]);
});

test('many clients at once on one series: every point once', async () => {
  const id = await newRun();
  const clients = range(0, 20).map(async (client) => {
    let added = 0;
    for (const batch of range(0, 10)) added += await log(id, line('shared', [client * 100 + batch * 10, client * 100 + batch * 10 + 1]));
    return added;
  });
  expect((await Promise.all(clients)).reduce((a, b) => a + b, 0)).toBe(400);
  const found = await history(id, 'shared');
  expect(found?.steps).toEqual(range(0, 20).flatMap((c) => range(0, 10).flatMap((b) => [c * 100 + b * 10, c * 100 + b * 10 + 1])));
  expect(await summary(id, 'shared')).toMatchObject({ count: 400 });
});

describe('a long series', () => {
  test('is zoomed: first and last point are there, the band holds every value, the count is exact', async () => {
    const id = await newRun();
    for (const part of range(0, 4))
      await log(
        id,
        line('wave', range(part * 50_000, (part + 1) * 50_000), (step) => Math.sin(step / 1_000) + (step === 123_456 ? 50 : 0)),
      );
    const zoomed = await history(id, 'wave', { maxPoints: 1_000 });
    expect(zoomed).toMatchObject({ total: 200_000, sampled: true });
    expect(zoomed?.steps.length).toBe(1_000);
    expect([zoomed?.steps[0], zoomed?.steps.at(-1)]).toEqual([0, 199_999]);
    expect(zoomed?.values.at(-1)).toBeCloseTo(Math.sin(199.999), 12);
    expect(Math.max(...((zoomed?.max ?? []) as number[]))).toBeGreaterThan(49);
    expect(zoomed?.steps).toEqual([...(zoomed?.steps ?? [])].sort((a, b) => a - b));
    const part = await history(id, 'wave', { maxPoints: 100, fromStep: 60_001, toStep: 160_000 });
    expect(part).toMatchObject({ total: 100_000, sampled: true });
    expect([part?.steps[0], part?.steps.at(-1)]).toEqual([60_001, 160_000]);
    const near = await history(id, 'wave', { maxPoints: 100, fromStep: 123_450, toStep: 123_459 });
    expect(near).toMatchObject({ total: 10, sampled: false, steps: range(123_450, 123_460) });
  });

  test('that came point by point is joined and stays the same', async () => {
    const id = await newRun();
    for (const step of range(0, 70)) await log(id, line('drip', [step % 2 === 0 ? step : -step]));
    const before = await history(id, 'drip');
    const [series] = await server().services.sql<{ id: string }[]>`select id from series where key = 'drip'`;
    const chunksOf = async () =>
      (await server().services.sql`select n from chunks where series_id = ${series!.id}`).map(({ n }) => n as number);
    await joinChunks(server().services.sql, series!.id);
    expect(await chunksOf()).toEqual([70]);
    expect(await history(id, 'drip')).toEqual(before);
    expect(await log(id, line('drip', [-1, 70]))).toBe(1); // -1 is known
    expect((await history(id, 'drip'))?.steps.length).toBe(71);
  });
});

test('chunks that are joined while they are being read are read again', async () => {
  const id = await newRun();
  for (const step of range(0, 20)) await log(id, line('joined', [step]));
  const { sql } = server().services;
  const [series] = await sql<{ id: string; workspaceId: string }[]>`
    select s.id, r.workspace_id as "workspaceId" from series s join runs r on r.id = s.run_id where s.key = 'joined'`;
  let joined = 0;
  // Between the first query, which finds the chunks, and the second, which reads them.
  const interrupted = new Proxy(sql, {
    apply(target, self, given) {
      const query = Reflect.apply(target, self, given) as unknown as Promise<unknown>;
      if (joined > 0) return query;
      return query.then(async (rows) => {
        joined += await joinChunks(sql, series!.id);
        return rows;
      });
    },
  });
  const [curve] = await readCurves(interrupted, series!.workspaceId, { runIds: [id], keys: ['joined'], maxPoints: 1_000 });
  expect(joined).toBe(19);
  expect([...curve!.steps]).toEqual(range(0, 20));
});

test('a curve that is logged point by point is joined by itself', async () => {
  const id = await newRun();
  for (const step of range(0, 300)) await log(id, line('slow', [step]));
  await expect
    .poll(async () => {
      const [row] = await server().services.sql`
        select count(*)::int as chunks from chunks c join series s on s.id = c.series_id where s.run_id = ${id} and s.key = 'slow'`;
      return row?.chunks as number;
    })
    .toBeLessThan(70);
  expect((await history(id, 'slow'))?.steps).toEqual(range(0, 300));
});

test('several runs and keys come in the order that was asked for; what is not there is left out', async () => {
  const [a, b] = [await newRun(), await newRun()];
  await log(a, line('x', [1]), line('y', [2]));
  await log(b, line('y', [3]));
  const { series } = await server().client.tracking.metrics.history({ runIds: [b, a, 'f'.repeat(32)], keys: ['y', 'x', 'z'] });
  expect(series.map(({ runId, key, steps }) => [runId, key, steps])).toEqual([
    [b, 'y', [3]],
    [a, 'x', [1]],
    [a, 'y', [2]],
  ]);
});

test.each([
  ['columns of unequal length', { key: 'a', steps: [1], times: [], values: [1] }, 'series[0]'],
  ['a step that is no integer', { key: 'a', steps: [0.5], times: [0], values: [0] }, 'series[0].steps[0]'],
  ['a step beyond 2^53', { key: 'a', steps: [2 ** 60], times: [0], values: [0] }, 'series[0].steps[0]'],
  ['a word that is no number', { key: 'a', steps: [0], times: [0], values: ['x'] }, 'series[0].values[0]'],
  ['a key that leaves its place', { key: '../a', steps: [0], times: [0], values: [0] }, 'series[0].key'],
  ['a time that no clock shows', { key: 'a', steps: [0], times: [9e15], values: [0] }, 'series[0].times[0]'],
])('%s is refused with its field, and nothing is stored', async (_, series, field) => {
  const id = await newRun();
  const body = JSON.stringify({ series: [series, line('good', [1])], params: { lr: '1' } });
  const answer = await server().fetch(`runs/${id}/log`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const { code, data } = (await answer.json()) as { code: string; data: { issues: { field: string }[] } };
  expect([answer.status, code, data.issues[0]?.field]).toEqual([400, 'BAD_REQUEST', field]);
  const run = await server().client.tracking.runs.get({ id });
  expect([run.metrics, run.params]).toEqual([{}, {}]);
});

test('a kernel and an API client that log new keys to one run at once stand in nobody’s way', async () => {
  const id = await newRun();
  const { tracking } = server().client;
  await log(id, line('loss', [0]));
  const api = async (client: number) => {
    for (const step of range(1, 16)) await log(id, line('loss', [client * 1_000 + step]), line(`api ${client} ${step}`, [1]));
  };
  const kernel = async (number: number) => {
    const writer = crypto.randomUUID();
    for (const seq of range(1, 16)) {
      const series = [line(`kernel ${number} ${seq}`, [1]), line('loss', [number * 1_000 + seq])];
      const records = [
        { type: 'params', runId: id, params: { [`p${number} ${seq}`]: '1' } },
        { type: 'points', runId: id, series },
      ];
      expect((await tracking.ingest({ writer, seq, records })).rejected).toEqual([]);
    }
  };
  await Promise.all([api(1), kernel(2), api(3), kernel(4)]);
  const run = await tracking.runs.get({ id });
  expect(run.metrics.loss?.count).toBe(61);
  expect(Object.keys(run.metrics)).toHaveLength(61);
  expect(Object.keys(run.params)).toHaveLength(30);
});

test('metrics keep the order in which they were first logged', async () => {
  const id = await newRun();
  await log(id, line('zeta', [0]), line('alpha', [0]));
  await log(id, line('mid', [0]), line('alpha', [1]));
  expect(Object.keys((await server().client.tracking.runs.get({ id })).metrics)).toEqual(['zeta', 'alpha', 'mid']);
});

test('a deleted run takes no points, params or tags, by itself or with its experiment; a restored one does', async () => {
  const id = await newRun();
  const { tracking } = server().client;
  await log(id, line('a', [0])); // its place is remembered from now on
  const refused = { code: 'CONFLICT', data: { issues: [{ field: 'id', reason: `run ${id} is deleted`, remedy: expect.any(String) }] } };
  const { experimentId } = await tracking.runs.get({ id });
  const both = [
    [() => tracking.runs.delete({ ids: [id] }), () => tracking.runs.restore({ ids: [id] })],
    [() => tracking.experiments.delete({ id: experimentId }), () => tracking.experiments.restore({ id: experimentId })],
  ] as const;
  for (const [remove, restore] of both) {
    await remove();
    await expect(log(id, line('a', [1]))).rejects.toMatchObject(refused);
    await expect(tracking.runs.log({ id, params: { lr: '1' }, tags: { a: 'b' } })).rejects.toMatchObject(refused);
    await restore();
  }
  expect(await log(id, line('a', [1]))).toBe(1);
  expect(await tracking.runs.get({ id })).toMatchObject({ params: {}, tags: {}, metrics: { a: { count: 2 } } });
});
