// Versions in full: details, differences, restoring, model cards.
import type { BundleInput } from '@cellkeep/schema/registry';
import { describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { FLIGHTS, modelWithBundle } from '../testModels.ts';

const server = testServer();
const registry = () => server().client.registry;
let made = 0;

async function model(...bundles: (BundleInput | null)[]) {
  const name = `flights ${++made}`;
  await registry().models.create({ name });
  for (const bundle of bundles) {
    if (bundle === null) await registry().versions.create({ name, source: 's3://bucket/x' });
    else await registry().versions.create({ name, loggedModelId: await modelWithBundle(server(), bundle) });
  }
  return name;
}

/** A release of the version behind an endpoint, as deployment writes it. */
async function serve(name: string, version: number, endpoint: string) {
  const { sql } = server().services;
  const { user, workspace } = await server().client.access.me();
  await sql`
    with e as (
      insert into endpoints (id, workspace_id, name, description, settings, wanted, door_secret, user_id, created_at, updated_at)
      values (gen_random_uuid(), ${workspace.id}, ${endpoint}, '', '{}', 'running', 'x', ${user.id}, now(), now()) returning id
    )
    insert into releases (id, endpoint_id, number, model_id, version, logged_model_id, runtime, how, role, weight, user_id, created_at)
    select gen_random_uuid(), e.id, n, m.id, ${version}, 'm-1', 'onnx', 'replace', case n when 1 then 'retired' else 'live' end, 1, ${user.id}, now()
    from e, registered_models m, generate_series(1, 2) n where m.name = ${name} and m.deleted_at is null`;
}

const OTHER: BundleInput = {
  ...FLIGHTS,
  signature: {
    layout: 'columns',
    inputs: [
      { name: 'distance', type: 'double', min: 17, max: 2_000 },
      { name: 'carrier', type: 'string', categories: ['AA', 'DL'] },
      { name: 'month', type: 'integer', required: false },
    ],
    outputs: [{ name: 'prediction', type: 'string', categories: ['late', 'on time'] }],
  },
  python: {
    file: 'model.pkl',
    format: 'cloudpickle',
    version: '3.12.1',
    requirements: ['scikit_learn==1.8.0', 'pandas==2.3.3', 'polars==1.30'],
  },
  metrics: { auc: 0.83 },
  params: { C: '0.5' },
};

describe('a version in full', () => {
  test('says how it is served and where, which run made it, and when it was deleted', async () => {
    const { tracking } = server().client;
    const run = await tracking.runs.create({ name: 'calm-otter' });
    const name = await model(null);
    await registry().versions.create({ name, loggedModelId: await modelWithBundle(server(), FLIGHTS, run.id) });
    await serve(name, 2, 'late-flights');
    const { versions } = await registry().details.list({ name });
    expect(
      versions.map(({ version, bundle, runName, endpoints }) => [version.version, bundle?.className ?? null, runName, endpoints]),
    ).toEqual([
      [2, FLIGHTS.className, 'calm-otter', [{ endpoint: 'late-flights', role: 'live', weight: 1 }]],
      [1, null, null, []],
    ]);
    const [overview] = (await registry().details.models({ text: name })).models;
    expect(overview).toMatchObject({
      name,
      latest: { version: 2 },
      stages: [],
      endpoints: [{ endpoint: 'late-flights', version: 2, role: 'live' }],
    });
    await registry().versions.delete({ name, version: 1 });
    expect((await registry().details.list({ name })).versions).toHaveLength(1);
    expect((await registry().details.list({ name, deleted: true })).versions.map(({ deletedAt }) => deletedAt !== null)).toEqual([
      false,
      true,
    ]);
  });

  test('has the metrics of its run, and not how busy the machine was', async () => {
    const { tracking } = server().client;
    const run = await tracking.runs.create({ name: 'busy-otter' });
    const metrics = ['rmse', 'system/cpu_percent'].map((key) => ({ key, value: 20, timestamp: 1, step: 0 }));
    const answer = await fetch(`${server().url}/api/2.0/mlflow/runs/log-batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server().token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ run_id: run.id, metrics }),
    });
    expect(answer.status).toBe(200);
    const name = await model(null);
    await registry().versions.create({ name, loggedModelId: await modelWithBundle(server(), FLIGHTS, run.id) });
    const diff = await registry().details.diff({ name, a: 1, b: 2 });
    expect(diff.metrics.map(({ key }) => key)).toEqual(['auc', 'rmse']);
  });

  test('differs from another by what is listed, and by nothing else', async () => {
    const name = await model(FLIGHTS, OTHER);
    const diff = await registry().details.diff({ name, a: 1, b: 2 });
    expect(diff).toMatchObject({
      params: [{ key: 'C', a: '1.0', b: '0.5' }],
      metrics: [{ key: 'auc', a: 0.8123, b: 0.83 }],
      packages: [
        { name: 'polars', a: null, b: '1.30' },
        { name: 'scikit-learn', a: '1.7.2', b: '1.8.0' },
      ],
      signature: [
        { column: 'distance', change: 'range 17 … 4983 → 17 … 2000' },
        { column: 'carrier', change: 'categories +DL −UA' },
        { column: 'month', change: 'added (integer)' },
      ],
      ...{ evaluations: [], data: [], snapshots: { a: null, b: null } },
    });
    const same = await registry().details.diff({ name, a: 2, b: 2 });
    expect([same.params, same.metrics, same.packages, same.signature]).toEqual([[], [], [], []]);
    expect(await refusal(registry().details.diff({ name, a: 1, b: 3 }))).toEqual(['NOT_FOUND', 'version']);
  });
});

describe('what was deleted', () => {
  test('a version comes back as it was, into no stage that may serve and without its aliases', async () => {
    const name = await model(FLIGHTS, FLIGHTS);
    await registry().versions.update({ name, version: 2, stage: 'Production', description: 'good' });
    await registry().aliases.set({ name, alias: 'champion', version: 2 });
    await registry().versions.delete({ name, version: 2 });
    const restored = await registry().details.restore({ name, version: 2 });
    expect(restored).toMatchObject({ version: { stage: 'None', description: 'good', aliases: [] }, deletedAt: null });
    expect(await registry().details.restore({ name, version: 2 })).toEqual(restored);
    expect(await refusal(registry().details.restore({ name, version: 9 }))).toEqual(['NOT_FOUND', 'version']);
    expect((await registry().versions.create({ name, source: 's3://b' })).version).toBe(3);
  });

  test('a model comes back where its name is free, the last of several that had it', async () => {
    const name = await model(FLIGHTS, FLIGHTS);
    await registry().aliases.set({ name, alias: 'champion', version: 2 });
    await registry().models.delete({ name });
    expect((await registry().details.models({ text: name, deleted: true })).models).toMatchObject([{ name, versionCount: 2 }]);
    expect((await registry().details.models({ text: name })).models).toEqual([]);
    await registry().models.create({ name });
    expect(await refusal(registry().details.restoreModel({ name }))).toEqual(['CONFLICT', 'name']);
    expect((await registry().details.models({ text: name, deleted: true })).models).toEqual([]);
    await registry().models.delete({ name });
    expect(await registry().details.restoreModel({ name })).toEqual({ name, versions: 0 });
    await registry().models.update({ name, newName: `${name} empty` });
    expect(await registry().details.restoreModel({ name })).toEqual({ name, versions: 2 });
    expect((await registry().aliases.get({ name, alias: 'champion' })).version).toBe(2);
    expect(await refusal(registry().details.restoreModel({ name: 'never there' }))).toEqual(['NOT_FOUND', 'name']);
  });
});

describe('a model card', () => {
  const textOf = (card: { sections: { key: string; text: string; generated: boolean }[] }, key: string) =>
    card.sections.find((section) => section.key === key);

  test('is made from what is known, until somebody writes a section', async () => {
    const name = await model({
      ...FLIGHTS,
      origin: {
        notebookPath: 'flights.ipynb',
        executionOrder: 14,
        commit: 'abc123',
        data: [{ name: 'flights', version: 'v8', digest: 'd1' }],
      },
    });
    const card = await registry().cards.get({ name, version: 1 });
    expect(card).toMatchObject({ revision: 0, editedBy: null });
    expect(textOf(card, 'summary')?.text).toContain('`Pipeline(StandardScaler, LogisticRegression)`, made with sklearn 1\\.7\\.2');
    expect(textOf(card, 'data')?.text).toContain('| `flights` | `v8` | `d1` |');
    expect(textOf(card, 'training')?.text).toContain('`flights.ipynb`, execution 14');
    expect(textOf(card, 'limitations')?.text).toContain('| `distance` | double | 17 … 4983 |');
    expect(textOf(card, 'limitations')?.text).toContain('within 2e-7 on 69 rows');
    expect(textOf(card, 'reproduce')?.text).toContain('scikit-learn==1.7.2');
    const edited = await registry().cards.put({ name, version: 1, revision: 0, sections: [{ key: 'ethics', text: 'Nobody is hurt.' }] });
    expect(edited.revision).toBe(1);
    expect(textOf(edited, 'ethics')).toMatchObject({ text: 'Nobody is hurt.', generated: false });
    expect(textOf(edited, 'data')?.generated).toBe(true);
    const back = await registry().cards.put({ name, version: 1, revision: 1, sections: [{ key: 'ethics', text: ' ' }] });
    expect(textOf(back, 'ethics')?.generated).toBe(true);
  });

  test('that somebody edited meanwhile is not overwritten, and a stranger among sections is named', async () => {
    const name = await model(FLIGHTS);
    const put = (revision: number, key = 'contact') => registry().cards.put({ name, version: 1, revision, sections: [{ key, text: 'x' }] });
    await put(0);
    expect(await refusal(put(0))).toEqual(['CONFLICT', 'revision']);
    expect(await refusal(put(1, 'price'))).toEqual(['BAD_REQUEST', 'sections[0].key']);
  });

  test('shows hostile names as they are: no HTML, no image, no broken table', async () => {
    const evil = '</script><img src=x onerror=alert(1)> | `x` [a](javascript:alert(1))';
    const name = await model({
      ...FLIGHTS,
      className: evil,
      params: { [evil.slice(0, 60)]: '| a\n| b' },
      origin: { data: [{ name: evil, version: 'v1', digest: '' }] },
    });
    const card = await registry().cards.get({ name, version: 1 });
    expect(textOf(card, 'summary')?.text).toContain(`\`\`${evil}\`\``);
    const rows = textOf(card, 'data')?.text.split('\n') ?? [];
    expect(rows).toHaveLength(3);
    expect(rows[2]?.match(/(?<!\\)\|/g)).toHaveLength(4);
    expect(textOf(card, 'training')?.text).toContain('`\\| a \\| b`');
  });
});
