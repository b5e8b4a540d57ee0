import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { folderOfModel, registerModel, rowsOfModel, storeModel } from '../testModels.ts';
import { asYaml } from './kserve.ts';
import { isNamed, isNear, readRaySettings } from './rayAddress.ts';
import { type TestDashboard, testDashboard } from './testDashboard.ts';

const PYTHON = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
/** Dashboard of a Ray cluster of this machine that may be used for tests, with onnxruntime installed: `ray start --head`. */
const CLUSTER = process.env.CELLKEEP_TEST_RAY;

const server = testServer({ env: { CELLKEEP_VERIFY: 'off', CELLKEEP_ENDPOINTS: 'off' } });
const deployment = () => server().client.deployment;
const rays = () => deployment().rayDeployments;
const MODEL = 'late [flights]';
let releaseId = '';
let dashboard: TestDashboard;

beforeAll(async () => {
  dashboard = await testDashboard();
  const version = await registerModel(server(), MODEL, await storeModel(server(), 'carriers'));
  await deployment().endpoints.create({ name: 'flights' });
  releaseId = (await deployment().releases.create({ endpoint: 'flights', modelName: MODEL, version })).id;
}, 60_000);
afterAll(() => dashboard.close());

async function eventually<T>(look: () => Promise<T | null | undefined | false>, tries = 400): Promise<T> {
  for (let i = 0; i < tries; i++) {
    const found = await look().catch(() => null);
    if (found) return found;
    await sleep(50);
  }
  throw new Error('it did not come true in time');
}

describe('the container of a release', () => {
  async function unpacked(): Promise<string> {
    const answer = await server().fetch(`releases/${releaseId}/container`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-tar']);
    expect(answer.headers.get('content-disposition')).toContain('flights-1.tar');
    const folder = mkdtempSync(join(tmpdir(), 'cellkeep-container-'));
    writeFileSync(join(folder, 'context.tar'), Buffer.from(await answer.arrayBuffer()));
    execFileSync('tar', ['-xf', 'context.tar'], { cwd: folder });
    return folder;
  }

  test('holds the model as it is, what it needs, pinned, and how it is built', async () => {
    const folder = await unpacked();
    for (const file of readdirSync(folderOfModel('carriers')))
      expect(readFileSync(join(folder, 'model', file))).toEqual(readFileSync(join(folderOfModel('carriers'), file)));
    const requirements = readFileSync(join(folder, 'requirements.txt'), 'utf8').trim().split('\n');
    expect(requirements.every((line) => /^[\w-]+==[\d.]+$/.test(line))).toBe(true);
    expect(requirements.map((line) => line.split('==')[0])).toEqual(['numpy', 'onnxruntime', 'uvicorn']);
    expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toMatch(/^FROM \$\{PYTHON\}$/m);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('# late \\[flights\\], version 1');
  });

  test('answers each protocol as the notebook did, in an empty folder, without Cellkeep', async () => {
    const folder = await unpacked();
    const port = await freePort();
    const env = { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), CELLKEEP_TOKEN: 'ask' };
    const child: ChildProcess = spawn(
      PYTHON,
      ['-I', '-c', `import runpy, sys; sys.path.insert(0, '.'); runpy.run_path('serve.py', run_name='__main__')`],
      {
        ...{ cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] },
      },
    );
    try {
      const url = `http://127.0.0.1:${port}`;
      await eventually(async () => (await fetch(`${url}/v2/health/ready`)).ok, 1_200);
      const headers = { authorization: 'Bearer ask', 'content-type': 'application/json' };
      const ask = async (path: string, body: unknown, more = {}) => {
        const answer = await fetch(url + path, {
          method: 'POST',
          headers: { ...headers, ...more },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        });
        return { status: answer.status, said: await answer.json() };
      };
      const rows = rowsOfModel('carriers');
      const objects = rows.data.map((row) => Object.fromEntries(rows.columns.map((name, i) => [name, row[i]])));
      const { labels, scores } = JSON.parse(readFileSync(join(folderOfModel('carriers'), 'answers.json'), 'utf8'));
      const many = await ask('/predict', objects);
      expect(many.said).toMatchObject({ predictions: labels, classes: ['late', 'on time'] });
      for (const [i, score] of many.said.scores.flat().entries()) expect(score).toBeCloseTo(scores.flat()[i], 5);
      expect((await ask('/predict', objects[0])).said.prediction).toBe(labels[0]);
      expect((await ask('/invocations', { dataframe_split: rows })).said).toEqual({ predictions: labels });
      const csv = `${rows.columns}\n${rows.data.map((row) => row.map((cell) => cell ?? '').join(',')).join('\n')}\n`;
      expect((await ask('/invocations', csv, { 'content-type': 'text/csv' })).said).toEqual({ predictions: labels });
      const inputs = rows.columns.map((name, i) => ({
        name,
        shape: [labels.length],
        datatype: 'BYTES',
        data: rows.data.map((row) => row[i]),
      }));
      const inferred = await ask(`/v2/models/${encodeURIComponent(MODEL)}/infer`, { id: 'mine', inputs });
      expect(inferred.said).toMatchObject({ id: 'mine', outputs: [{ name: 'label', datatype: 'BYTES', data: labels }, { name: 'scores', shape: [5, 2] }] }); // biome-ignore format: one line
      expect(await ask('/predict', { carrier: 3, distance: 1.5 })).toMatchObject({
        status: 400,
        said: { data: { issues: [{ field: 'carrier' }, { field: 'distance' }] } },
      });
      expect((await ask('/predict', '{')).status).toBe(400);
      expect((await ask('/predict', objects, { authorization: 'Bearer other' })).status).toBe(401);
      expect((await ask('/nowhere', {})).status).toBe(404);
    } finally {
      child.kill('SIGKILL');
    }
  }, 90_000);

  test('of a release that is not there, or for a stranger, is refused', async () => {
    expect((await server().fetch(`releases/${randomUUID()}/container`)).status).toBe(404);
    expect((await server().fetch('releases/none/container')).status).toBe(400);
    expect((await server().fetch(`releases/${releaseId}/container`, { headers: { authorization: 'Bearer none' } })).status).toBe(401);
  });
});

