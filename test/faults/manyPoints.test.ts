import { describe, expect, test } from 'vitest';
import { points, realServer, valueAt } from './realServer.ts';

const server = realServer();
const KEY = 'loss';

test('twenty clients that log to one run and one key at once: every point is there, once', async () => {
  const run = await server.newRun();
  const CLIENTS = 20;
  const REQUESTS = 15;
  const counted = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      let added = 0;
      for (let i = 0; i < REQUESTS; i++) {
        // Neighbours overlap by half: each point is sent by two clients.
        const { status, body, text } = await server.log(run, points(KEY, (i * CLIENTS + client) * 5, 10));
        expect(status, text).toBe(200);
        added += body.points;
      }
      return added;
    }),
  );
  const last = (REQUESTS * CLIENTS - 1) * 5 + 10;
  const { steps, values, total } = await server.history(run, KEY);
  expect(total).toBe(last);
  expect(steps).toEqual(Array.from({ length: last }, (_, i) => i));
  expect(values).toEqual(steps.map(valueAt));
  expect(
    counted.reduce((a, b) => a + b, 0),
    'points that the answers called new; two at once may both have been first',
  ).toBeGreaterThanOrEqual(last);
});

describe('points as clocks and loops really make them', () => {
  const cases: [string, [step: number, time: number, value: number | string][]][] = [
    ['out of order', [5, 1, 4, 2, 3].map((step) => [step, 1_000 + step, step])],
    ['negative steps', [-3, -1, -2, 0].map((step) => [step, 1_000 + step, step])],
    ['a clock that runs backwards', [0, 1, 2, 3].map((step) => [step, 1_000 - step, step])],
    ['times before 1970', [0, 1].map((step) => [step, -1_000_000 + step, step])],
    ['the same point twice', [0, 0, 1, 1].map((step) => [step, 1_000, step])],
    [
      'one step with several values',
      [
        [7, 1_000, 1],
        [7, 1_000, 2],
        [7, 1_001, 1],
      ],
    ], // prettier-ignore
    [
      'NaN and infinities',
      [
        [0, 1_000, 'NaN'],
        [1, 1_000, 'Infinity'],
        [2, 1_000, '-Infinity'],
        [3, 1_000, -0],
      ],
    ], // prettier-ignore
    [
      'the largest steps and values',
      [
        [2 ** 53 - 1, 1_000, 1.7976931348623157e308],
        [-(2 ** 53 - 1), 8.64e15, 5e-324],
      ],
    ], // prettier-ignore
  ];
  test.each(cases)('%s: each is kept once, in step order, also when all of it is sent again', async (_name, given) => {
    const run = await server.newRun();
    const series = {
      key: KEY,
      steps: given.map(([s]) => s),
      times: given.map(([, t]) => t),
      values: given.map(([, , v]) => v),
    };
    const distinct = new Set(given.map((point) => JSON.stringify(point)));
    expect((await server.log(run, series)).body).toEqual({ points: distinct.size });
    expect((await server.log(run, series)).body).toEqual({ points: 0 });
    // One by one and from the end, too.
    for (let i = given.length - 1; i >= 0; i--) {
      const one = { key: KEY, steps: [series.steps[i]], times: [series.times[i]], values: [series.values[i]] };
      expect((await server.log(run, one)).body).toEqual({ points: 0 });
    }
    const { steps, times, values } = await server.history(run, KEY);
    const found = steps.map((step, i) => JSON.stringify([step, times[i], values[i]]));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(new Set(found)).toEqual(distinct);
    expect(found.length).toBe(distinct.size);
  });
});

test('ten thousand metric keys in one run are kept and can be read', async () => {
  const run = await server.newRun();
  const series = Array.from({ length: 10_000 }, (_, i) => points(`group ${i % 100}/metric ${i}`, 0, 3));
  const before = performance.now();
  const { status, body, text } = await server.log(run, ...series);
  const stored = performance.now();
  expect(status, text.slice(0, 300)).toBe(200);
  expect(body.points).toBe(30_000);
  const { metrics } = await server.ask<{ metrics: Record<string, { count: number }> }>('GET', `/runs/${run}`);
  console.log(`10,000 keys: stored in ${Math.round(stored - before)} ms, read in ${Math.round(performance.now() - stored)} ms`);
  expect(Object.keys(metrics).length).toBe(10_000);
  expect((await server.history(run, 'group 77/metric 9977')).values).toEqual([0, 1, 2].map(valueAt));
});

test('a million points in one request are taken; one more is refused with the limit, and memory comes back', async () => {
  const run = await server.newRun();
  const million = points(KEY, 0, 1_000_000);
  const text = JSON.stringify({ series: [million] });
  const idle = server.memory();
  const before = performance.now();
  expect(await server.ask('POST', `/runs/${run}/log`, text)).toEqual({ points: 1_000_000 });
  const took = performance.now() - before;
  const after = server.memory();
  console.log(
    `1,000,000 points, ${(text.length / 2 ** 20).toFixed(0)} MiB: ${Math.round(took)} ms; memory ${idle.now} → ${after.now} MiB, peak ${after.peak}`,
  );
  expect(after.peak, 'MiB').toBeLessThan(1_000);
  expect((await server.history(run, KEY)).total).toBe(1_000_000);

  const tooMany = JSON.stringify({ series: [points('a', 0, 600_000), points('b', 0, 400_001)] });
  const refused = await server.send<{ data: { issues: unknown[] } }>('POST', `/runs/${run}/log`, tooMany);
  expect(refused.status).toBe(413);
  expect(refused.body).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', data: { issues: [{ field: 'series' }] } });
  expect((await server.history(run, 'a')).total).toBe(0);
  expect(await server.isAlive()).toBe(true);
});
