import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Table, tableFromIPC, tableToIPC, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { folderOfModel, rowsOfModel } from '../testModels.ts';
import { type TestHost, testEndpoint } from './testHost.ts';

const server = testServer();
/** Texts, an integer, a float that may be missing; and thirty floats. */
let carriers: TestHost;
let forest: TestHost;
let name = '';

const of = (model: 'carriers' | 'forest') => {
  const { columns, data } = rowsOfModel(model);
  const answers = JSON.parse(readFileSync(join(folderOfModel(model), 'answers.json'), 'utf8')) as { labels: unknown[]; scores: number[][] };
  return { columns, data, ...answers, records: data.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))) };
};
const [c, f] = [of('carriers'), of('forest')];
const column = (table: typeof c, i: number) => table.data.map((row) => row[i]);

beforeAll(async () => {
  const [one, other] = [await testEndpoint(server()), await testEndpoint(server())];
  await one.release('carriers');
  await other.release('forest');
  name = one.name;
  [carriers, forest] = [await one.start(), await other.start()];
});
afterAll(() => Promise.all([carriers?.close(), forest?.close()]));

async function predictions(host: TestHost, body: unknown, type = 'application/json') {
  const response = await host.ask('/invocations', body, { headers: { 'content-type': type } });
  return [response.status, await response.json()];
}
const csvCell = (value: unknown) => (typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : (value ?? ''));

test.each<[string, (table: typeof c) => unknown, string?]>([
  ['dataframe_split', ({ columns, data }) => ({ dataframe_split: { columns, data, index: data.map((_, i) => i) } })],
  [
    'dataframe_split in another order, with a column too much',
    ({ columns, data }) => ({
      dataframe_split: { columns: [...columns, 'more'].reverse(), data: data.map((row) => [...row, 1].reverse()) },
    }),
  ],
  ['dataframe_records, with params', ({ records }) => ({ dataframe_records: records, params: { seed: 1 } })],
  ['inputs by column', ({ columns, data }) => ({ inputs: Object.fromEntries(columns.map((key, i) => [key, data.map((row) => row[i])])) })],
  ['instances', ({ records }) => ({ instances: records })],
  ['CSV', ({ columns, data }) => [columns, ...data].map((row) => row.map(csvCell).join(',')).join('\n'), 'text/csv; charset=utf-8'],
])('MLflow’s %s is answered as a model with two kinds of columns answers', async (_what, body, type) => {
  expect(await predictions(carriers, body(c), type)).toEqual([200, { predictions: c.labels }]);
  expect(await predictions(forest, body(f as typeof c), type)).toEqual([200, { predictions: f.labels }]);
});

test('rows of an array are taken in the order of the signature', async () => {
  expect(await predictions(forest, { inputs: f.data })).toEqual([200, { predictions: f.labels }]);
  expect(await predictions(forest, { instances: f.data })).toEqual([200, { predictions: f.labels }]);
});

test.each<[string, unknown, string, RegExp]>([
  ['two formats at once', { inputs: [], instances: [] }, 'application/json', /exactly one of the input fields/],
  ['no format', { rows: [] }, 'application/json', /Received dictionary with input fields: \[rows\]/],
  ['a list', [1], 'application/json', /Received a list/],
  ['no JSON', '{"inputs": [1,}', 'application/json', /stops being JSON at line 1, column 15/],
  ['a split with more', { dataframe_split: { rows: [] } }, 'application/json', /must have 'data' field/],
  ['a missing column', { dataframe_records: [{ carrier: 'UA' }] }, 'application/json', /dataframe_records\[0\]\.distance: is missing/],
  ['a wrong cell', 'carrier,distance\nUA,far', 'text/csv', /rows\[0\]\.distance: is "far", and must be an integer/],
  [
    'a number beyond all',
    '{"inputs":{"carrier":["UA"],"distance":[1],"delay":[1e400]}}',
    'application/json',
    /inputs\.delay\[0\]: is a number beyond/,
  ],
  ['a cell beyond all', 'carrier,distance,delay\nUA,1,1e400', 'text/csv', /rows\[0\]\.delay: is "1e400", and must be a number/],
  ['a short line', 'carrier,distance\nUA', 'text/csv', /line 2: has 1 cells for 2 columns/],
])('MLflow’s clients hear of %s in its shape', async (_what, body, type, message) => {
  expect(await predictions(carriers, body, type)).toEqual([400, { error_code: 'BAD_REQUEST', message: expect.stringMatching(message) }]);
});

test('MLflow’s probes and its refusal of other kinds of bodies are there', async () => {
  for (const path of ['/ping', '/health'])
    expect([(await carriers.ask(path)).status, await (await carriers.ask(path)).text()]).toEqual([200, '\n']);
  expect((await carriers.ask('/version')).status).toBe(200);
  for (const type of ['application/xml', 'application/json; charset=latin1', 'application/json; x=y']) {
    const response = await carriers.ask('/invocations', '{}', { headers: { 'content-type': type } });
    expect([response.status, response.headers.get('content-type')]).toEqual([415, 'text/plain; charset=utf-8']);
  }
});

