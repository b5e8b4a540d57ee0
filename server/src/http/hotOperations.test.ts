/** Both ways to an operation answer alike: the ordinary one is taken by whoever says that JSON is UTF-8, which it is in any case. */
import { CURVE_BYTES, decodeCurves } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const HOT = 'application/json';
const ORDINARY = 'application/json; charset=utf-8';

let run: string;
beforeAll(async () => {
  run = (await server().client.tracking.runs.create({ experimentName: 'two ways' })).id;
});

async function ask(type: string, path: string, body: string, headers: Record<string, string> = {}) {
  const answer = await server().fetch(path, { method: 'POST', body, headers: { 'content-type': type, ...headers } });
  const text = await answer.text();
  const told = ['www-authenticate', 'x-content-type-options', 'cache-control'].map((name) => answer.headers.get(name));
  expect(answer.headers.get('content-type')).toMatch(/^application\/json(; charset=utf-8)?$/);
  expect(answer.headers.get('x-request-id')).toBeTruthy();
  return { status: answer.status, told, body: JSON.parse(text) as Record<string, unknown> };
}

const series = (given: object) => JSON.stringify({ series: [{ key: 'loss', steps: [1], times: [1], values: [1], ...given }] });

describe.each([
  ['a point that is there', series({}), {}, 200],
  ['no series', '{}', {}, 200],
  ['an empty list of series', '{"series":[]}', {}, 200],
  ['more than points', JSON.stringify({ params: { lr: '1' }, tags: { a: 'b' } }), {}, 200],
  ['members that nobody knows', JSON.stringify({ unknown: 1 }), {}, 200],
  ['null for series', '{"series":null}', {}, 400],
  ['a list for an object', '[]', {}, 400],
  ['a word for an object', '"x"', {}, 400],
  ['no JSON', '{"series":\n[}', {}, 400],
  ['a byte order mark', '\u{feff}{}', {}, 200],
  ['columns of unequal length', series({ steps: [1, 2] }), {}, 400],
  ['a step that is no integer', series({ steps: [0.5] }), {}, 400],
  ['a number beyond float64', series({}).replace('"values":[1]', '"values":[1e999]'), {}, 400],
  ['a word for a value', series({ values: ['x'] }), {}, 400],
  ['null for a value', series({ values: [null] }), {}, 400],
  ['a key that leaves its place', series({ key: '../x' }), {}, 400],
  ['no key', series({ key: undefined }), {}, 400],
  ['no token', series({}), { authorization: 'none' }, 401],
  ['an unknown token', series({}), { authorization: 'Bearer ck_wrong' }, 401],
  ['a foreign page', series({}), { origin: 'https://elsewhere.example' }, 403],
])('%s', (_, body, headers, status) => {
  test(`is ${status}, and the same on both ways`, async () => {
    const hot = await ask(HOT, `runs/${run}/log`, body, headers);
    expect(hot.status).toBe(status);
    expect(hot).toEqual(
      await ask(ORDINARY, `runs/${run}/log`, body, headers).then((one) => ({ ...one, body: withoutCount(hot.body, one.body) })),
    );
  });
});

/** The second of two requests finds the points of the first. */
function withoutCount(first: Record<string, unknown>, second: Record<string, unknown>) {
  return 'points' in second ? { ...second, points: first.points } : second;
}

test('a run that is not there, and a caller who may only look, are refused alike', async () => {
  const viewer = await server().tokenOf('viewer');
  for (const [path, headers, status] of [
    [`runs/${'f'.repeat(32)}/log`, {}, 404],
    [`runs/${run}/log`, { authorization: `Bearer ${viewer}` }, 403],
    [`runs/${run.toUpperCase()}/log`, {}, 400],
    ['runs/x/log', {}, 400],
  ] as const) {
    const hot = await ask(HOT, path, series({}), headers);
    expect(hot.status, path).toBe(status);
    expect(hot).toEqual(await ask(ORDINARY, path, series({}), headers));
  }
});

test('a curve is the same on both ways: whole, in buckets, with values that are no numbers, and asked for wrongly', async () => {
  const steps = Array.from({ length: 3_000 }, (_, i) => i);
  const values = steps.map((step) => ['NaN', 'Infinity', '-Infinity'][step % 50] ?? Math.sin(step));
  await ask(
    HOT,
    `runs/${run}/log`,
    JSON.stringify({ series: [{ key: 'wave "1"', steps, times: steps, values }] }).replace('wave \\"1\\"', 'wave'),
  );
  for (const asked of [
    { runIds: [run], keys: ['wave'], maxPoints: 5_000 },
    { runIds: [run], keys: ['wave', 'loss'], maxPoints: 100 },
    { runIds: [run], keys: ['wave'], fromStep: 10, toStep: '20' },
    { runIds: [run], keys: ['none'] },
    { runIds: [], keys: ['wave'] },
    { runIds: [run], keys: ['wave'], maxPoints: 1 },
    { runIds: run, keys: 'wave' },
  ]) {
    const hot = await ask(HOT, 'metrics/history', JSON.stringify(asked));
    expect(hot, JSON.stringify(asked)).toEqual(await ask(ORDINARY, 'metrics/history', JSON.stringify(asked)));
  }
  const asked = JSON.stringify({ runIds: [run], keys: ['wave', 'loss'], maxPoints: 100 });
  const answer = await server().fetch('metrics/history', {
    method: 'POST',
    body: asked,
    headers: { accept: CURVE_BYTES, 'content-type': 'application/json' },
  });
  expect(answer.headers.get('content-type')).toBe(CURVE_BYTES);
  const inBytes = decodeCurves(await answer.arrayBuffer()).map(({ steps, times, values, min, max, ...rest }) => {
    const wire = (column: Float64Array) => Array.from(column, toWire);
    return { ...rest, steps: wire(steps), times: wire(times), values: wire(values), ...(min && max && { min: wire(min), max: wire(max) }) };
  });
  const { body } = await ask(HOT, 'metrics/history', asked);
  expect(inBytes).toEqual(body.series);
});

test('a revoked token is refused at once, though it was known a moment ago', async () => {
  const { access } = server().client;
  const { user } = await access.users.create({ name: 'leaving', role: 'editor' });
  const token = await access.tokens.create({ label: 'test', userId: user.id });
  const headers = { authorization: `Bearer ${token.secret}` };
  expect((await ask(HOT, `runs/${run}/log`, series({}), headers)).status).toBe(200);
  await access.tokens.revoke({ id: token.token.id });
  expect((await ask(HOT, `runs/${run}/log`, series({}), headers)).status).toBe(401);
});

test('hot requests are counted, and carry the id that they came with', async () => {
  const answer = await server().fetch(`runs/${run}/log`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': HOT, 'x-request-id': 'mine-1' },
  });
  expect(answer.headers.get('x-request-id')).toBe('mine-1');
  const text = await (await fetch(`${server().url}/metrics`, { headers: { authorization: `Bearer ${server().token}` } })).text();
  expect(text).toMatch(/^cellkeep_request_seconds_count\{method="POST",status="2xx"\} [1-9]/m);
});
