/** The expected answers are those of MLflow 3.17.2's own server, which was asked the same. */
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { readPieces } from '../tracking/index.ts';
import { protocolOf } from './testProtocol.ts';

const server = testServer();
const ask = protocolOf(server);
const newRun = async (): Promise<string> => (await ask('POST', 'runs/create', { experiment_id: '0' })).body.run.info.run_id;
const data = async (id: string) => (await ask('GET', `runs/get?run_id=${id}`)).body.run.data;
const history = async (id: string, key: string, more = '') =>
  (await ask('GET', `metrics/get-history?run_id=${id}&metric_key=${encodeURIComponent(key)}${more}`)).body;
const batch = (run_id: string, body: object) => ask('POST', 'runs/log-batch', { run_id, ...body });
const point = (key: string, value: unknown, timestamp: unknown = 1, step: unknown = 0) => ({ key, value, timestamp, step });

describe('a metric', () => {
  test('takes numbers in text, and no step for 0', async () => {
    const run_id = await newRun();
    const log = (metric: object) => ask('POST', 'runs/log-metric', { run_id, ...metric });
    for (const metric of [
      { key: 'a', value: '1.5', timestamp: '7', step: '-3' },
      { key: 'b', value: 2, timestamp: 1, step: null },
      { key: 'ä ö/x:-_.1', value: -0.0, timestamp: 0 },
    ]) {
      expect(await log(metric)).toEqual({ status: 200, body: {} });
    }
    expect((await data(run_id)).metrics).toEqual([point('a', 1.5, 7, -3), point('b', 2), point('ä ö/x:-_.1', 0, 0)]);
  });

  test('is the one with the greatest step, then time, then value; the same point twice counts once', async () => {
    const run_id = await newRun();
    const points = [
      point('m', 1, 5, 3),
      point('m', 2, 4, 3),
      point('m', 9, 9, -2),
      point('m', 7, 5, 3),
      point('m', 0, 1, 3),
      point('m', 7, 5, 3),
    ];
    for (const one of points) await ask('POST', 'runs/log-metric', { run_id, ...one });
    await batch(run_id, { metrics: points });
    expect((await data(run_id)).metrics).toEqual([point('m', 7, 5, 3)]);
    const inTime = [point('m', 0, 1, 3), point('m', 2, 4, 3), point('m', 1, 5, 3), point('m', 7, 5, 3), point('m', 9, 9, -2)];
    expect(await history(run_id, 'm')).toEqual({ metrics: inTime });
  });

  test.each([
    [{ value: 'x' }, "Invalid value \"x\" for parameter 'value' supplied:  Hint: Value was of type 'str'."],
    [{ value: null }, "Missing value for required parameter 'value'."],
    [{ value: true }, "Invalid value true for parameter 'value'"],
    [{ value: [1] }, "Invalid value [1] for parameter 'value'"],
    [{ timestamp: 'foo' }, 'Invalid value "foo" for parameter \'timestamp\' supplied'],
    [{ timestamp: -1 }, "Invalid value -1 for parameter 'timestamp' supplied: metric 'm' (value=1). Timestamp must be a nonnegative long"],
    [{ step: 'foo' }, 'Invalid value "foo" for parameter \'step\' supplied'],
    [{ step: 1.5 }, "Invalid value 1.5 for parameter 'step' supplied"],
    [{ step: '9223372036854775807' }, "for parameter 'step' supplied"],
    [{ key: 31 }, "Invalid value 31 for parameter 'key' supplied"],
    [{ key: null }, "Missing value for required parameter 'key'."],
    [{ key: '../m' }, "This name would resolve to '../m'"],
    [{ key: 'a//b' }, "This name would resolve to 'a/b'"],
    [{ key: 'a@b' }, 'Names may only contain alphanumerics'],
    [{ key: 'k'.repeat(251) }, "'Metric name' exceeds the maximum length of 250 characters"],
    [{ run_id: 31 }, "Invalid value 31 for parameter 'run_id' supplied"],
    [{ run_id: null }, "Missing value for required parameter 'run_id'."],
  ])('%j is refused and changes nothing', async (wrong, message) => {
    const run_id = await newRun();
    const { status, body } = await ask('POST', 'runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1, ...wrong });
    expect([status, body]).toMatchObject([400, { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message) }]);
    expect((await data(run_id)).metrics).toBeUndefined();
  });
});