const tensors = () => [
  { name: 'carrier', datatype: 'BYTES', shape: [5], data: column(c, 0) },
  { name: 'distance', datatype: 'INT64', shape: [5, 1], data: column(c, 1).map((value) => [value]) },
  { name: 'delay', datatype: 'FP64', shape: [5], data: column(c, 2) },
];

test('an Open Inference client finds the model, and is answered by tensors', async () => {
  for (const path of ['/v2/health/live', '/v2/health/ready', `/v2/models/${name}/ready`, '/v2'])
    expect((await carriers.ask(path)).status).toBe(200);
  const metadata = await (await carriers.ask(`/v2/models/${name}`)).json();
  expect(metadata).toEqual({
    ...{ name, versions: ['1'], platform: 'onnxruntime_onnx' },
    inputs: [
      { name: 'carrier', datatype: 'BYTES', shape: [-1] },
      { name: 'distance', datatype: 'INT64', shape: [-1] },
      { name: 'delay', datatype: 'FP64', shape: [-1] },
    ],
    outputs: [
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'scores', datatype: 'FP64', shape: [-1, 2] },
    ],
  });
  const response = await carriers.ask(`/v2/models/${name}/versions/1/infer`, { id: 'mine', inputs: tensors() });
  const answer = await response.json();
  expect([response.status, answer.id, answer.model_version]).toEqual([200, 'mine', '1']);
  expect(answer.outputs[0]).toEqual({ name: 'label', datatype: 'BYTES', shape: [5], data: c.labels });
  expect(answer.outputs[1].shape).toEqual([5, 2]);
  answer.outputs[1].data.forEach((score: number, i: number) => void expect(score).toBeCloseTo(c.scores.flat()[i]!, 5));
});

test('binary tensors go in and out', async () => {
  const texts = Buffer.concat(column(c, 0).map((text) => Buffer.concat([uint32(String(text).length), Buffer.from(String(text))])));
  const distance = Buffer.from(BigInt64Array.from(column(c, 1), (value) => BigInt(value as number)).buffer);
  const delay = Buffer.from(Float32Array.from(column(c, 2), (value) => (value === null ? Number.NaN : Number(value))).buffer);
  const binary = (tensor: string, datatype: string, bytes: Buffer) => ({
    name: tensor,
    datatype,
    shape: [5],
    parameters: { binary_data_size: bytes.length },
  });
  const head = Buffer.from(
    JSON.stringify({
      inputs: [binary('carrier', 'BYTES', texts), binary('distance', 'INT64', distance), binary('delay', 'FP32', delay)],
      outputs: [{ name: 'scores', parameters: { binary_data: true } }, { name: 'label' }],
    }),
  );
  const infer = (bytes: Buffer, length: string) =>
    carriers.ask(`/v2/models/${name}/infer`, bytes, {
      headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': length },
    });
  const response = await infer(Buffer.concat([head, texts, distance, delay]), String(head.length));
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get('inference-header-content-length'));
  const { outputs } = JSON.parse(bytes.toString('utf8', 0, length));
  expect(outputs[1].data).toEqual(c.labels);
  expect(outputs[0].parameters.binary_data_size).toBe(80);
  c.scores.flat().forEach((score, i) => void expect(bytes.readDoubleLE(length + 8 * i)).toBeCloseTo(score, 4));
  for (const [given, size] of [
    [head, '999999'],
    [head, 'x'],
    [Buffer.concat([head, texts]), String(head.length)],
  ] as const)
    expect((await infer(given as Buffer, size)).status).toBe(400);
});

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

test('one matrix stands for all columns', async () => {
  const tensor = { name: 'x', datatype: 'FP32', shape: [5, 30], data: f.data };
  const answer = await (
    await forest.ask(`/v2/models/${(await (await forest.ask('/openapi.json')).json()).info.title}/infer`, { inputs: [tensor] })
  ).json();
  expect(answer.outputs[0].data).toEqual(f.labels);
});

test('an infinity that is meant is one', async () => {
  const bodies: [string, string][] = [
    ['carrier,distance,delay\nUA,719,-inf', 'text/csv'],
    ['{"dataframe_records":[{"carrier":"UA","distance":719,"delay":"-Infinity"}]}', 'application/json'],
  ];
  for (const [body, type] of bodies) expect((await predictions(carriers, body, type))[0]).toBe(200);
});

