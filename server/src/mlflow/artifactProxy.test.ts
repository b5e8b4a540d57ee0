import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const ROOT = '/api/2.0/mlflow-artifacts/artifacts';

/** An address as it stands: `fetch` would tidy it up first. */
async function ask(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const sent = request(server().url, { method, path, headers: { authorization: `Bearer ${server().token}`, ...headers } });
  sent.end(body);
  const [response] = await once(sent, 'response');
  return { status: response.statusCode as number, headers: response.headers, text: await text(response) };
}
const asJson = (answer: { text: string }) => JSON.parse(answer.text) as Record<string, unknown>;
const newRun = async () => {
  const run = await server().client.tracking.runs.create({});
  return { id: run.id, root: `${ROOT}/${run.experimentId}/${run.id}/artifacts` };
};
const listed = async (path: string) => {
  const answer = await ask('GET', `${ROOT}?path=${encodeURIComponent(path)}`);
  return [answer.status, asJson(answer)];
};

test('a file under the address of a run is an artifact of that run, as if our own client had sent it', async () => {
  const { id, root } = await newRun();
  expect(await ask('PUT', `${root}/plots/roc%20curve.csv`, 'a,b', { 'content-type': 'text/plain' })).toMatchObject({
    status: 200,
    text: '{}',
  });
  const { artifacts } = await server().client.tracking.artifacts.list({ runId: id });
  expect(artifacts).toMatchObject([{ path: 'plots/roc curve.csv', kind: 'table', size: 3, mediaType: 'text/csv' }]);
  expect((await server().client.tracking.runs.get({ id })).artifactCount).toBe(1);
  expect((await ask('GET', `${root}/plots/roc%20curve.csv`)).text).toBe('a,b');
});

test('a table in JSON is shown as a table, other JSON as it is', async () => {
  const { id, root } = await newRun();
  await ask('PUT', `${root}/eval.json`, '{"columns": ["question"], "data": [["why?"], ["who?"]]}', { 'content-type': 'application/json' });
  for (const [name, body] of [
    ['other', '{"data": []}'],
    ['list', '[{"columns": []}]'],
    ['none', ''],
  ] as const) {
    await ask('PUT', `${root}/${name}.json`, body);
  }
  const { artifacts } = await server().client.tracking.artifacts.list({ runId: id });
  expect(artifacts.map(({ path, kind }) => [path, kind])).toEqual([
    ['eval.json', 'table'],
    ['list.json', 'file'],
    ['none.json', 'file'],
    ['other.json', 'file'],
  ]);
  const shown = await server().client.tracking.artifacts.preview({ runId: id, path: 'eval.json' });
  expect(shown).toMatchObject({ columns: ['question'], rows: [['why?'], ['who?']] });
});

test('what our own client stored is found under the address of MLflow', async () => {
  const { id, root } = await newRun();
  await server().fetch(`runs/${id}/artifacts/files/a/b.txt`, { method: 'PUT', body: 'native' });
  expect((await ask('GET', `${root}/a/b.txt`)).text).toBe('native');
});

test('any other path is a file of the workspace', async () => {
  for (const path of ['4/models/m-1/artifacts/MLmodel', `77/${'0'.repeat(32)}/artifacts/MLmodel`, `${'0'.repeat(32)}/artifacts/x`]) {
    expect((await ask('PUT', `${ROOT}/${path}`, path)).status).toBe(200);
    expect((await ask('GET', `${ROOT}/${path}`)).text).toBe(path);
  }
});

