/** What every call shares: addresses, callers, bodies, and how a refusal is said. */
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { protocolOf } from './testProtocol.ts';

const server = testServer();
const ask = protocolOf(server);

async function send(path: string, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${server().token}`);
  const response = await fetch(`${server().url}${path}`, { ...init, headers });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}
const post = (path: string, body: string, type: string | null = 'application/json') =>
  send(path, { method: 'POST', body: new TextEncoder().encode(body), headers: type === null ? {} : { 'content-type': type } });

describe('before a client says who it is', () => {
  test('it may ask for health, the version that is spoken, and what the server can do', async () => {
    const nobody = { headers: { authorization: '' } };
    expect(await send('/health', nobody)).toMatchObject({ status: 200, text: 'OK' });
    expect((await send('/version', nobody)).text).toMatch(/^3\.\d+\.\d+$/);
    for (const prefix of ['api', 'ajax-api']) {
      const info = await send(`/${prefix}/3.0/mlflow/server-info`, nobody);
      expect(JSON.parse(info.text)).toMatchObject({ store_type: 'SqlStore', workspaces_enabled: false });
    }
  });

  test('every call is refused, in the words that clients read', async () => {
    const refused = await send('/api/2.0/mlflow/experiments/get?experiment_id=0', { headers: { authorization: 'Bearer wrong' } });
    expect([refused.status, JSON.parse(refused.text).error_code]).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('the caller', () => {
  test('is found by a token, also as the password of Basic, whatever the name is', async () => {
    for (const authorization of [`Bearer ${server().token}`, `Basic ${Buffer.from(`me:${server().token}`).toString('base64')}`]) {
      expect((await send('/api/2.0/mlflow/experiments/get?experiment_id=0', { headers: { authorization } })).status).toBe(200);
    }
  });

  test('who may only look is told so, and changes nothing', async () => {
    const viewer = protocolOf(server, await server().tokenOf('viewer'));
    const { experiment_id } = (await ask('POST', 'experiments/create', { name: 'not for viewers' })).body;
    const { run } = (await ask('POST', 'runs/create', { experiment_id })).body;
    const run_id = run.info.run_id;
    for (const [path, body] of [
      ['experiments/create', { name: 'x' }],
      ['experiments/delete', { experiment_id }],
      ['experiments/update', { experiment_id, new_name: 'y' }],
      ['experiments/set-experiment-tag', { experiment_id, key: 'a', value: 'b' }],
      ['runs/create', { experiment_id }],
      ['runs/update', { run_id, status: 'KILLED' }],
      ['runs/delete', { run_id }],
      ['runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 }],
      ['runs/log-batch', { run_id, params: [{ key: 'p', value: '1' }] }],
      ['runs/set-tag', { run_id, key: 'a', value: 'b' }],
      ['runs/log-inputs', { run_id, datasets: [{ dataset: { name: 'd', digest: '1', source_type: 's', source: 's' } }] }],
      ['runs/outputs', { run_id, models: [] }],
    ] as const) {
      const { status, body: answer } = await viewer('POST', path, body);
      expect([path, status, answer.error_code]).toEqual([path, 403, 'PERMISSION_DENIED']);
    }
    expect((await viewer('GET', `runs/get?run_id=${run_id}`)).body.run).toEqual(run);
    expect((await viewer('POST', 'runs/search', { experiment_ids: [experiment_id] })).body.runs).toHaveLength(1);
  });

  test("sees nothing of another workspace's runs and experiments", async () => {
    const { sql } = server().database;
    const [other] = await sql`insert into workspaces (id, name, created_at) values (gen_random_uuid(), 'other', now()) returning id`;
    const [experiment] = await sql`
      insert into experiments (workspace_id, name, description, tags, created_at, updated_at)
      values (${other?.id}, 'theirs', '', '{}', now(), now()) returning id::text`;
    expect((await ask('GET', `experiments/get?experiment_id=${experiment?.id}`)).status).toBe(404);
    expect((await ask('GET', 'experiments/get-by-name?experiment_name=theirs')).status).toBe(404);
    expect((await ask('POST', 'runs/create', { experiment_id: experiment?.id })).status).toBe(404);
    expect((await ask('POST', 'runs/search', { experiment_ids: [experiment?.id] })).body).toEqual({});
    expect((await ask('POST', 'experiments/create', { name: 'theirs' })).status).toBe(200);
  });
});

describe('an address', () => {
  test('is answered below an address with a slash at its end, too', async () => {
    const found = await send('//api/2.0/mlflow/experiments/get?experiment_id=0');
    expect(JSON.parse(found.text).experiment.experiment_id).toBe('0');
    expect((await send('//version')).text).toMatch(/^3\./);
    expect((await send('//api/2.0/mlflow/experiments/get?experiment_id=0', { headers: { authorization: '' } })).status).toBe(401);
  });

  test('is answered below api and ajax-api alike', async () => {
    for (const prefix of ['api', 'ajax-api']) {
      const found = await send(`/${prefix}/2.0/mlflow/experiments/get-by-name?experiment_name=Default`);
      expect(JSON.parse(found.text).experiment).toMatchObject({
        experiment_id: '0',
        name: 'Default',
        artifact_location: 'mlflow-artifacts:/0',
      });
      expect(found.type).toMatch(/^application\/json/);
    }
  });

  test('that nobody knows is ENDPOINT_NOT_FOUND, and one that takes another method says 405', async () => {
    const unknown = await send('/api/2.0/mlflow/no/such/call');
    expect([unknown.status, JSON.parse(unknown.text).error_code]).toEqual([404, 'ENDPOINT_NOT_FOUND']);
    expect((await send('/api/2.0/mlflow/runs/create')).status).toBe(405);
  });
});

describe('a body', () => {
  const create = '/api/2.0/mlflow/experiments/create';
  const run = async () => (await ask('POST', 'runs/create', { experiment_id: '0' })).body.run.info.run_id as string;

  test.each([
    ['experiments/search', 1, 'filter'],
    ['runs/search', 1, 'filter'],
    ['runs/update', 1, 'run_name'],
    ['runs/log-metric', 1, 'key'],
    ['runs/log-batch', 16, 'run_id'],
    ['logged-models', 16, 'name'],
  ])('of %s that is longer than %i MiB is refused as it comes, and says how long it may be', async (path, mebibytes, field) => {
    const most = mebibytes * 1024 * 1024;
    const around = JSON.stringify({ [field]: '' }).length;
    const body = (length: number) => JSON.stringify({ [field]: 'x'.repeat(length - around) });
    const refused = await post(`/api/2.0/mlflow/${path}`, body(most + 1));
    expect([refused.status, JSON.parse(refused.text).message]).toEqual([413, expect.stringContaining(`at most ${most} bytes`)]);
    expect((await post(`/api/2.0/mlflow/${path}`, body(most))).status).not.toBe(413);
  });

  test('of a param may be long, since its value is cut to what a param has', async () => {
    const id = await run();
    expect((await ask('POST', 'runs/log-parameter', { run_id: id, key: 'long', value: 'x'.repeat(2_000_000) })).status).toBe(200);
    expect((await ask('GET', `runs/get?run_id=${id}`)).body.run.data.params[0].value).toHaveLength(6_000);
  });

  test.each([
    ['says what it is', '{"name":"a"}', 'text/plain', 'Content-Type must be one of'],
    ['says that it is JSON', '{"name":"a"}', null, 'Content-Type'],
    ['is JSON, or the place is named where it is none', '{"name":\n "a",}', 'application/json', 'line 2, column 6'],
    ['is an object', '["name"]', 'application/json', 'must be a JSON object'],
  ])('%s', async (_, body, type, message) => {
    const { status, text } = await post(create, body, type);
    expect(status).toBe(400);
    const kind = { sqlstate: 'KAM00', error_class: 'INVALID_PARAMETER_VALUE' };
    expect(JSON.parse(text)).toEqual({ error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message), ...kind });
  });

  test('may be encoded twice, as old clients do, and spell fields either way, but not both', async () => {
    expect((await post(create, JSON.stringify(JSON.stringify({ name: 'twice' })))).status).toBe(200);
    const both = await ask('POST', 'experiments/get-by-name');
    expect(both.status).toBe(405);
    const location = { name: 'camel', artifactLocation: 's3://bucket/camel' };
    const { experiment_id } = (await ask('POST', 'experiments/create', location)).body;
    const { experiment } = (await ask('GET', `experiments/get?experiment_id=${experiment_id}`)).body;
    expect(experiment.artifact_location).toBe('s3://bucket/camel');
    const { status, body } = await ask('POST', 'experiments/create', { ...location, name: 'x', artifact_location: 's3://b' });
    expect([status, body.message]).toEqual([400, expect.stringContaining("both 'artifact_location' and 'artifactLocation'")]);
  });

  test('may have fields that nobody knows, and null for one that is absent', async () => {
    expect((await ask('POST', 'experiments/create', { name: 'more', colour: 'red', tags: null })).status).toBe(200);
  });

  test('takes NaN and infinities as words and as text, and gives NaN back as text, an infinity as the largest double', async () => {
    const id = await run();
    for (const [i, value] of ['NaN', '-Infinity', 'Infinity', '"NaN"', '"-Infinity"'].entries()) {
      const body = `{"run_id":"${id}","key":"k${i}, \\"NaN\\"","value":${value},"timestamp":1}`.replaceAll(', \\"NaN\\"', '');
      expect((await post('/api/2.0/mlflow/runs/log-metric', body)).status).toBe(200);
    }
    const { metrics } = (await ask('GET', `runs/get?run_id=${id}`)).body.run.data;
    expect(metrics.map(({ value }: { value: unknown }) => value)).toEqual([
      'NaN',
      -Number.MAX_VALUE,
      Number.MAX_VALUE,
      'NaN',
      -Number.MAX_VALUE,
    ]);
  });

  test('leaves such words alone inside of text', async () => {
    const id = await run();
    const body = `{"run_id":"${id}","metrics":[{"key":"m","value":NaN,"timestamp":1}],"params":[{"key":"p","value":"a NaN, \\"Infinity\\""}]}`;
    expect((await post('/api/2.0/mlflow/runs/log-batch', body)).status).toBe(200);
    expect((await ask('GET', `runs/get?run_id=${id}`)).body.run.data.params).toEqual([{ key: 'p', value: 'a NaN, "Infinity"' }]);
  });

  test('shows a number that is refused as it was sent', async () => {
    const { text } = await post(create, '{"name":"x","artifact_location":9.0}');
    expect(JSON.parse(text).message).toContain(
      "Invalid value 9.0 for parameter 'artifact_location' supplied:  Hint: Value was of type 'float'.",
    );
  });

  test.each([
    ['text that Postgres cannot keep', { name: 'a\u0000b' }],
    ['half a surrogate pair', { name: 'ok', tags: [{ key: 'a', value: '\ud800' }] }],
  ])('with %s is refused, not a failure of the server', async (_, body) => {
    const { status } = await ask('POST', 'experiments/create', body);
    expect(status).toBe(400);
  });
});
