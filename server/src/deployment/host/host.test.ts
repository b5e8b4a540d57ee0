import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { sweepEnvironments } from '../hosts/sweepEnvironments.ts';
import { sweepModels } from '../hosts/sweepModels.ts';
import { findRequest, parsePredictionId } from '../predictionLog/index.ts';
import { folderOfModel, rowsOfModel } from '../testModels.ts';
import { environmentsIn, keepForModel } from './python/environments.ts';
import { BEYOND } from './rows/beyond.ts';
import { type TestEndpoint, type TestHost, testEndpoint } from './testHost.ts';
import { folderOfFiles, unpackModel } from './unpackModel.ts';

const server = testServer();
let endpoint: TestEndpoint;
let host: TestHost;
let releaseId: string;

const { columns, data } = rowsOfModel('carriers');
const rows = data.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
const wanted = JSON.parse(readFileSync(join(folderOfModel('carriers'), 'answers.json'), 'utf8')) as {
  labels: string[];
  scores: number[][];
};
const close = (a: number[][], b: number[][]) => a.flat().forEach((x, i) => void expect(x).toBeCloseTo(b.flat()[i] as number, 5));

beforeAll(async () => {
  endpoint = await testEndpoint(server());
  releaseId = await endpoint.release('carriers');
  host = await endpoint.start();
});
afterAll(() => host?.close());