describe('the manifest for KServe', () => {
  const schema = () => {
    const url = new URL('../../../../test/fixtures/kserve-inferenceservice.json', import.meta.url);
    return closed(JSON.parse(readFileSync(fileURLToPath(url), 'utf8'))) as object;
  };

  test('fits the schema of an InferenceService, speaks version 2 and is probed', async () => {
    const image = 'team/flights:1 # not a comment';
    const { manifest } = await deployment().manifests.kserve({ id: releaseId, image, namespace: 'models' });
    const read = parse(manifest);
    const check = new Ajv({ strict: false, formats: { int32: true, int64: true } }).compile(schema());
    expect([check(read), check.errors]).toEqual([true, null]);
    expect(read).toMatchObject({ apiVersion: 'serving.kserve.io/v1beta1', metadata: { name: 'flights', namespace: 'models', annotations: { 'cellkeep/model': MODEL } } }); // biome-ignore format: one line
    const [container] = read.spec.predictor.containers;
    expect(container).toMatchObject({
      name: 'kserve-container',
      image,
      readinessProbe: { httpGet: { path: '/v2/health/ready', port: 8080 } },
    });
    expect(container.env).toContainEqual({ name: 'PROTOCOL', value: 'v2' });
    read.spec.predictor.containers[0].probe = {};
    expect(check(read)).toBe(false); // a word that KServe does not know is found
  });

  test.each(['a: b', '- c', '"quoted"\n', "it's", '#', 'null', '1.0', '', '𝄞\u0085\u2028'])('%j stands in YAML as it is', (text) => {
    const value = { [`key ${text}`]: [{ inner: text, list: [text, { deep: 1 }] }, text], plain: true };
    expect(parse(asYaml(value))).toEqual(value);
  });
});