test('a metric of a model that is not there is refused, and the run has none of it', async () => {
  const run_id = await newRun();
  const measured = { ...point('acc', 0.9), model_id: `m-${'0'.repeat(32)}` };
  for (const answer of [await ask('POST', 'runs/log-metric', { run_id, ...measured }), await batch(run_id, { metrics: [measured] })]) {
    expect([answer.status, answer.body.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
  }
  expect((await data(run_id)).metrics).toBeUndefined();
});

test('a metric of a model is known by the run and by the model, with the dataset that it was measured on', async () => {
  const run_id = await newRun();
  const { model } = (await ask('POST', 'logged-models', { experiment_id: '0', name: 'forest', source_run_id: run_id })).body;
  const { model_id } = model.info;
  const measured = { ...point('acc', 0.9, 5, 2), model_id, dataset_name: 'iris', dataset_digest: 'd1' };
  expect((await batch(run_id, { metrics: [measured, point('loss', 1)] })).status).toBe(200);
  expect((await data(run_id)).metrics).toEqual([point('acc', 0.9, 5, 2), point('loss', 1)]);
  const { metrics } = (await ask('GET', `logged-models/${model_id}`)).body.model.data;
  expect(metrics).toEqual([expect.objectContaining({ ...measured, run_id })]);
});

describe('a param', () => {
  test('stays what it is; the same value again is fine', async () => {
    const run_id = await newRun();
    const log = (value: string) => ask('POST', 'runs/log-parameter', { run_id, key: 'lr', value });
    expect([(await log('1')).status, (await log('1')).status]).toEqual([200, 200]);
    expect((await log('2')).body.message).toBe(
      `Changing param values is not allowed. Param with key='lr' was already logged with value='1' for run ID='${run_id}'. Attempted logging new value '2'.`,
    );
    const other = await batch(run_id, {
      metrics: [point('m', 1)],
      params: [
        { key: 'new', value: 'x' },
        { key: 'lr', value: '2' },
      ],
    });
    expect(other.body.message).toContain("Params were already logged='[{'key': 'lr', 'old_value': '1', 'new_value': '2'}]'");
    expect(await data(run_id)).toMatchObject({ params: [{ key: 'lr', value: '1' }] });
    expect((await data(run_id)).metrics).toBeUndefined();
  });

  test('is cut past 6,000 characters, a tag past 8,000, and never within a character', async () => {
    const run_id = await newRun();
    await batch(run_id, { params: [{ key: 'p', value: '😀'.repeat(6_001) }], tags: [{ key: 't', value: 'x'.repeat(9_000) }] });
    const { params, tags } = await data(run_id);
    expect(params[0].value).toBe('😀'.repeat(6_000));
    expect(tags.find(({ key }: { key: string }) => key === 't').value).toHaveLength(8_000);
  });

  test('may be named like what objects have by themselves', async () => {
    const run_id = await newRun();
    const params = ['__proto__', 'constructor', 'toString'].map((key) => ({ key, value: key }));
    expect((await batch(run_id, { params })).status).toBe(200);
    expect((await batch(run_id, { params: [{ key: 'hasOwnProperty', value: 'x' }] })).status).toBe(200);
    expect((await data(run_id)).params).toHaveLength(4);
  });
});

describe('a batch', () => {
  test('holds metrics, params and tags; of two tags the last counts', async () => {
    const run_id = await newRun();
    const tags = [{ key: 't', value: '1' }, { key: 't', value: '2' }, { key: 'mlflow.runName', value: 'named' }, { key: 'empty' }];
    const answer = await batch(run_id, {
      metrics: [point('m', 'NaN'), { key: 'n', value: 2.5, timestamp: 123 }],
      params: [{ key: 'p' }],
      tags,
    });
    expect(answer).toEqual({ status: 200, body: {} });
    expect(await data(run_id)).toEqual({
      metrics: [point('m', 'NaN'), point('n', 2.5, 123)],
      params: [{ key: 'p', value: '' }],
      tags: [
        { key: 't', value: '2' },
        { key: 'empty', value: '' },
        { key: 'mlflow.runName', value: 'named' },
      ],
    });
    expect((await batch(run_id, {})).status).toBe(200);
  });

  const many = (count: number, more: object = {}) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: '1', ...more }));
  test.each([
    [{ metrics: many(1_001, { timestamp: 1 }) }, 'can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics'],
    [{ params: many(101) }, 'at most 100 params. Got 101 params.'],
    [{ tags: many(101) }, 'at most 100 tags. Got 101 tags.'],
    [
      { metrics: many(900, { timestamp: 1 }), params: many(100) },
      'at most 1000 metrics, params, and tags. Got 1001 metrics, params, and tags.',
    ],
    [
      {
        params: [
          { key: 'q', value: '1' },
          { key: 'q', value: '1' },
        ],
      },
      "Duplicate parameter keys have been submitted: ['q'].",
    ],
    [{ metrics: 'foo' }, 'Invalid value "foo" for parameter \'metrics\' supplied'],
    [{ params: 'foo' }, 'Invalid value "foo" for parameter \'params\' supplied'],
    [{ tags: [5] }, "Invalid value 5 for parameter 'tags[0]' supplied"],
    [{ metrics: [{ key: 'm', value: 1 }] }, "Missing value for required parameter 'metrics[0].timestamp'."],
    [{ metrics: [{ value: 1, timestamp: 1 }] }, "Missing value for required parameter 'metrics[0].key'."],
    [{ metrics: [point('m', 1), point('m', 'x', 5)] }, 'Invalid value "x" for parameter \'metrics[1].value\' supplied: (timestamp=5).'],
    [{ metrics: [point('m', 1), point('../b', 1)] }, "parameter 'metrics[1].name' supplied: Names may be treated as files"],
    [{ params: [{ key: 'a/', value: '' }] }, "parameter 'params[0].key' supplied"],
    [{ tags: [{ key: 't'.repeat(251), value: '' }] }, "'tags[0].key' exceeds the maximum length of 250 characters"],
  ])('of case %# is refused whole', async (wrong, message) => {
    const run_id = await newRun();
    const { status, body } = await batch(run_id, { tags: [{ key: 'first', value: '1' }], ...wrong });
    expect([status, body]).toMatchObject([400, { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message) }]);
    const stored = await data(run_id);
    expect([stored.metrics, stored.params, stored.tags.length]).toEqual([undefined, undefined, 1]);
  });

  test('of twenty clients at once loses nothing, and what is sent again counts once', async () => {
    const run_id = await newRun();
    const clients = Array.from({ length: 20 }, (_, client) => client);
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < 5; i++) {
          const metrics = Array.from({ length: 40 }, (_, j) => {
            const step = client * 1_000 + i * 20 + (j >> 1);
            return point(j % 2 ? `own ${client}` : 'shared', step, 1_000 - i, step);
          });
          const all = { metrics, params: [{ key: `p${client}.${i}`, value: 'v' }], tags: [{ key: `t${client}`, value: `${i}` }] };
          const answers = [await batch(run_id, { metrics }), await batch(run_id, all)];
          expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        }
      }),
    );
    const steps = (await history(run_id, 'shared')).metrics.map(({ step }: { step: number }) => step);
    const expected = clients.flatMap((client) => Array.from({ length: 100 }, (_, i) => client * 1_000 + i));
    expect(steps.sort((a: number, b: number) => a - b)).toEqual(expected);
    const { metrics, params, tags } = await data(run_id);
    expect([metrics.length, params.length, tags.length]).toEqual([21, 100, 21]);
    expect(tags.filter(({ key, value }: { key: string; value: string }) => key.startsWith('t') && value !== '4')).toEqual([]);
  }, 60_000);

  test('may bring ten thousand keys to one run', async () => {
    const run_id = await newRun();
    for (let i = 0; i < 10; i++) {
      const metrics = Array.from({ length: 1_000 }, (_, j) => point(`layer/${i * 1_000 + j}/norm`, j, 1, i));
      expect((await batch(run_id, { metrics })).status).toBe(200);
    }
    expect((await data(run_id)).metrics).toHaveLength(10_000);
    const found = await ask('POST', 'runs/search', { experiment_ids: ['0'], filter: 'metrics.`layer/9999/norm` = 999' });
    expect(found.body.runs.map(({ info }: { info: { run_id: string } }) => info.run_id)).toEqual([run_id]);
  }, 60_000);
});