test('a row, a list of rows and a table are answered as the notebook answered', async () => {
  const one = await (await host.ask('/predict', rows[0])).json();
  expect(one).toMatchObject({ prediction: wanted.labels[0], predictionId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  close([Object.values(one.scores)] as number[][], [wanted.scores[0]!]);
  for (const body of [rows, { columns, data }]) {
    const many = await (await host.ask('/', body)).json();
    expect(many).toMatchObject({ predictions: wanted.labels, classes: ['late', 'on time'] });
    close(many.scores, wanted.scores);
  }
});

test('an answer names its prediction, and the log finds it with its rows', async () => {
  const response = await host.ask('/predict', rows.slice(0, 2));
  const id = response.headers.get('x-cellkeep-prediction-id') as string;
  expect((await response.json()).predictionId).toBe(id);
  expect(response.headers.get('x-cellkeep-version')).toBe('1');
  const { life, number } = parsePredictionId(id)!;
  const { sql } = server().database;
  const find = () => sql<{ payload: Buffer; firstNumber: string }[]>`
    select payload, first_number as "firstNumber" from prediction_chunks
    where life = ${life} and first_number <= ${number} and last_number >= ${number}`;
  await expect.poll(async () => (await find()).length, { timeout: 5_000 }).toBe(1);
  const [chunk] = await find();
  const logged = await findRequest(chunk!.payload, Number(chunk!.firstNumber), number);
  expect(logged).toMatchObject({
    ...{ releaseId, version: 1, rows: 2, status: 200, protocol: 'rows', caller: 'laptop', isShadow: false },
    inputs: { columns, data: data.slice(0, 2) },
    outputs: { columns: ['label', 'score:late', 'score:on time'] },
  });
  expect(logged?.outputs?.data.map(([label]) => label)).toEqual(wanted.labels.slice(0, 2));
});

test.each<[string, unknown, string]>([
  ['a wrong type', [rows[0], { ...rows[1], carrier: 7 }], 'rows[1].carrier: is 7, and must be a text'],
  ['a missing column', [{ carrier: 'UA', delay: 1 }], 'rows[0].distance: is missing'],
  ['an extra column', [{ ...rows[0], tail: 'N1' }], 'rows[0].tail: the model has no input "tail"'],
  ['a null', { ...rows[0], distance: null }, 'distance: is null, and must have a value'],
  ['half an integer', { ...rows[0], distance: 1.5 }, 'distance: is 1.5, which is no integer within ±(2^53 - 1)'],
  ['a number beyond all', '{"carrier":"UA","distance":1,"delay":-1e400}', `delay: ${BEYOND}`],
  ['one in a table', '{"columns":["carrier","distance","delay"],"data":[["UA",1,1],["UA",1,1e400]]}', `data[1].delay: ${BEYOND}`],
  ['an integer beyond all', '{"carrier":"UA","distance":1e400}', 'distance: is Infinity, which is no integer within ±(2^53 - 1)'],
  ['a text beyond all', '{"carrier":1e400,"distance":1}', 'carrier: is Infinity, and must be a text'],
  ['no row', [], ': there is no row'],
  ['a row that is none', [1], 'rows[0]: a row is an object with a value for each input'],
  ['a text', '"x"', ': the body must be a row (an object), a list of rows, or {columns, data}'],
  ['a column that every object has', { ...rows[0], constructor: 1 }, 'constructor: the model has no input "constructor"'],
  ['uneven rows', { columns, data: [['UA', 1]] }, 'data[0]: has 2 values for 3 columns'],
  ['what is no JSON', '{"carrier": NaN}', ': the body stops being JSON at line 1, column 13'],
  ['nothing', ' ', ': the body is empty'],
])('%s is refused with its place', async (_what, body, said) => {
  const response = await host.ask('/predict', body);
  const { code, status, data } = await response.json();
  expect([response.status, code, status]).toEqual([400, 'BAD_REQUEST', 400]);
  const { field, reason } = data.issues[0];
  expect(`${field}: ${reason}`).toBe(said);
});

test('who has no token, or a wrong one, is told so; the door needs its secret', async () => {
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${host.url}/predict`, {
      method: 'POST',
      body: JSON.stringify(rows[0]),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return `${response.status} ${response.headers.get('www-authenticate') ?? ''}`.trim();
  };
  expect(await ask({})).toBe('401 Bearer realm="cellkeep"');
  expect(await ask({ authorization: 'Bearer ck_wrong' })).toBe('401 Bearer realm="cellkeep"');
  expect(await ask({ authorization: `Bearer ${endpoint.secret}` })).toBe('200');
  expect(await ask({ authorization: `Basic ${btoa(`anybody:${endpoint.secret}`)}` })).toBe('200');
  expect(await ask({ authorization: `Bearer ${server().token}` })).toBe('200');
  expect(await ask({ 'x-cellkeep-door': 'no', 'x-cellkeep-caller': 'ada' })).toBe('401 Bearer realm="cellkeep"');
  expect(await ask({ 'x-cellkeep-door': endpoint.doorSecret, 'x-cellkeep-caller': 'ada' })).toBe('200');
});

/** Sends a head with a part of its body, and `rest` where there is one; returns as soon as something is answered. */
async function askInParts(path: string, headers: string, body: string, rest = ''): Promise<string> {
  const socket = connect({ port: host.port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n${body}`);
  if (rest !== '') setImmediate(() => socket.write(rest));
  await expect.poll(() => text, { timeout: 5_000 }).toMatch(/^HTTP\/1\.1 \d+ .*\r\n\r\n./s);
  socket.destroy();
  return text;
}

test('a body of somebody who may not ask, or that nobody needs, is not waited for', async () => {
  const announced = 'content-type: application/json\r\ncontent-length: 5000000\r\n';
  const refused = /^HTTP\/1\.1 401 .*\r\nconnection: close\r\n/s;
  expect(await askInParts('/predict', announced, '[')).toMatch(refused);
  expect(await askInParts('/predict', `authorization: Bearer cke_wrong\r\n${announced}`, '[')).toMatch(refused);
  expect(await askInParts('/predict', 'transfer-encoding: chunked\r\n', '1\r\n[\r\n')).toMatch(refused);
  expect(await askInParts('/nowhere', announced, '[')).toMatch(/^HTTP\/1\.1 404 /);
  const text = JSON.stringify(rows[0]);
  for (const secret of [endpoint.secret, server().token]) {
    const headers = `authorization: Bearer ${secret}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n`;
    expect(await askInParts('/predict', headers, text.slice(0, 5), text.slice(5))).toMatch(/^HTTP\/1\.1 200 /);
  }
});

test('counters of traffic and of spread are added up', async () => {
  const { sql } = server().database;
  const read = async () => {
    const [traffic] = await sql`
      select sum(requests)::int as requests, sum(rows)::int as rows, sum(client_errors)::int as errors,
        sum((select sum(x) from unnest(latencies) as x))::int as timed from traffic_counts where release_id = ${releaseId}`;
    const spread = await sql`select kind, name, missing::int, counts from spread_counts where release_id = ${releaseId}`;
    return { traffic, spread };
  };
  const asked = rows.length + (await read()).traffic?.rows;
  await host.ask('/predict', rows);
  await host.ask('/predict', [1]);
  await expect.poll(async () => (await read()).traffic?.rows, { timeout: 5_000 }).toBeGreaterThanOrEqual(asked);
  const { traffic, spread } = await read();
  const [log] =
    await sql`select sum(requests)::int as requests, sum(errors)::int as errors from prediction_chunks where endpoint_id = ${endpoint.id}`;
  expect({ requests: traffic?.requests, errors: traffic?.errors }).toEqual(log);
  expect(traffic?.timed).toBe(traffic?.requests);
  const of = (name: string) => spread.find((row) => row.name === name);
  expect(spread.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
    'feature carrier',
    'feature delay',
    'feature distance',
    'prediction label',
  ]);
  expect(of('carrier')?.counts.reduce((sum: number, n: string) => sum + Number(n), 0)).toBe(traffic?.rows);
  expect(of('delay')?.missing).toBeGreaterThan(0);
});

test('from the step of a canary on predictions are counted apart, also of the hour in which it began', async () => {
  const { sql } = server().database;
  const before = Array.from({ length: 40 }, () => rows).flat();
  await host.ask('/predict', before);
  const began = Math.floor(Date.now() / 3_600_000) * 3_600_000 + 1_234;
  const state = sql.json({ step: 0, stepStartedAt: began, verdict: 'waiting', reason: '' });
  await sql`update releases set role = 'canary', canary = ${state} where id = ${releaseId}`;
  await endpoint.changed();
  const counted = async () => {
    const [row] = await sql`
      select (select sum(n) from unnest(counts) as n)::int as rows from spread_counts
      where release_id = ${releaseId} and at = ${began} and kind = 'prediction'`;
    return row?.rows ?? 0;
  };
  let asked = 0;
  await expect
    .poll(async () => {
      await host.ask('/predict', rows[0]);
      asked++;
      return counted();
    })
    .toBeGreaterThan(0);
  expect(await counted(), 'none of those that were asked before').toBeLessThanOrEqual(asked);
  await sql`update releases set role = 'live', canary = null where id = ${releaseId}`;
  await endpoint.changed();
});

test('models that no release uses and nobody has loaded for a day are swept, with what killed processes have left', async () => {
  const { cache } = host;
  const old = new Date(Date.now() - 2 * 86_400_000);
  const [served] = await readdir(cache);
  const gone = spawnSync('true').pid;
  const make = (name: string, at = new Date()) => {
    mkdirSync(join(cache, name));
    utimesSync(join(cache, name), at, at);
    return name;
  };
  const nameOf = (letter: string) => letter.repeat(64);
  utimesSync(join(cache, served as string), old, old);
  const model = make(nameOf('a'), old);
  const left = [make(`.${nameOf('b')}.${randomUUID()}`, old), make(`worker-${gone}-abCD12`), make(`.going.${randomUUID()}`)];
  const young = [make(nameOf('c')), make(`.${nameOf('d')}.${randomUUID()}`), make('cellkeep', old)];
  const { sql } = server().database;
  const scoring = make(`scorer-${process.pid}-abCD12`, old); // with a model of which nobody knows which it is
  expect((await sweepModels(sql, cache)).sort()).toEqual(left.sort());
  rmdirSync(join(cache, scoring));
  expect(await sweepModels(sql, cache)).toEqual([model]);
  expect((await readdir(cache)).sort()).toEqual([served, ...young].sort());
  expect((await host.ask('/predict', rows[0])).status).toBe(200);
  // What somebody loads again is not old any more.
  const files = [{ path: 'model.onnx', digest: nameOf('e'), size: 1, userName: 'nobody' }];
  const again = make(folderOfFiles(files), old);
  expect(await unpackModel(files, async () => null, cache)).toBe(join(cache, again));
  expect(await sweepModels(sql, cache)).toEqual([]);
});

describe('a Python environment goes when nobody has taken it for its days', () => {
  const other = 'f'.repeat(64);
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
  let [cache, folder, served] = ['', '', ''];
  const sweep = async (options = {}) => (await sweepEnvironments(server().database.sql, cache, 10, options)).sort();
  const age = (name: string, days: number) => utimesSync(join(folder, name), ago(days), ago(days));
  /** @param model null: built by a server that named none */
  const make = async (letter: string, { days = 99, model = other as string | null, isWhole = true } = {}) => {
    const name = `python3.11-${letter.repeat(24)}`;
    mkdirSync(join(folder, name, 'bin'), { recursive: true });
    if (isWhole) writeFileSync(join(folder, name, 'cellkeep-complete.json'), '{}');
    if (isWhole && model) expect(await keepForModel(join(folder, name, 'bin/python'), model, cache)).toBe(true);
    age(name, days);
    return name;
  };
  beforeAll(async () => {
    ({ cache } = host);
    folder = environmentsIn(cache);
    [served = ''] = (await readdir(cache)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const { sql } = server().database;
    await sql`
      update model_bundles set bundle = bundle || ${sql.json({ runtime: 'python' })}
      where logged_model_id = (select logged_model_id from releases where id = ${releaseId})`;
  });
  beforeEach(() => rmSync(folder, { recursive: true, force: true }));

  test('but none of a model that a release still needs', async () => {
    const [old, half] = [await make('a', { days: 11 }), await make('b', { days: 2, isWhole: false })];
    const kept = [
      await make('c', { model: served }),
      await make('d', { days: 9 }),
      await make('e', { days: 0, isWhole: false }),
      `${old}.lock`,
    ];
    writeFileSync(join(folder, `${old}.lock`), '');
    expect(await sweep()).toEqual([old, half]);
    expect((await readdir(folder)).sort()).toEqual(kept.sort());
    // What is gone is told to whoever wants it.
    expect(await keepForModel(join(folder, old, 'bin/python'), served, cache)).toBe(false);
    expect(existsSync(join(folder, old))).toBe(false);
  });

  test('counted from when it is first seen, where an older server has built it', async () => {
    const unnamed = await make('a', { model: null });
    await make('b', { model: served });
    expect(await sweep()).toEqual([]);
    expect(statSync(join(folder, unnamed)).mtimeMs).toBeGreaterThan(ago(1).getTime());
    age(unnamed, 11);
    expect(await sweep()).toEqual([unnamed]);
  });

  test('but none while a release is of a model that was not loaded since an older server built them', async () => {
    const [unnamed, named] = [await make('a', { model: null }), await make('b')];
    expect(await sweep()).toEqual([]);
    age(unnamed, 99);
    expect(await sweep()).toEqual([]);
    expect(await sweep({ isOfHosts: false }), 'where no host takes its environments from').toEqual([unnamed, named]);
    await make('a', { model: null });
    await make('b');
    expect(await sweep()).toEqual([]);
    age(unnamed, 99);
    expect(await keepForModel(process.execPath, served, cache), 'loaded, and it needs none of them').toBe(true);
    expect(await sweep()).toEqual([unnamed, named]);
  });
});