test.each<[string, object | string, RegExp]>([
  ['no inputs', {}, /^inputs: must be a list/],
  [
    'too few values',
    { inputs: [{ name: 'carrier', datatype: 'BYTES', shape: [2], data: ['UA'] }] },
    /inputs\[0\]\.data: has 1 values, and \[2\] has 2/,
  ],
  [
    'an unknown datatype',
    { inputs: [{ name: 'carrier', datatype: 'TEXT', shape: [1], data: ['UA'] }] },
    /inputs\[0\]\.datatype: must be one of/,
  ],
  [
    'uneven tensors',
    {
      inputs: [
        { name: 'carrier', datatype: 'BYTES', shape: [1], data: ['UA'] },
        { name: 'distance', datatype: 'INT64', shape: [2], data: [1, 2] },
      ],
    },
    /inputs\[1\]\.shape: has 2 rows, inputs\[0\] has 1/,
  ],
  [
    'an unknown tensor',
    { inputs: [...tensors(), { name: 'more', datatype: 'FP32', shape: [5], data: [1, 2, 3, 4, 5] }] },
    /no input "more"/,
  ],
  ['an unknown output', { inputs: tensors(), outputs: [{ name: 'x' }] }, /outputs\[0\]\.name: must be one of label, scores/],
  [
    'a number beyond all',
    '{"inputs":[{"name":"delay","datatype":"FP64","shape":[2,1],"data":[[0],[1e400]]}]}',
    /inputs\[0\]\.data\[1\]: is a number beyond/,
  ],
  [
    'a wrong value',
    { inputs: [{ name: 'carrier', datatype: 'BYTES', shape: [1], data: [5] }] },
    /inputs\[0\]\.carrier\[0\]: is 5, and must be a text/,
  ],
])('an Open Inference client hears of %s', async (_what, body, message) => {
  const response = await carriers.ask(`/v2/models/${name}/infer`, body);
  expect([response.status, await response.json()]).toEqual([400, { error: expect.stringMatching(message) }]);
});

test('a model or a version that is not there is 404', async () => {
  for (const path of ['/v2/models/other', `/v2/models/${name}/versions/9`]) expect((await carriers.ask(path)).status).toBe(404);
  expect((await carriers.ask('/v2/models/other/infer', { inputs: tensors() })).status).toBe(404);
  expect((await carriers.ask('/nothing')).status).toBe(404);
  expect((await carriers.ask('/predict')).status).toBe(405);
});

test('an Arrow stream is answered by one, with the scores of each class', async () => {
  const stream = tableToIPC(
    new Table({
      carrier: vectorFromArray(column(c, 0) as string[]),
      distance: vectorFromArray(Int32Array.from(column(c, 1) as number[])),
      delay: vectorFromArray(column(c, 2) as number[]),
    }),
    'stream',
  );
  const headers = { 'content-type': 'application/vnd.apache.arrow.stream' };
  const response = await carriers.ask('/predict', stream, { headers });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, headers['content-type']]);
  const table = tableFromIPC(new Uint8Array(await response.arrayBuffer()));
  expect(table.schema.fields.map((field) => field.name)).toEqual(['label', 'score:late', 'score:on time']);
  expect([...table.getChild('label')!]).toEqual(c.labels);
  [...table.getChild('score:late')!].forEach((score, i) => void expect(score).toBeCloseTo(c.scores[i]![0]!, 5));
  const broken = await carriers.ask('/predict', Buffer.from('no arrow'), { headers });
  expect([broken.status, (await broken.json()).data.issues[0].reason]).toEqual([400, 'the body is no Arrow IPC stream that can be read']);
});

test('openapi.json describes the rows, with an example that is answered', async () => {
  const document = await (await carriers.ask('/openapi.json')).json();
  expect(document.components.schemas.Row).toMatchObject({
    properties: { carrier: { type: 'string', examples: ['AA', 'DL', 'UA'] }, distance: { type: 'integer' } },
    required: ['carrier', 'distance'],
  });
  expect((await carriers.ask('/predict', document['x-cellkeep'].example)).status).toBe(200);
  expect(document.components.schemas.Feedback).toMatchObject({ required: ['predictionId'], additionalProperties: false });
  expect(document.paths['/feedback'].post).toMatchObject({
    operationId: 'feedback',
    description: expect.stringContaining('Through the server alone'),
  });
  const misled = await carriers.ask('/feedback', { predictionId: 'x', value: 1 });
  expect([misled.status, (await misled.json()).data.issues[0].remedy]).toEqual([
    404,
    expect.stringMatching(/to \/endpoints\/e-[0-9a-f]+\/feedback$/),
  ]);
  expect((await fetch(`${carriers.url}/openapi.json`)).status).toBe(401);
});

test('the page is served with a policy that lets nothing else run', async () => {
  const page = await fetch(`${carriers.url}/`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
  for (const file of ['page.js', 'page.css']) expect((await fetch(`${carriers.url}/${file}`)).status).toBe(200);
});
