import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

interface Credential {
  url: string;
  part_number: number;
  headers: Record<string, string>;
}
interface Part {
  part_number: number;
  etag: string | null;
}

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server().url}/api/2.0/mlflow-artifacts/mpu/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${server().token}`, 'content-type': 'application/json', ...headers },
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
async function start(folder: string, parts: number, name = '/home/me/big.bin') {
  const { status, body } = await post(`create/${folder}`, { path: name, num_parts: parts });
  expect(status).toBe(200);
  return { id: body.upload_id as string, credentials: body.credentials as Credential[] };
}
/** As the client does it: no token, only what `create` has answered. */
async function send({ url, headers, part_number }: Credential, body: string): Promise<Part> {
  const answer = await fetch(url, { method: 'PUT', body, headers });
  expect(answer.status).toBe(200);
  return { part_number, etag: answer.headers.get('etag') };
}
const newRun = async () => {
  const run = await server().client.tracking.runs.create({});
  return { id: run.id, folder: `${run.experimentId}/${run.id}/artifacts` };
};
const artifactsOf = async (runId: string) => (await server().client.tracking.artifacts.list({ runId })).artifacts;

test('parts that came in any order and without a token become one artifact of the run', async () => {
  const { id, folder } = await newRun();
  const { id: upload_id, credentials } = await start(`${folder}/models`, 3);
  const [one, two, three] = credentials as [Credential, Credential, Credential];
  const parts = [await send(three, 'cc'), await send(one, 'aaaa'), await send(two, 'bbbb')].sort((a, b) => a.part_number - b.part_number);
  expect(await artifactsOf(id)).toEqual([]);
  expect(await post(`complete/${folder}/models`, { path: '/home/me/big.bin', upload_id, parts })).toEqual({ status: 200, body: {} });
  expect(await artifactsOf(id)).toMatchObject([{ path: 'models/big.bin', size: 10, digest: sha256('aaaabbbbcc') }]);
  // The answer was lost: the same question again.
  expect((await post(`complete/${folder}/models`, { path: 'big.bin', upload_id, parts })).status).toBe(200);
});

test('a file that belongs to no run is made of parts just so', async () => {
  const { id: upload_id, credentials } = await start('1/models/m-1/artifacts', 1, 'C:\\me\\weights.bin');
  const parts = await Promise.all(credentials.map((credential) => send(credential, 'w')));
  await post('complete/1/models/m-1/artifacts', { path: 'weights.bin', upload_id, parts });
  const file = await fetch(`${server().url}/api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts/weights.bin`, {
    headers: { authorization: `Bearer ${server().token}` },
  });
  expect(await file.text()).toBe('w');
});

test('behind a proxy the addresses are those of the proxy', async () => {
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'ml.example', 'x-forwarded-prefix': '/team' };
  const { body } = await post('create/some/folder', { path: 'a', num_parts: 1 }, headers);
  expect((body.credentials as Credential[])[0]?.url).toBe(
    `https://ml.example/team/api/2.0/mlflow-artifacts/mpu/parts/${String(body.upload_id)}/1`,
  );
});

test.each([
  ['a part is missing', (parts: Part[]) => parts.slice(0, 1)],
  ['a part was changed on its way', ([one, two]: Part[]) => [one, { ...two, etag: `"${sha256('other')}"` }]],
  ['parts are out of order', (parts: Part[]) => parts.toReversed()],
  ['a part was never sent', (parts: Part[]) => [...parts, { part_number: 3, etag: sha256('c') }]],
  ['none is named', () => []],
])('nothing is made where %s, and what is there stays', async (_name, change) => {
  const { id, folder } = await newRun();
  const { id: upload_id, credentials } = await start(folder, 2);
  const parts = await Promise.all(credentials.map((credential) => send(credential, `${credential.part_number}`)));
  const { status, body } = await post(`complete/${folder}`, { path: 'big.bin', upload_id, parts: change(parts) });
  expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  expect(await artifactsOf(id)).toEqual([]);
  expect((await post(`complete/${folder}`, { path: 'big.bin', upload_id, parts })).status).toBe(200);
});

