import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { refusal } from '../testing/refusal.ts';
import { modelFiles } from './modelFiles.ts';
import { modelWithBundle } from './testModels.ts';

const server = testServer();
const registry = () => server().client.registry;
const api = '/api/2.0/mlflow-artifacts';
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** As an editor does it who is not the author. */
let token = '';
beforeAll(async () => {
  token = await server().tokenOf('editor');
});
async function send(method: string, path: string, body?: string) {
  const answer = await fetch(server().url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string> };
}
const register = async (id: string) => {
  const name = `late-${id.slice(-8)}`;
  await registry().models.create({ name });
  return registry().versions.create({ name, loggedModelId: id });
};
const folderOf = (id: string) => `0/models/${id}/artifacts`;
const conflict = { status: 409, body: { error_code: 'RESOURCE_CONFLICT', message: expect.stringContaining('registered') } };

describe('the files of a registered model', () => {
  let [id, folder, upload] = ['', '', ''];
  let parts: { part_number: number; etag: string | null }[] = [];
  beforeAll(async () => {
    id = await modelWithBundle(server());
    folder = folderOf(id);
    // Begun while the folder was open.
    const begun = await send('POST', `${api}/mpu/create/${folder}`, JSON.stringify({ path: 'model.pkl', num_parts: 1 }));
    upload = begun.body.upload_id as string;
    const [credential] = (begun.body as unknown as { credentials: { url: string; headers: Record<string, string> }[] }).credentials;
    const sent = await fetch(credential?.url as string, { method: 'PUT', body: 'evil', headers: credential?.headers as HeadersInit });
    parts = [{ part_number: 1, etag: sent.headers.get('etag') }];
    await register(id);
  });

  test.each([
    ['overwritten', () => send('PUT', `${api}/artifacts/${folder}/model.pkl`, 'evil')],
    ['joined by another', () => send('PUT', `${api}/artifacts/${folder}/modules/evil.py`, 'evil')],
    ['deleted', () => send('DELETE', `${api}/artifacts/${folder}/model.pkl`)],
    ['deleted with their folder', () => send('DELETE', `${api}/artifacts/${folder}`)],
    ['deleted with the folder of all models', () => send('DELETE', `${api}/artifacts/0/models`)],
    ['sent anew in parts', () => send('POST', `${api}/mpu/create/${folder}`, JSON.stringify({ path: 'model.pkl', num_parts: 1 }))],
    [
      'made of parts that were sent before',
      () => send('POST', `${api}/mpu/complete/${folder}`, JSON.stringify({ path: 'model.pkl', upload_id: upload, parts })),
    ],
  ])('are not %s', async (_, attack) => {
    expect(await attack()).toMatchObject(conflict);
    const { files } = await registry().modelFiles.list({ id });
    expect(files.map(({ path, digest }) => [path, digest])).toEqual(['model.onnx', 'model.pkl'].map((path) => [path, digestOf(path)]));
    const there = await fetch(`${server().url}${api}/artifacts/${folder}/model.pkl`, { headers: { authorization: `Bearer ${token}` } });
    expect(await there.text()).toBe('model.pkl');
  });

  test('are sent again as they are without an error: the answer may have been lost', async () => {
    expect((await send('PUT', `${api}/artifacts/${folder}/model.pkl`, 'model.pkl')).status).toBe(200);
  });

  test('are loaded as they were registered, whatever a row says that was changed past all doors', async () => {
    await server().database.sql`
      update files set digest = ${digestOf('evil')} where path = ${`${folder}/model.pkl`}`;
    const files = await modelFiles(server().services.sql, id);
    expect(files?.find(({ path }) => path === 'model.pkl')?.digest).toBe(digestOf('model.pkl'));
  });
});

test('before it is registered a model is logged file by file, also over what was there', async () => {
  const id = await modelWithBundle(server());
  expect((await send('PUT', `${api}/artifacts/${folderOf(id)}/model.pkl`, 'better')).status).toBe(200);
  const { userName } = (await modelFiles(server().services.sql, id))?.find(({ path }) => path === 'model.pkl') ?? {};
  expect(userName).toBe((await server().clientOf(token).access.me()).user.name);
});

test('a model among the artifacts of a run is closed there too', async () => {
  const run = await server().client.tracking.runs.create({});
  const artifactLocation = `mlflow-artifacts:/${run.experimentId}/${run.id}/artifacts/deep`;
  const made = await fetch(`${server().url}/api/2.0/mlflow/experiments/create`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${server().token}`, 'content-type': 'application/json' } },
    body: JSON.stringify({ name: 'deep', artifact_location: artifactLocation }),
  });
  const { experiment_id: experimentId } = (await made.json()) as { experiment_id: string };
  const { id } = await registry().loggedModels.create({ experimentId });
  const path = `deep/models/${id}/artifacts/model.pkl`;
  const native = `/api/v1/runs/${run.id}/artifacts/files/${path}`;
  expect((await send('PUT', native, 'good')).status).toBeLessThan(300);
  await register(id);
  expect(await send('PUT', native, 'evil')).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  const { artifacts } = server().clientOf(token).tracking;
  expect(await refusal(artifacts.delete({ runId: run.id, path }))).toEqual(['CONFLICT', 'path']);
  expect(await refusal(artifacts.uploads.start({ runId: run.id, path, kind: 'file' }))).toEqual(['CONFLICT', 'path']);
  expect(await send('DELETE', `${api}/artifacts/${run.experimentId}/${run.id}/artifacts`)).toMatchObject(conflict);
  expect((await modelFiles(server().services.sql, id))?.map(({ digest }) => digest)).toEqual([digestOf('good')]);
  expect((await send('PUT', `/api/v1/runs/${run.id}/artifacts/files/deep/other.txt`, 'other')).status).toBeLessThan(300);
});