describe('a history', () => {
  const token = (offset: number) => Buffer.from(`{"offset": ${offset}}`).toString('base64');

  test('comes whole, or in pages, in the order of time', async () => {
    const run_id = await newRun();
    await batch(run_id, { metrics: Array.from({ length: 10 }, (_, i) => point('m', i, 100 - i, i)) });
    const whole = (await history(run_id, 'm')).metrics;
    expect(whole.map(({ timestamp }: { timestamp: number }) => timestamp)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    expect(await history(run_id, 'm', '&max_results=4')).toEqual({ metrics: whole.slice(0, 4), next_page_token: token(4) });
    expect(await history(run_id, 'm', `&max_results=4&page_token=${token(8)}`)).toEqual({ metrics: whole.slice(8) });
    expect(await history(run_id, 'm', `&max_results=10`)).toEqual({ metrics: whole });
    for (const [run, key] of [
      [run_id, 'none'],
      ['nope', 'm'],
      ['0'.repeat(32), 'm'],
    ] as const) {
      expect(await history(run, key)).toEqual({});
    }
    expect((await history(run_id, 'm', '&max_results=0')).message).toBe(
      "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer.",
    );
    expect((await history(run_id, 'm', '&page_token=zz')).message).toBe('Invalid page token, could not base64-decode');
    expect((await history('', 'm')).message).toContain("Missing value for required parameter 'run_id'.");
  });

  test('by pages of old chunks is read in pages once its order is known, and anew when points came', async () => {
    const run_id = await newRun();
    const all = Array.from({ length: 3_000 }, (_, i) => point('m', i / 2, 1_000 + i, i));
    for (let at = 0; at < 3_000; at += 1_000) await batch(run_id, { metrics: all.slice(at, at + 1_000) });
    const page = (from: number, n = 700) => history(run_id, 'm', `&max_results=${n}${from > 0 ? `&page_token=${token(from)}` : ''}`);
    // As they were written before chunks said whether their times rise.
    await server().services.sql`update chunks set payload = set_byte(payload, 0, get_byte(payload, 0) & 3)`;
    expect(await page(0)).toEqual({ metrics: all.slice(0, 700), next_page_token: token(700) });
    const { sql } = server().services;
    const ofSeries = sql`series_id = (select id from series where run_id = ${run_id} and key = 'm')`;
    // What is read shows by what is missed: the first thousand points cannot be read any more.
    const [first] = await sql<{ payload: Buffer }[]>`select payload from chunks where ${ofSeries} and first_step = 0`;
    await sql`update chunks set payload = '' where ${ofSeries} and first_step = 0`;
    expect(await page(1_400)).toEqual({ metrics: all.slice(1_400, 2_100), next_page_token: token(2_100) });
    expect(await page(2_800)).toEqual({ metrics: all.slice(2_800) });
    expect((await page(700)).error_code).toBe('INTERNAL_ERROR');
    await sql`update chunks set payload = ${first?.payload ?? ''} where ${ofSeries} and first_step = 0`;
    // The least step, and the latest time.
    await batch(run_id, { metrics: [point('m', 9, 90_000, -1)] });
    expect(await page(2_800)).toEqual({ metrics: [...all.slice(2_800), point('m', 9, 90_000, -1)] });
    expect(await page(3_001)).toEqual({});
  });

  test('by pages reads no chunk but those of the page, where the chunks say that their order is the one of time', async () => {
    const { client, services } = server();
    const id = await newRun();
    const log = (key: string, first: number, time: number) => {
      const steps = Array.from({ length: 2_000 }, (_, i) => first + i);
      return client.tracking.runs.log({ id, series: [{ key, steps, times: steps.map((_, i) => time + i), values: steps }] });
    };
    for (const first of [0, 2_000, 4_000]) await log('rising', first, 10_000 + first);
    for (const first of [0, 2_000, 4_000]) await log('falling', first, 10_000 - first);
    // Nobody has read them. What is read shows by what is missed: of these chunks only the marks are left.
    await services.sql`
      update chunks set payload = substring(payload from 1 for 1)
      where first_step <> 2000 and series_id = (select id from series where run_id = ${id} and key = 'rising')`;
    const page = (key: string, from: number, n: number) => history(id, key, `&max_results=${n}&page_token=${token(from)}`);
    const points = (key: string, from: number, n: number, time: number) =>
      Array.from({ length: n }, (_, i) => point(key, from + i, time + i, from + i));
    expect(await page('rising', 2_100, 700)).toEqual({ metrics: points('rising', 2_100, 700, 12_100), next_page_token: token(2_800) });
    expect(await page('rising', 3_990, 10)).toMatchObject({ metrics: points('rising', 3_990, 10, 13_990) });
    expect((await page('rising', 3_990, 11)).error_code).toBe('INTERNAL_ERROR');
    // The last ones by step are the first ones by time.
    expect(await page('falling', 1_999, 2)).toMatchObject({
      metrics: [point('falling', 5_999, 7_999, 5_999), point('falling', 2_000, 8_000, 2_000)],
    });
  });

  test('of a metric whose points come back as they were sent: NaN, tiny and huge, infinities as the largest double', async () => {
    const run_id = await newRun();
    const values = [5e-324, 1.7976931348623157e308, -0.1, 'NaN', 'Infinity', '-Infinity', 123456789.123];
    await batch(run_id, { metrics: values.map((value, i) => point('m"\\', value, i, i)).map((one) => ({ ...one, key: 'm' })) });
    const theirs = values.map((value) => ({ Infinity: Number.MAX_VALUE, '-Infinity': -Number.MAX_VALUE })[value] ?? value);
    expect((await history(run_id, 'm')).metrics.map(({ value }: { value: unknown }) => value)).toEqual(theirs);
    const { series } = await server().client.tracking.metrics.history({ runIds: [run_id], keys: ['m'] });
    expect(series[0]?.values).toEqual(values);
  });

  const bulk = (path: string, query: [string, string | number][]) => {
    const parameters = new URLSearchParams(query.map(([name, value]) => [name, String(value)]));
    return ask('GET', `metrics/${path}?${parameters}`);
  };

  test('of several runs is thinned out evenly, with the first and the last point', async () => {
    const [one, two] = [await newRun(), await newRun()];
    await batch(one, { metrics: Array.from({ length: 23 }, (_, i) => point('m', i, 1, i)) });
    await batch(two, { metrics: [point('m', 1, 1, 5)] });
    const steps = async (...query: [string, string | number][]) => {
      const { body } = await bulk('get-history-bulk-interval', [['run_ids', one], ['metric_key', 'm'], ...query]);
      return body.metrics?.map(({ step }: { step: number }) => step);
    };
    expect(await steps(['max_results', 1])).toEqual([22]);
    expect(await steps(['max_results', 2])).toEqual([0, 22]);
    expect(await steps(['max_results', 5])).toEqual([0, 5, 10, 15, 22]);
    expect(await steps(['max_results', 7])).toEqual([0, 4, 8, 11, 14, 17, 22]);
    expect(await steps(['max_results', 23])).toHaveLength(23);
    expect(await steps(['start_step', 3], ['end_step', 9], ['max_results', 4])).toEqual([3, 5, 7, 9]);
    expect(await steps(['run_ids', two], ['max_results', 2])).toEqual([0, 22, 5]);
    const { body } = await bulk('get-history-bulk-interval', [
      ['run_ids', two],
      ['metric_key', 'm'],
    ]);
    expect(body).toEqual({ metrics: [{ ...point('m', 1, 1, 5), run_id: two }] });
  });

  test('of several runs comes in the order of their ids', async () => {
    const runs = [await newRun(), await newRun()];
    for (const id of runs) await batch(id, { metrics: [point('m', 2, 2, 1), point('m', 1, 1, 1)] });
    const asked = [...runs.map((id): [string, string] => ['run_id', id]), ['metric_key', 'm'] as [string, string]];
    const all = [...runs].sort().flatMap((run_id) => [
      { ...point('m', 1, 1, 1), run_id },
      { ...point('m', 2, 2, 1), run_id },
    ]);
    expect((await bulk('get-history-bulk', asked)).body).toEqual({ metrics: all });
    expect((await bulk('get-history-bulk', [...asked, ['max_results', 3]])).body).toEqual({ metrics: all.slice(0, 3) });
  });

  test('of long runs is the same as of their every point, in pieces that are held one at a time', async () => {
    // More than are held at once, with steps that come twice, and times that go the other way.
    const count = 400_000;
    const steps = Array.from({ length: count }, (_, i) => i >> 1);
    const times = steps.map((_, i) => count - i);
    const { runs } = server().client.tracking;
    const ids = [await newRun(), await newRun()].sort();
    const [long = ''] = ids;
    for (let at = 0; at < count; at += 200_000) {
      const part = (column: number[]) => column.slice(at, at + 200_000);
      await runs.log({ id: long, series: [{ key: 'm', steps: part(steps), times: part(times), values: part(steps.map((_, i) => i)) }] });
    }
    const asked = ids.map((id): [string, string] => ['run_ids', id]);
    const { body } = await bulk('get-history-bulk-interval', [...asked, ['metric_key', 'm'], ['max_results', 1_000]]);
    const inOrder = steps.map((step, i) => ({ step, time: times[i] as number })).sort((a, b) => a.step - b.step || a.time - b.time);
    const rows = Array.from({ length: 1_000 }, (_, i) => (i === 999 ? count - 1 : i * 400));
    const expected = rows.map((row) => ({ run_id: long, step: inOrder[row]?.step, timestamp: inOrder[row]?.time }));
    expect(body.metrics.map(({ run_id, step, timestamp }: Record<string, unknown>) => ({ run_id, step, timestamp }))).toEqual(expected);

    const earliest = (await bulk('get-history-bulk', [...ids.map((id): [string, string] => ['run_id', id]), ['metric_key', 'm']])).body
      .metrics;
    expect(earliest.map(({ timestamp }: { timestamp: number }) => timestamp)).toEqual(Array.from({ length: 25_000 }, (_, i) => i + 1));
    const sizes: number[] = [];
    const [{ workspaceId = '' } = {}] = await server().database.sql`select workspace_id as "workspaceId" from runs where id = ${long}`;
    for await (const { read } of readPieces(server().database.sql, workspaceId, { runIds: ids, key: 'm' }))
      for await (const { steps } of read()) sizes.push(steps.length);
    expect([sizes.length, sizes.reduce((sum, one) => sum + one, 0)]).toEqual([2, count]);
    expect(Math.max(...sizes)).toBeLessThan(350_000);
  }, 60_000);

  test.each([
    ['get-history-bulk', [['metric_key', 'm']], 'must specify at least one run_id'],
    ['get-history-bulk', [['run_id', 'x']], 'must specify a metric_key'],
    ['get-history-bulk', Array.from({ length: 101 }, () => ['run_id', 'x']), 'cannot specify more than 100 run_ids'],
    ['get-history-bulk-interval', [['metric_key', 'm']], "Missing value for required parameter 'run_ids'."],
    [
      'get-history-bulk-interval',
      [
        ['run_ids', 'x'],
        ['metric_key', ''],
      ],
      "Missing value for required parameter 'metric_key'",
    ],
    [
      'get-history-bulk-interval',
      [
        ['run_ids', 'x'],
        ['metric_key', 'm'],
        ['max_results', 0],
      ],
      'max_results must be between 1 and 2500',
    ],
    [
      'get-history-bulk-interval',
      [
        ['run_ids', 'x'],
        ['metric_key', 'm'],
        ['start_step', 1],
      ],
      'both must be specified',
    ],
    [
      'get-history-bulk-interval',
      [
        ['run_ids', 'x'],
        ['metric_key', 'm'],
        ['start_step', 5],
        ['end_step', 3],
      ],
      'end_step must be greater than start_step. Found start_step=5 and end_step=3.',
    ],
  ] as [string, [string, string | number][], string][])('%s %j is refused', async (path, query, message) => {
    const { status, body } = await bulk(path, query);
    expect([status, body.error_code, body.message]).toEqual([400, 'INVALID_PARAMETER_VALUE', expect.stringContaining(message)]);
  });
});
