import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { addManyRuns, manyRunId } from '../../../../test/fixtures/manyRuns.ts';
import { csvCell } from '../../core/tableFormats.ts';
import { testServer } from '../../testing/index.ts';

const server = testServer();

const get = (path: string) => server().fetch(path);
const errorOf = async (response: Response) => {
  const { code, data } = (await response.json()) as { code: string; data: { issues: { field: string; reason: string }[] } };
  return { status: response.status, code, ...data.issues[0] };
};
const hostile = '=HYPERLINK("http://x")';

async function someRuns(experimentName: string) {
  const { runs } = server().client.tracking;
  const first = await runs.create({ experimentName, name: 'first', params: { lr: '0.1', note: hostile }, startedAt: Date.UTC(2026, 0, 1) });
  const second = await runs.create({ experimentName, name: 'sec,"ond"', tags: { 'my tag': '-1' }, startedAt: Date.UTC(2026, 0, 2) });
  const columns = { steps: [0, 1], times: [1_000, 2_000] };
  await runs.log({
    id: first.id,
    series: [
      { key: 'loss', ...columns, values: [0.5, 'NaN'] },
      { key: 'auc', ...columns, values: [0.5, 0.75] },
    ],
  });
  return { first, second, experimentId: first.experimentId };
}

test('CSV has chosen columns, in order, with times as ISO 8601 and no formulas', async () => {
  const { first, second, experimentId } = await someRuns('csv');
  const columns = [
    'id',
    'name',
    'started_at',
    'params.lr',
    'params.note',
    'metrics.auc',
    'metrics.auc.min',
    'metrics.loss',
    'tags."my tag"',
  ];
  const asked = columns.map((column) => `column=${encodeURIComponent(column)}`).join('&');
  const response = await get(`runs/export?experimentId=${experimentId}&orderBy=started_at:asc&${asked}`);
  expect(response.headers.get('content-type')).toContain('text/csv');
  expect(response.headers.get('x-cellkeep-rows')).toBe('2');
  expect(response.headers.get('content-disposition')).toContain('runs.csv');
  expect(await response.text()).toBe(
    [
      'id,name,started_at,params.lr,params.note,metrics.auc,metrics.auc.min,metrics.loss,tags.my tag',
      `${first.id},first,2026-01-01T00:00:00.000Z,0.1,"'=HYPERLINK(""http://x"")",0.75,0.5,NaN,`,
      `${second.id},"sec,""ond""",2026-01-02T00:00:00.000Z,,,,,,-1`,
      '',
    ].join('\n'),
  );
});

test.each([
  ['=1+1', "'=1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['+cmd', "'+cmd"],
  ['-x', "'-x"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['-1.5e-3', '-1.5e-3'],
  ['+5', '+5'],
  ['a=1', 'a=1'],
  [' =1', ' =1'],
  ['', ''],
])('a cell %j is written %j', (cell, written) => {
  expect(csvCell(cell)).toBe(written);
});

test('without columns every key in use is there; Parquet keeps types', async () => {
  const { first, experimentId } = await someRuns('parquet');
  const response = await get(`runs/export?format=parquet&experimentId=${experimentId}&orderBy=name`);
  const rows = await parquetReadObjects({ file: await response.arrayBuffer() });
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({
    id: first.id,
    name: 'first',
    started_at: new Date(Date.UTC(2026, 0, 1)),
    'params.lr': '0.1',
    'params.note': hostile,
    'metrics.auc': 0.75,
    'metrics.loss': Number.NaN,
  });
  expect(rows[1]?.['metrics.auc'] ?? null).toBeNull();
});

test('lines of JSON, by POST, leave out what a run lacks', async () => {
  const { first, experimentId } = await someRuns('json');
  const body = JSON.stringify({
    format: 'json',
    experimentIds: [experimentId],
    filter: 'metrics.auc > 0.5',
    columns: ['id', 'ended_at', 'metrics.loss'],
  });
  const response = await server().fetch('runs/export', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect(
    (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([{ id: first.id, 'metrics.loss': 'NaN' }]);
});

test('every point of a run, as CSV and Parquet', async () => {
  const { first } = await someRuns('points');
  const csv = await get(`runs/${first.id}/metrics/export`);
  expect(csv.headers.get('x-cellkeep-rows')).toBe('4');
  expect((await csv.text()).split('\n')).toEqual([
    'key,step,time,value',
    'auc,0,1970-01-01T00:00:01.000Z,0.5',
    'auc,1,1970-01-01T00:00:02.000Z,0.75',
    'loss,0,1970-01-01T00:00:01.000Z,0.5',
    'loss,1,1970-01-01T00:00:02.000Z,NaN',
    '',
  ]);
  const parquet = await get(`runs/${first.id}/metrics/export?format=parquet&key=auc`);
  expect(await parquetReadObjects({ file: await parquet.arrayBuffer() })).toEqual([
    { key: 'auc', step: 0n, time: new Date(1_000), value: 0.5 },
    { key: 'auc', step: 1n, time: new Date(2_000), value: 0.75 },
  ]);
});

test('a wrong filter, column, format or run is refused by name', async () => {
  expect(await errorOf(await get('runs/export?filter=lr%20%3E'))).toMatchObject({ status: 400, field: 'filter' });
  expect(await errorOf(await get('runs/export?column=name&column=nonsense'))).toMatchObject({ status: 400, field: 'column[1]' });
  expect(await errorOf(await get('runs/export?format=xlsx'))).toMatchObject({ status: 400, field: 'format' });
  expect(await errorOf(await get(`runs/${'0'.repeat(32)}/metrics/export`))).toMatchObject({ status: 404, field: 'runId' });
  expect((await server().fetch('runs/export', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])(
  'a body that is %s is refused, not passed over',
  async (type) => {
    const body = JSON.stringify({ filter: 'metrics.auc > 2' });
    const refused = await server().fetch('runs/export', { method: 'POST', body, headers: { 'content-type': type } });
    expect(await errorOf(refused)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', field: 'content-type' });
    expect((await server().fetch('runs/export', { method: 'POST' })).status).toBe(200);
  },
);

test.each(['csv', 'json', 'parquet'])('a time that no date can be is left out of %s', async (format) => {
  const { first, experimentId } = await someRuns(`times ${format}`);
  await server().database.sql`update runs set started_at = 9007199254740991 where id = ${first.id}`;
  const response = await get(`runs/export?format=${format}&experimentId=${experimentId}&orderBy=name&column=name&column=started_at`);
  expect(response.status).toBe(200);
  if (format === 'csv') expect((await response.text()).split('\n')[1]).toBe('first,');
  else if (format === 'json') expect(JSON.parse((await response.text()).split('\n')[0] ?? '')).toEqual({ name: 'first' });
  else expect((await parquetReadObjects({ file: await response.arrayBuffer() }))[0]?.started_at ?? null).toBeNull();
});

test('more runs than a page has come whole, each once', async () => {
  const { experimentId } = await addManyRuns(server().database.sql, { runs: 2_500, metrics: 2, experiment: 'export' });
  const response = await get(`runs/export?experimentId=${experimentId}&lifecycle=all&orderBy=metrics.loss&column=id`);
  const [, ...ids] = (await response.text()).trim().split('\n');
  expect(response.headers.get('x-cellkeep-rows')).toBe('2500');
  expect(ids.toSorted()).toEqual(Array.from({ length: 2_500 }, (_, i) => manyRunId(i + 1)).toSorted());
});