test('a path that names a run where its artifacts do not lie is refused with where they do, and stores nothing', async () => {
  const { id, root } = await newRun();
  const place = root.slice(ROOT.length + 1);
  for (const wrong of [`77/${id}/artifacts`, `team/${id}/artifacts`]) {
    const refused = await ask('PUT', `${ROOT}/${wrong}/MLmodel`, 'x');
    expect([refused.status, asJson(refused).error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect(asJson(refused).message).toContain(`mlflow-artifacts:/${place}`);
    const inParts = await ask('POST', `/api/2.0/mlflow-artifacts/mpu/create/${wrong}`, '{"path":"MLmodel","num_parts":1}', {
      'content-type': 'application/json',
    });
    expect(inParts.status).toBe(404);
    expect((await ask('GET', `${ROOT}/${wrong}/MLmodel`)).status).toBe(404);
    expect(await listed(wrong)).toEqual([200, {}]);
  }
  const viewer = { authorization: `Bearer ${await server().tokenOf('viewer')}` };
  expect((await ask('PUT', `${ROOT}/77/${id}/artifacts/MLmodel`, 'x', viewer)).status).toBe(403);
});

test('a run that was deleted goes on taking artifacts, as at MLflow’s server', async () => {
  const { id, root } = await newRun();
  await server().client.tracking.runs.delete({ ids: [id] });
  expect((await ask('PUT', `${root}/late.txt`, 'late')).status).toBe(200);
  expect((await ask('GET', `${root}/late.txt`)).text).toBe('late');
});

test('the artifacts of an experiment that was given a place lie below that place', async () => {
  const experiment = await server().client.tracking.experiments.create({ name: 'placed' });
  await server().database.sql`update experiments set artifact_location = 'mlflow-artifacts:/team/vision/' where id = ${experiment.id}`;
  const { id } = await server().client.tracking.runs.create({ experimentId: experiment.id });
  await ask('PUT', `${ROOT}/team/vision/${id}/artifacts/a.txt`, 'x');
  const { artifacts } = await server().client.tracking.artifacts.list({ runId: id });
  expect(artifacts.map(({ path }) => path)).toEqual(['a.txt']);
});

test('a folder lists what lies directly in it, folders without a size, in the order of bytes', async () => {
  const { id, root } = await newRun();
  for (const path of ['b.txt', 'a/deep/x', 'a/y', 'a.txt', 'Z']) await ask('PUT', `${root}/${path}`, path);
  const place = root.slice(ROOT.length + 1);
  const files = [
    { path: 'Z', is_dir: false, file_size: 1 },
    { path: 'a', is_dir: true },
    { path: 'a.txt', is_dir: false, file_size: 5 },
    { path: 'b.txt', is_dir: false, file_size: 5 },
  ];
  expect(await listed(place)).toEqual([200, { files }]);
  const inside = [
    { path: 'deep', is_dir: true },
    { path: 'y', is_dir: false, file_size: 3 },
  ];
  expect(await listed(`${place}/a`)).toEqual([200, { files: inside }]);
  expect(await listed(`${place}/a/`)).toEqual([200, { files: inside }]);
  expect(await listed(`${place}/a.txt`)).toEqual([200, {}]);
  expect(await listed(`${place}/nothing`)).toEqual([200, {}]);
  for (const atRoot of ['/', '/.', '/./.', `/./${place}`]) expect((await listed(atRoot))[0], atRoot).toBe(400);
  const ofRun = asJson(await ask('GET', `/api/2.0/mlflow/artifacts/list?run_id=${id}&path=a`));
  expect(ofRun).toEqual({
    root_uri: `mlflow-artifacts:/${place}`,
    files: [
      { path: 'a/deep', is_dir: true },
      { path: 'a/y', is_dir: false, file_size: 3 },
    ],
  });
  const [experiment] = place.split('/');
  expect((await listed(experiment ?? ''))[1]).toMatchObject({ files: expect.arrayContaining([{ path: id, is_dir: true }]) });
  expect(await listed(`${experiment}/${id}`)).toEqual([200, { files: [{ path: 'artifacts', is_dir: true }] }]);
});

test('a folder whose name another one begins with keeps its files to itself, also where names are long', async () => {
  const long = 'x'.repeat(600);
  for (const path of ['f/a/1', 'f/ab/2', 'f/a%25b/3', 'f/a_/4', `f/${long}/5`, `f/${long}y/6`]) await ask('PUT', `${ROOT}/${path}`, '');
  expect((await listed('f/a'))[1]).toEqual({ files: [{ path: '1', is_dir: false }] });
  expect((await listed(`f/${long}`))[1]).toEqual({ files: [{ path: '5', is_dir: false }] });
  expect((await ask('DELETE', `${ROOT}/f/a`)).status).toBe(200);
  expect((await listed('f'))[1]).toEqual({ files: ['a%b', 'a_', 'ab', long, `${long}y`].map((path) => ({ path, is_dir: true })) });
});

test('an encoded slash is a slash', async () => {
  const { root } = await newRun();
  expect((await ask('PUT', `${root}/a%2Fb.txt`, 'x')).status).toBe(200);
  expect((await ask('GET', `${root}/a/b.txt`)).text).toBe('x');
  expect((await ask('GET', `${root}%2fa%2fb.txt`)).text).toBe('x');
});

test('a name is a file or a folder, never both, of a run as of the workspace', async () => {
  const { root } = await newRun();
  for (const place of [root, `${ROOT}/apart`]) {
    for (const path of ['a.txt', 'd/e']) expect((await ask('PUT', `${place}/${path}`, path)).status).toBe(200);
    // MLflow's own server says 500 here, which its clients send again for minutes.
    for (const path of ['a.txt/sub', 'a.txt/sub/deep', 'd']) {
      const refused = await ask('PUT', `${place}/${path}`, 'x');
      expect([path, refused.status, asJson(refused).error_code]).toEqual([path, 409, 'RESOURCE_CONFLICT']);
      expect(asJson(refused).message).toMatch(/^path: .*(which is a file|is a folder).*delete/s);
      expect((await ask('GET', `${place}/${path}`)).status).not.toBe(200);
      const at = `${place.slice(ROOT.length + 1)}/${path}`;
      const [folder, name] = [at.slice(0, at.lastIndexOf('/')), at.slice(at.lastIndexOf('/') + 1)];
      const body = JSON.stringify({ path: name, num_parts: 1 });
      const headers = { 'content-type': 'application/json' };
      expect((await ask('POST', `/api/2.0/mlflow-artifacts/mpu/create/${folder}`, body, headers)).status).toBe(409);
    }
    expect((await ask('PUT', `${place}/a.txt`, 'newer')).status).toBe(200);
    // Beside a folder, names that begin with its name are free.
    for (const path of ['d.txt', 'd0', 'a.txt2/x', 'd/f']) expect((await ask('PUT', `${place}/${path}`, '')).status).toBe(200);
    expect((await ask('DELETE', `${place}/d`)).status).toBe(200);
    expect((await ask('PUT', `${place}/d`, 'now a file')).status).toBe(200);
  }
});

test('of a file and what would lie in it, sent at once, one is stored', async () => {
  const { root } = await newRun();
  const deep = 'x/'.repeat(12);
  for (const place of [root, `${ROOT}/at-once`, `${ROOT}/at-once-too/${deep}y`]) {
    for (let i = 0; i < 4; i++) {
      const both = await Promise.all([`${i}`, `${i}/sub`].map((path) => ask('PUT', `${place}/${path}`, path)));
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    }
  }
});

test('a file or a whole folder is deleted, twice without an error', async () => {
  const { id, root } = await newRun();
  for (const path of ['keep.txt', 'a/1', 'a/2', 'ab']) await ask('PUT', `${root}/${path}`, path);
  for (const path of ['a', 'a', 'ab']) expect(await ask('DELETE', `${root}/${path}`)).toMatchObject({ status: 200, text: '{}' });
  const { artifacts } = await server().client.tracking.artifacts.list({ runId: id });
  expect(artifacts.map(({ path }) => path)).toEqual(['keep.txt']);
  expect((await server().client.tracking.runs.get({ id })).artifactCount).toBe(1);
  expect((await ask('DELETE', root)).status).toBe(200);
  expect((await server().client.tracking.runs.get({ id })).artifactCount).toBe(0);
});

test.each([
  ['a.txt', 'text/plain', 'attachment; filename=a.txt'],
  ['data.json', 'text/plain', 'attachment; filename=data.json'],
  ['MLmodel', 'text/plain', 'attachment; filename=MLmodel'],
  ['b.pkl', 'application/octet-stream', 'attachment; filename=b.pkl'],
  ['c.png', 'image/png', 'attachment; filename=c.png'],
  ['page.html', 'text/html', 'attachment; filename=page.html'],
  ['dog+step+20.png', 'image/png', 'attachment; filename=dog+step+20.png'],
  ['a "b" c.csv', 'text/plain', 'attachment; filename="a \\"b\\" c.csv"'],
  ['日本語', 'application/octet-stream', "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E"],
])('%s is handed out as a download of its type', async (name, type, disposition) => {
  const { id, root } = await newRun();
  await ask('PUT', `${root}/${encodeURIComponent(name)}`, '<script>', { 'content-type': 'text/html' });
  const query = `?path=${encodeURIComponent(name)}`;
  for (const address of [
    `${root}/${encodeURIComponent(name)}`,
    `/get-artifact${query}&run_uuid=${id}`,
    `/ajax-api/2.0/mlflow/get-artifact${query}&run_id=${id}`,
  ]) {
    const { status, headers, text } = await ask('GET', address);
    expect([status, text, headers['content-type'], headers['content-disposition']]).toEqual([200, '<script>', type, disposition]);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining('sandbox') });
  }
});