describe('on a Ray cluster', () => {
  const other = { status: 'RUNNING', message: '', route_prefix: '/theirs', deployed_app_config: { name: 'theirs', route_prefix: '/theirs', import_path: 'x:y', runtime_env: { env_vars: { KEY: 'theirs' } } } }; // biome-ignore format: one line

  test('a release is put beside what others run there, told as it is, and taken away alone', async () => {
    dashboard.applications = { theirs: structuredClone(other), byHand: { ...other, route_prefix: '/hand', deployed_app_config: null } };
    const id = randomUUID();
    const put = await rays().put({ id, releaseId, address: dashboard.url, replicas: 2 });
    expect(put).toMatchObject({ status: 'deploying', application: 'cellkeep-flights-1', routePrefix: '/flights/1', endpoint: 'flights' });
    const config = dashboard.put.at(-1) as { applications: Record<string, unknown>[]; http_options: unknown };
    expect(config.http_options).toEqual({ host: '127.0.0.1', port: 8000 });
    expect(config.applications[0]).toEqual(other.deployed_app_config);
    expect(config.applications).toHaveLength(2);
    expect(config.applications[1]).toMatchObject({
      import_path: 'cellkeep_serving.ray_app:deployment',
      deployments: [{ name: 'model', num_replicas: 2 }],
    });
    expect(JSON.stringify(config)).not.toContain(server().token);
    const list = async () => (await rays().list({ endpoint: 'flights' })).deployments;
    dashboard.applications['cellkeep-flights-1']!.status = 'RUNNING';
    expect(await list()).toMatchObject([{ id, status: 'running' }]);
    Object.assign(dashboard.applications['cellkeep-flights-1']!, { status: 'DEPLOY_FAILED', message: 'no module named onnxruntime' });
    expect(await list()).toMatchObject([{ status: 'failed', message: 'no module named onnxruntime' }]);
    expect(await rays().delete({ id })).toEqual({ deleted: true });
    expect(await rays().delete({ id })).toEqual({ deleted: false });
    expect(Object.keys(dashboard.applications)).toEqual(['theirs', 'byHand']);
    expect(await list()).toEqual([]);
  });

  test('its package holds model and program, and is sent once', async () => {
    const [id, before] = [randomUUID(), dashboard.packages.size];
    for (let n = 0; n < 2; n++) await rays().put({ id, releaseId, address: dashboard.url });
    expect(dashboard.packages.size).toBe(Math.max(1, before));
    const file = join(mkdtempSync(join(tmpdir(), 'cellkeep-ray-')), 'package.zip');
    writeFileSync(file, [...dashboard.packages.values()][0]!);
    const names = execFileSync(PYTHON, ['-m', 'zipfile', '-l', file], { encoding: 'utf8' });
    for (const name of ['release.json', 'cellkeep_serving/ray_app.py', 'model/cellkeep.json', 'model/model.onnx'])
      expect(names).toContain(name);
    await rays().delete({ id });
  });

  test('what the cluster refuses or hides is told, and others stay as they are', async () => {
    const put = () => rays().put({ id: randomUUID(), releaseId, address: dashboard.url });
    dashboard.refuse = 'ValidationError: num_replicas';
    await expect(put()).rejects.toMatchObject({
      data: { issues: [{ field: 'address', reason: expect.stringContaining('num_replicas') }] },
    });
    dashboard.refuse = null;
    const count = dashboard.put.length;
    dashboard.applications = { theirs: structuredClone(other) };
    (dashboard.applications.theirs!.deployed_app_config as typeof other.deployed_app_config).runtime_env.env_vars.KEY = '<redacted>';
    expect(await refusal(put())).toEqual(['CONFLICT', 'address']);
    dashboard.applications = { theirs: { ...other, route_prefix: '/flights/1' } };
    expect(await refusal(put())).toEqual(['CONFLICT', 'address']);
    dashboard.applications = {};
    expect(dashboard.put).toHaveLength(count);
    expect(await refusal(rays().put({ id: randomUUID(), releaseId, address: 'http://127.0.0.1:9' }))).toEqual(['CONFLICT', 'address']);
    expect(await refusal(rays().put({ id: randomUUID(), releaseId, address: server().url }))).toEqual(['CONFLICT', 'address']);
  });

  test('only addresses that this server may ask are asked, and without a list only by owners', async () => {
    const editor = server().clientOf(await server().tokenOf('editor')).deployment.rayDeployments;
    const put = (address: string, by = rays()) => refusal(by.put({ id: randomUUID(), releaseId, address }));
    expect(await put(dashboard.url, editor)).toEqual(['FORBIDDEN', '']);
    for (const far of [
      'http://169.254.169.254',
      'http://8.8.8.8:8265',
      'http://[fe80::1]',
      'http://[::ffff:8.8.8.8]',
      'http://0.0.0.0',
      'http://2130706433.1',
    ])
      expect((await put(far))[0], far).not.toBe('NOT_FOUND');
    expect(await put('http://169.254.169.254')).toEqual(['FORBIDDEN', 'address']);
    expect(await put('http://8.8.8.8:8265')).toEqual(['FORBIDDEN', 'address']);
    expect(await put('http://[fe80::1]')).toEqual(['FORBIDDEN', 'address']);
    expect(await put('http://user:secret@127.0.0.1')).toEqual(['BAD_REQUEST', 'address']);
    expect(await put('http://127.0.0.1/latest/meta-data')).toEqual(['BAD_REQUEST', 'address']);
    expect(await put('file:///etc/passwd')).toEqual(['BAD_REQUEST', 'address']);
  });

  test.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['192.168.7.7', true],
    ['::1', true],
    ['fd12::1', true],
    ['::ffff:10.0.0.1', true],
    ['172.32.0.1', false],
    ['169.254.169.254', false],
    ['fe80::1', false],
    ['::ffff:169.254.169.254', false],
    ['0.0.0.0', false],
    ['example', false],
  ])('%s is near: %s', (address, near) => {
    expect(isNear(address)).toBe(near);
  });

  test('the hosts that the settings list are named exactly, or by their domain', () => {
    const { hosts } = readRaySettings({ CELLKEEP_RAY_HOSTS: 'head, *.cluster.local' });
    expect(['head', 'a.cluster.local', 'cluster.local', 'evilcluster.local', 'head.evil'].map((host) => isNamed(hosts!, host))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(() => readRaySettings({ CELLKEEP_RAY_HOSTS: 'http://head' })).toThrow('http://head');
    expect(readRaySettings({}).hosts).toBeNull();
  });

  // Installing Ray takes 98 s and 493 MB, which the suites cannot afford: run it where a cluster is, with CELLKEEP_TEST_RAY=http://127.0.0.1:8265.
  test.skipIf(!CLUSTER)(
    'of Ray itself the release answers as the notebook did, and others there go on',
    async () => {
      const address = String(CLUSTER);
      const id = randomUUID();
      await rays().put({ id, releaseId, address, install: false });
      const status = async () => (await rays().list({ endpoint: 'flights' })).deployments.find((one) => one.id === id);
      const ended = await eventually(async () => {
        const now = await status();
        return (now?.status === 'failed' || now?.status === 'running') && now;
      }, 3_000);
      expect(ended).toMatchObject({ status: 'running', message: '' });
      const rows = rowsOfModel('carriers');
      const { labels } = JSON.parse(readFileSync(join(folderOfModel('carriers'), 'answers.json'), 'utf8'));
      const { hostname } = new URL(address);
      const answer = await fetch(`http://${hostname}:8000${ended.routePrefix}/invocations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ dataframe_split: rows }) }); // biome-ignore format: one line
      expect(await answer.json()).toEqual({ predictions: labels });
      expect(await rays().delete({ id })).toEqual({ deleted: true });
    },
    240_000,
  );
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Kubernetes prunes what a schema does not list; a test is to find it. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const own = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in own && !('additionalProperties' in own) ? { ...own, additionalProperties: false } : own;
}
