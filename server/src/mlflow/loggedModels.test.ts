/** The expected answers are those of MLflow 3.17.2's own server, which was asked the same, unless a test says otherwise. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { CallContext, Caller } from '../core/context.ts';
import { logModelMetrics } from '../registry/index.ts';
import { testServer } from '../testing/index.ts';
import { protocolOf } from './testProtocol.ts';

/** Each look at it is a millisecond later: what is ordered by time has one order. */
let clock = 1_700_000_000_000;
const server = testServer({ now: () => ++clock });
const ask = protocolOf(server);
const create = async (body: object = {}) => {
  const answer = await ask('POST', 'logged-models', { experiment_id: '0', ...body });
  expect(answer.status).toBe(200);
  return answer.body.model.info.model_id as string;
};
const read = async (id: string) => (await ask('GET', `logged-models/${id}`)).body.model;
const newRun = async (experimentId = '0') => (await server().client.tracking.runs.create({ experimentId })).id;

async function context(): Promise<CallContext> {
  const { user, workspace } = await server().client.access.me();
  const caller: Caller = { userId: user.id, userName: user.name, workspaceId: workspace.id, role: 'owner', via: 'token' };
  return { ...server().services, caller, requestId: 'test' };
}

describe('a logged model', () => {
  test('is created pending with what was given', async () => {
    const run = await newRun();
    const [params, tags] = [[{ key: 'lr', value: '0.1' }], [{ key: 'a b', value: 'c' }]];
    const given = { experiment_id: '0', name: 'forest', model_type: 'tree', source_run_id: run, params, tags };
    const { body } = await ask('POST', 'logged-models', given);
    const id = body.model.info.model_id;
    expect(id).toMatch(/^m-[0-9a-f]{32}$/);
    expect(body).toEqual({
      model: {
        info: {
          ...{ model_id: id, experiment_id: '0', name: 'forest', model_type: 'tree', source_run_id: run, tags },
          ...{ creation_timestamp_ms: expect.any(Number), last_updated_timestamp_ms: expect.any(Number) },
          ...{ artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`, status: 'LOGGED_MODEL_PENDING' },
        },
        data: { params },
      },
    });
    expect(await ask('GET', `logged-models/${id}`)).toEqual({ status: 200, body });
  });

  test('without more than an experiment has a name of the server, and no run', async () => {
    const { info, data } = await read(await create());
    expect(info.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect([info.source_run_id, info.model_type, data]).toEqual(['', '', {}]);
  });

  test('may name a run that is not of this server', async () => {
    expect((await read(await create({ source_run_id: 'elsewhere' }))).info.source_run_id).toBe('elsewhere');
  });

  test.each([
    [{ experiment_id: '' }, 400, /^Missing value for required parameter 'experiment_id'\./],
    [{ experiment_id: '999' }, 404, /^No Experiment with id=999 exists$/],
    [{ experiment_id: 'abc' }, 400, /^Invalid experiment ID 'abc'\. Experiment ID must be a valid integer\.$/],
    [{ name: 'a/b' }, 400, /^Invalid model name \('a\/b'\) provided\. Model name must be a non-empty string/],
    [{ params: [{ key: 'k'.repeat(256), value: '' }] }, 400, /exceeds the maximum length of 255 characters$/],
  ])('of %j is refused', async (body, status, message) => {
    const answer = await ask('POST', 'logged-models', { experiment_id: '0', ...body });
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)]);
  });

  test('is finished by the name of a status or its number; any other is refused, unlike by MLflow, which forgets the status', async () => {
    const id = await create();
    const finish = (status: unknown) => ask('PATCH', `logged-models/${id}`, { model_id: id, status });
    expect((await finish('LOGGED_MODEL_READY')).body.model.info.status).toBe('LOGGED_MODEL_READY');
    expect((await finish(3)).body.model.info.status).toBe('LOGGED_MODEL_UPLOAD_FAILED');
    for (const wrong of ['bogus', 9, 'LOGGED_MODEL_STATUS_UNSPECIFIED', undefined]) expect((await finish(wrong)).status).toBe(400);
    expect((await read(id)).info.status).toBe('LOGGED_MODEL_UPLOAD_FAILED');
  });

  test('takes tags and params; a tag that is not there cannot be deleted, a param never changes', async () => {
    const id = await create({ tags: [{ key: 't', value: 'v' }] });
    const ok = { status: 200, body: {} };
    const tags = [
      { key: 't', value: 'w' },
      { key: 'u/v', value: '' },
    ];
    expect(await ask('PATCH', `logged-models/${id}/tags`, { tags })).toEqual(ok);
    expect((await read(id)).info.tags).toEqual(tags);
    expect(await ask('DELETE', `logged-models/${id}/tags/u%2Fv`)).toEqual(ok);
    expect(await ask('DELETE', `logged-models/${id}/tags/u%2Fv`)).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `No tag with key 'u/v' found for model with ID '${id}'.` },
    });
    const log = (value: string) => ask('POST', `logged-models/${id}/params`, { model_id: id, params: [{ key: 'p', value }] });
    expect(await log('1')).toEqual(ok);
    expect(await log('1')).toEqual(ok);
    expect((await log('2')).body.error_code).toBe('BAD_REQUEST');
    expect((await read(id)).data.params).toEqual([{ key: 'p', value: '1' }]);
  });

  test('tells a viewer nothing of a tag that is to be deleted but that this is not for viewers', async () => {
    const id = await create({ tags: [{ key: 't', value: 'v' }] });
    const asViewer = protocolOf(server, await server().tokenOf('viewer'));
    for (const path of [`${id}/tags/t`, `${id}/tags/none`, 'm-none/tags/t']) {
      const { status, body } = await asViewer('DELETE', `logged-models/${path}`);
      expect([path, status, body.error_code]).toEqual([path, 403, 'PERMISSION_DENIED']);
    }
    expect((await read(id)).info.tags).toEqual([{ key: 't', value: 'v' }]);
  });

  test('that was deleted is found only by whoever asks for deleted ones', async () => {
    const id = await create();
    expect(await ask('DELETE', `logged-models/${id}`)).toEqual({ status: 200, body: {} });
    expect(await ask('GET', `logged-models/${id}`)).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `Logged model with ID '${id}' not found.` },
    });
    expect((await ask('GET', `logged-models/${id}?allow_deleted=true`)).body.model.info.model_id).toBe(id);
  });

  test('shows its files, folder by folder', async () => {
    const id = await create();
    for (const path of ['MLmodel', 'code/a b.py', 'code/deep/x.txt']) {
      const address = path.split('/').map(encodeURIComponent).join('/');
      const url = `${server().url}/api/2.0/mlflow-artifacts/artifacts/0/models/${id}/artifacts/${address}`;
      await fetch(url, { method: 'PUT', body: 'text', headers: { authorization: `Bearer ${server().token}` } });
    }
    const list = async (folder?: string) => {
      const query = folder === undefined ? '' : `?artifact_directory_path=${encodeURIComponent(folder)}`;
      return (await ask('GET', `logged-models/${id}/artifacts/directories${query}`)).body;
    };
    const root_uri = `mlflow-artifacts:/0/models/${id}/artifacts`;
    expect(await list()).toEqual({
      root_uri,
      files: [
        { path: 'MLmodel', is_dir: false, file_size: 4 },
        { path: 'code', is_dir: true },
      ],
    });
    expect(await list('code')).toEqual({
      root_uri,
      files: [
        { path: 'code/a b.py', is_dir: false, file_size: 4 },
        { path: 'code/deep', is_dir: true },
      ],
    });
    expect(await list('nothing')).toEqual({ root_uri });
    expect(await list('../x')).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' });
  });
});

interface Known {
  id: string;
  name: string;
  model_type: string;
  run: string;
  created: number;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: { key: string; value: number; dataset: string }[];
}

describe('a search of logged models', () => {
  const known: Known[] = [];
  let experiment = '';
  beforeAll(async () => {
    ({ id: experiment } = await server().client.tracking.experiments.create({ name: 'searched' }));
    const runs = [await newRun(experiment), await newRun(experiment)];
    const as = await context();
    for (let i = 0; i < 24; i++) {
      const given: Omit<Known, 'id' | 'created'> = {
        name: `${['Forest', 'forest', 'net_1', 'netX1'][i % 4]}${i % 3}`,
        model_type: i % 2 ? 'tree' : '',
        run: i % 5 === 0 ? '' : (runs[i % 2] ?? ''),
        params: i % 6 === 0 ? {} : { lr: String((i % 4) / 10), 'odd key': `v${i % 3}` },
        tags: i % 7 === 0 ? {} : { team: `T${i % 3}`, 'a.b': 'c' },
        metrics: [0, 1].flatMap((d) => ((i + d) % 3 === 0 ? [] : [{ key: 'acc', value: ((i * 7 + d * 5) % 11) / 10, dataset: `d${d}` }])),
      };
      const pairs = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => ({ key, value }));
      const { name, model_type, run: source_run_id, params, tags } = given;
      const body = { experiment_id: experiment, name, model_type, source_run_id, params: pairs(params), tags: pairs(tags) };
      const { info } = (await ask('POST', 'logged-models', body)).body.model;
      const points = given.metrics.map(({ dataset, ...point }) => ({
        ...{ modelId: info.model_id as string, ...point, step: 0, time: dataset === 'd0' ? 1 : 2 },
        ...{ datasetName: dataset, datasetDigest: `digest of ${dataset}` },
      }));
      if (points.length > 0) await logModelMetrics(as, runs[0] as string, points);
      known.push({ id: info.model_id, created: info.creation_timestamp_ms, ...given });
    }
  });

  const search = (more: object) => ask('POST', 'logged-models/search', { experiment_ids: [experiment], ...more });
  const found = async (more: object) => {
    const { status, body } = await search(more);
    if (status !== 200) return [body.error_code as string, body.message as string];
    return ((body.models ?? []) as { info: { model_id: string } }[]).map(({ info }) => info.model_id);
  };
  const newestFirst = (models: Known[]) => models.toSorted((a, b) => b.created - a.created).map(({ id }) => id);

  const any = ({ metrics }: Known, holds: (value: number) => boolean, dataset?: string) =>
    metrics.some((metric) => holds(metric.value) && (dataset === undefined || metric.dataset === dataset));
  const cases: [string, (model: Known) => boolean][] = [
    ['', () => true],
    ["name = 'Forest0'", ({ name }) => name === 'Forest0'],
    ["attributes.name != 'Forest0'", ({ name }) => name !== 'Forest0'],
    ["name LIKE 'forest%'", ({ name }) => name.startsWith('forest')],
    ["name ILIKE 'FOREST%'", ({ name }) => name.toLowerCase().startsWith('forest')],
    ["name LIKE 'net_1%'", ({ name }) => /^net.1/.test(name)],
    ["name IN ('Forest0', 'netX10')", ({ name }) => ['Forest0', 'netX10'].includes(name)],
    ["name NOT IN ('Forest0', 'netX10')", ({ name }) => !['Forest0', 'netX10'].includes(name)],
    ["model_type = 'tree'", ({ model_type }) => model_type === 'tree'],
    ['metrics.acc > 0.5', (model) => any(model, (value) => value > 0.5)],
    ['metrics.`acc` <= 0.2', (model) => any(model, (value) => value <= 0.2)],
    ['metrics.acc = 0.7', (model) => any(model, (value) => value === 0.7)],
    ['metrics.acc != 0.7', (model) => any(model, (value) => value !== 0.7)],
    ['metrics.acc > 0.2 AND metrics.acc < 0.3', (model) => any(model, (v) => v > 0.2) && any(model, (v) => v < 0.3)],
    ["params.lr = '0.1'", ({ params }) => params.lr === '0.1'],
    ["params.lr != '0.1'", ({ params }) => params.lr !== undefined && params.lr !== '0.1'],
    ["params.`odd key` IN ('v1')", ({ params }) => params['odd key'] === 'v1'],
    ["tags.`team` ILIKE 't%' AND params.lr LIKE '0.%'", ({ tags, params }) => !!tags.team && !!params.lr?.startsWith('0.')],
    ["tags.`a.b` = 'c'", ({ tags }) => tags['a.b'] === 'c'],
    ["status = 'PENDING'", () => true],
    ['status = 2', () => false],
    ["status = 'toString'", () => false],
    ['creation_timestamp > 0', () => true],
    ['last_updated_timestamp < 10', () => false],
  ];
  test.each(cases)('finds by %s what a look at each model finds', async (filter, matches) => {
    const expected = newestFirst(known.filter(matches));
    expect(await found({ filter })).toEqual(expected);
    // A table of cases in which all or none matched would show nothing.
    if (!/^$|status|timestamp/.test(filter)) expect([0, known.length]).not.toContain(expected.length);
  });

  test('counts what was measured on the datasets that are named alone', async () => {
    const onFirst = [{ dataset_name: 'd0', dataset_digest: 'digest of d0' }];
    expect(await found({ datasets: onFirst })).toEqual(newestFirst(known.filter((model) => any(model, () => true, 'd0'))));
    const filter = 'metrics.acc > 0.5';
    expect(await found({ filter, datasets: onFirst })).toEqual(newestFirst(known.filter((model) => any(model, (v) => v > 0.5, 'd0'))));
    expect(await found({ datasets: [{ dataset_digest: 'x' }] })).toEqual([
      'INVALID_PARAMETER_VALUE',
      '`dataset_name` in the `datasets` clause must be specified.',
    ]);
  });

  test('orders by attributes and by the newest value of a metric, models without it last', async () => {
    const byName = known.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : b.created - a.created)).map(({ id }) => id);
    expect(await found({ order_by: [{ field_name: 'name' }] })).toEqual(byName);
    const valueOn = (model: Known, dataset?: string) =>
      model.metrics.findLast((metric) => dataset === undefined || metric.dataset === dataset)?.value;
    for (const dataset of [undefined, 'd0']) {
      for (const ascending of [true, false]) {
        const expected = known
          .map((model) => ({ ...model, value: valueOn(model, dataset) }))
          .toSorted((a, b) => {
            if (a.value === undefined || b.value === undefined || a.value === b.value)
              return Number(a.value === undefined) - Number(b.value === undefined) || b.created - a.created;
            return ascending ? a.value - b.value : b.value - a.value;
          });
        const order_by = [{ field_name: 'metrics.acc', ascending, ...(dataset ? { dataset_name: dataset } : {}) }];
        expect(await found({ order_by })).toEqual(expected.map(({ id }) => id));
      }
    }
  });

  test('goes through pages, each for the search that it was given for', async () => {
    const pages: string[][] = [];
    const asked = { max_results: 10, order_by: [{ field_name: 'name', ascending: false }] };
    for (let page_token: string | undefined = ''; page_token !== undefined; ) {
      const { body } = await search({ ...asked, page_token });
      pages.push((body.models as { info: { model_id: string } }[]).map(({ info }) => info.model_id));
      page_token = body.next_page_token as string | undefined;
      if (page_token) {
        const other = await search({ ...asked, page_token, filter: "name = 'x'" });
        expect(other.body.message).toMatch(/^Filter string in the page token does not match the requested filter string\./);
      }
    }
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 4]);
    expect(new Set(pages.flat()).size).toBe(24);
  });

  test.each([
    [
      { filter: "name = 'a' OR name = 'b'" },
      /^Invalid filter string: "name = 'a' OR name = 'b'"\. Expected a list of comparisons separated by 'AND'/,
    ],
    [{ filter: 'metric.acc > 1' }, /^Invalid entity type: 'metric'\. Expected one of \['attributes', 'metrics', 'params', 'tags'\]\.$/],
    [
      { filter: "metrics.acc LIKE 'x'" },
      /^Invalid comparison operator for metrics\.acc: 'LIKE'\. Expected one of \('<', '<=', '>', '>=', '=', '!='\)\.$/,
    ],
    [{ filter: "name > 'a'" }, /^Invalid comparison operator for attributes\.name: '>'\./],
    [{ filter: "foo = 'x'" }, /^Invalid attribute key 'foo' specified/],
    [{ filter: "constructor = 'x'" }, /^Invalid attribute key 'constructor' specified/],
    [{ order_by: [{ field_name: 'constructor' }] }, /^Invalid order by field name: constructor$/],
    [{ filter: "metrics.acc = 'x'" }, /could not convert string to float/],
    [{ order_by: [{ field_name: 'params.lr' }] }, /^Invalid order by field name: params\.lr\. Only metrics are supported\.$/],
    [{ order_by: [{ field_name: 'bogus' }] }, /^Invalid order by field name: bogus$/],
    [{ experiment_ids: ['abc'] }, /^Invalid experiment ID 'abc'/],
    [{ experiment_ids: undefined }, /^Missing value for required parameter 'experiment_ids'\./],
    [{ page_token: 'bogus' }, /^Invalid page token/],
    [{ max_results: -1 }, /max_results/],
  ])('refuses %j', async (more, message) => {
    expect(await found(more)).toEqual(['INVALID_PARAMETER_VALUE', expect.stringMatching(message)]);
  });

  test('of no experiment, or of one that is not there, finds nothing', async () => {
    for (const experiment_ids of [[], ['999']]) expect(await found({ experiment_ids })).toEqual([]);
  });
});