test('a part of a file, and none where it has no such part', async () => {
  const { root } = await newRun();
  await ask('PUT', `${root}/a`, '0123456789');
  expect(await ask('GET', `${root}/a`, undefined, { range: 'bytes=2-4' })).toMatchObject({ status: 206, text: '234' });
  const refused = await ask('GET', `${root}/a`, undefined, { range: 'bytes=10-' });
  expect([refused.status, asJson(refused)]).toMatchObject([416, { error_code: 'INVALID_PARAMETER_VALUE', message: expect.any(String) }]);
});

test.each([
  ['dots', '../secret'],
  ['dots inside', 'a/../../secret'],
  ['encoded dots', '%2e%2e/secret'],
  ['dots after an encoded slash', 'a%2f..%2fb'],
  ['an encoded slash after another', 'a%2f%2fb'],
  ['a slash encoded twice', 'a%252fb'],
  ['a backslash', 'a%5cb'],
  ['dots encoded twice', '%252e%252e/secret'],
  ['NUL', 'a%00.png'],
  ['a line break', 'a%0ab'],
  ['an absolute path', '/etc/passwd'],
  ['a fragment', '%23/../secret'],
  ['broken UTF-8', '%ff'],
  ['1,025 characters', 'a'.repeat(1_025)],
])('%s is no path: nothing is read, stored or deleted', async (_name, path) => {
  const { id, root } = await newRun();
  const refused = { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' };
  for (const method of ['PUT', 'GET', 'DELETE']) {
    const answer = await ask(method, `${root}/${path}`, method === 'PUT' ? 'x' : undefined);
    expect([method, answer.status, asJson(answer)]).toMatchObject([method, 400, refused]);
  }
  if (path === '%ff') return; // in a query it is a character of its own
  for (const query of [
    `${ROOT}?path=${path}`,
    `/get-artifact?run_id=${id}&path=${path}`,
    `/api/2.0/mlflow/artifacts/list?run_id=${id}&path=${path}`,
  ]) {
    const answer = await ask('GET', query);
    expect([query, answer.status, asJson(answer)]).toMatchObject([query, 400, refused]);
  }
});

test('what is not there is told from what is a folder', async () => {
  const { id, root } = await newRun();
  await ask('PUT', `${root}/a/b`, 'x');
  const none = await ask('GET', `${root}/none`);
  expect([none.status, asJson(none)]).toMatchObject([404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: "No such artifact: 'none'" }]);
  const folder = await ask('GET', `${root}/a`);
  expect([folder.status, asJson(folder)]).toMatchObject([
    400,
    { error_code: 'INVALID_PARAMETER_VALUE', message: "Artifact path refers to a directory, not a file: 'a'" },
  ]);
  const run = await ask('GET', `/get-artifact?run_id=${'0'.repeat(32)}&path=a`);
  expect([run.status, asJson(run)]).toMatchObject([
    404,
    { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `Run with id=${'0'.repeat(32)} not found` },
  ]);
  expect((await ask('GET', `/get-artifact?run_id=${id}`)).status).toBe(400);
});