test('who gave up sends no more, and may say so twice', async () => {
  const { folder } = await newRun();
  const { id: upload_id, credentials } = await start(folder, 1);
  const [credential] = credentials as [Credential];
  const parts = [await send(credential, 'a')];
  for (let i = 0; i < 2; i++) expect((await post(`abort/${folder}`, { path: 'big.bin', upload_id })).status).toBe(200);
  expect((await fetch(credential.url, { method: 'PUT', body: 'b', headers: credential.headers })).status).toBe(400);
  expect((await post(`complete/${folder}`, { path: 'big.bin', upload_id, parts })).body.error_code).toBe('INVALID_PARAMETER_VALUE');
});

test('the key opens the parts of its own upload and nothing else', async () => {
  const { folder } = await newRun();
  const [mine] = (await start(folder, 1)).credentials as [Credential];
  const other = await start(folder, 1);
  const put = async (url: string, headers: Record<string, string> = {}) => (await fetch(url, { method: 'PUT', body: 'x', headers })).status;
  const [theirs] = other.credentials as [Credential];
  expect(await put(theirs.url)).toBe(403);
  expect(await put(theirs.url, mine.headers)).toBe(403);
  expect(await put(mine.url.replace(/\/1$/, '/0'), mine.headers)).toBe(400);
  expect(await put(mine.url.replace(/\/1$/, '/10001'), mine.headers)).toBe(400);
  expect(await put(`${server().url}/api/2.0/mlflow-artifacts/mpu/parts/${crypto.randomUUID()}/1`, mine.headers)).toBe(403);
  await server().database.sql`update uploads set created_at = created_at - interval '25 hours' where id = ${other.id}`;
  expect(await put(theirs.url, theirs.headers)).toBe(403);
});

test('the key opens nothing once its user is disabled or may only read, and again when that is taken back', async () => {
  const { folder } = await newRun();
  const { access } = server().client;
  const { user } = await access.users.create({ name: 'leaver', role: 'editor' });
  const { secret } = await access.tokens.create({ label: 'test', userId: user.id });
  const { body } = await post(`create/${folder}`, { path: 'big.bin', num_parts: 1 }, { authorization: `Bearer ${secret}` });
  const [{ url, headers }] = body.credentials as [Credential];
  const put = async () => (await fetch(url, { method: 'PUT', body: 'x', headers })).status;
  expect(await put()).toBe(200);
  await access.users.update({ id: user.id, disabled: true });
  expect(await put()).toBe(403);
  await access.users.update({ id: user.id, disabled: false, role: 'viewer' });
  expect(await put()).toBe(403);
  await access.users.update({ id: user.id, role: 'editor' });
  expect(await put()).toBe(200);
});

test('an upload is completed where it was begun, by who may write, and hostile names are refused', async () => {
  const { folder } = await newRun();
  const { id: upload_id, credentials } = await start(folder, 1);
  const parts = await Promise.all(credentials.map((credential) => send(credential, 'a')));
  const elsewhere = await post(`complete/${folder}/other`, { path: 'big.bin', upload_id, parts });
  expect([elsewhere.status, elsewhere.body.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
  expect((await post(`complete/${folder}`, { path: 'big.bin', upload_id: "'; drop table uploads", parts })).status).toBe(404);
  const viewer = { authorization: `Bearer ${await server().tokenOf('viewer')}` };
  for (const [call, body] of [
    ['create', { path: 'a', num_parts: 1 }],
    ['complete', { path: 'big.bin', upload_id, parts }],
    ['abort', { path: 'big.bin', upload_id }],
  ] as const) {
    expect((await post(`${call}/${folder}`, body, viewer)).body.error_code).toBe('PERMISSION_DENIED');
  }
  for (const [place, name, count] of [
    ['a%2f..%2fb', 'a', 1],
    [folder, '..', 1],
    [folder, 'a\u0000b', 1],
    [folder, '/', 1],
    [folder, 'a', 0],
    [folder, 'a', 10_001],
  ] as const) {
    const { status, body } = await post(`create/${place}`, { path: name, num_parts: count });
    expect([name, count, status, body.error_code]).toEqual([name, count, 400, 'INVALID_PARAMETER_VALUE']);
  }
});