test('a small file comes to a run by POST as well', async () => {
  const { id } = await newRun();
  const at = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${id}`;
  expect((await ask('POST', `${at}&path=d/a.txt`, 'x')).status).toBe(200);
  expect((await ask('GET', `/get-artifact?run_id=${id}&path=d/a.txt`)).text).toBe('x');
  expect(asJson(await ask('POST', `${at}&path=b`)).message).toBe('Request must specify data.');
  expect(asJson(await ask('POST', at, 'x')).message).toBe('Request must specify path.');
});

test('a viewer reads and changes nothing; nobody gets nothing', async () => {
  const { root } = await newRun();
  await ask('PUT', `${root}/a`, 'x');
  const viewer = { authorization: `Bearer ${await server().tokenOf('viewer')}` };
  expect((await ask('GET', `${root}/a`, undefined, viewer)).text).toBe('x');
  for (const method of ['PUT', 'DELETE']) {
    const answer = await ask(method, `${root}/a`, method === 'PUT' ? 'y' : undefined, viewer);
    expect([answer.status, asJson(answer).error_code]).toEqual([403, 'PERMISSION_DENIED']);
    expect((await ask(method, `${ROOT}/free`, method === 'PUT' ? 'y' : undefined, viewer)).status).toBe(403);
  }
  expect((await ask('GET', `${root}/a`, undefined, { authorization: '' })).status).toBe(401);
});

test('a file that is stored again while its old row is being removed is there afterwards', async () => {
  const path = 'kept/for-a-while.csv';
  expect((await ask('PUT', `${ROOT}/${path}`, 'a,b')).status).toBe(200);
  const { sql } = server().services;
  let again: ReturnType<typeof ask> | undefined;
  await sql.begin(async (tx) => {
    const gone = await tx`delete from files where path = ${path} returning path`;
    expect(gone).toHaveLength(1);
    again = ask('PUT', `${ROOT}/${path}`, 'a,b');
    await expect
      .poll(async () => (await sql`select from pg_stat_activity where wait_event_type = 'Lock' and query like '%from files%'`).length, {
        timeout: 10_000,
      })
      .toBeGreaterThan(0);
  });
  expect((await again)?.status).toBe(200);
  expect((await ask('GET', `${ROOT}/${path}`)).text).toBe('a,b');
});
