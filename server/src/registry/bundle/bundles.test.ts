import type { BundleInput } from '@cellkeep/schema/registry';
import { describe, expect, test } from 'vitest';
import { testServer } from '../../testing/index.ts';
import { refusal } from '../../testing/refusal.ts';
import { FLIGHTS, modelWithBundle, storeFile } from '../testModels.ts';

const server = testServer();
const registry = () => server().client.registry;
const logged = async () => (await registry().loggedModels.create({ experimentId: '0' })).id;
const put = async (change: (bundle: BundleInput) => void) => {
  const bundle = structuredClone(FLIGHTS);
  change(bundle);
  return refusal(registry().bundles.put({ id: await logged(), bundle }));
};

describe('a bundle', () => {
  test('is kept where its files are stored, with the bytes that they have', async () => {
    const id = await logged();
    expect(await registry().bundles.get({ id })).toBeNull();
    await storeFile(server(), id, 'model.onnx', 'x'.repeat(1_000));
    await storeFile(server(), id, 'model.pkl', 'y'.repeat(500));
    await storeFile(server(), id, 'MLmodel', 'z'.repeat(20));
    const stored = await registry().bundles.put({ id, bundle: { ...FLIGHTS, sizeBytes: 7 } });
    expect(stored).toMatchObject({ sizeBytes: 1_520, explain: { method: 'sampled' }, runtime: 'onnx' });
    expect(await registry().bundles.get({ id })).toEqual(stored);
  });

  test('whose files are not there names each of them', async () => {
    const id = await logged();
    await storeFile(server(), id, 'model.onnx');
    const bundle = { ...FLIGHTS, example: 'example.json', script: 'made/by.py' };
    const error = await registry()
      .bundles.put({ id, bundle })
      .catch((thrown: { data: { issues: { field: string }[] } }) => thrown);
    expect((error as { data: { issues: { field: string }[] } }).data.issues.map(({ field }) => field)).toEqual([
      'bundle.python.file',
      'bundle.example',
      'bundle.script',
    ]);
    expect(await registry().bundles.get({ id })).toBeNull();
  });

  test.each<[string, (bundle: BundleInput) => void, string]>([
    ['a runtime without its part', (bundle) => Object.assign(bundle, { onnx: null }), 'bundle.onnx'],
    ['an MLflow model that is one file', (bundle) => Object.assign(bundle.python ?? {}, { format: 'mlflow' }), 'bundle.python.file'],
    ['a column twice', (bundle) => bundle.signature.inputs.push({ name: 'carrier', type: 'string' }), 'bundle.signature.inputs[2].name'],
    [
      'a range the wrong way round',
      (bundle) => Object.assign(bundle.signature.inputs[0] ?? {}, { min: 9, max: 1 }),
      'bundle.signature.inputs[0].min',
    ],
    [
      'a category of another type',
      (bundle) => Object.assign(bundle.signature.inputs[1] ?? {}, { categories: ['AA', 3] }),
      'bundle.signature.inputs[1].categories',
    ],
    ['two columns as one tensor', (bundle) => Object.assign(bundle.signature, { layout: 'tensor' }), 'bundle.signature.inputs'],
    ['an input fed by nothing that is there', (bundle) => bundle.onnx?.feeds[0]?.columns.push('speed'), 'bundle.onnx.feeds[0].columns[1]'],
    ['an input fed twice', (bundle) => Object.assign(bundle.onnx?.feeds[1] ?? {}, { input: 'numbers' }), 'bundle.onnx.feeds[1].input'],
    [
      'a text fed as a number',
      (bundle) => Object.assign(bundle.onnx?.feeds[1] ?? {}, { type: 'float32' }),
      'bundle.onnx.feeds[1].columns[0]',
    ],
    ['a graph without an answer', (bundle) => Object.assign(bundle.onnx ?? {}, { label: null, scores: null }), 'bundle.onnx.label'],
    ['scores of no classes', (bundle) => Object.assign(bundle, { classes: null }), 'bundle.onnx.scores'],
    ['a class twice', (bundle) => Object.assign(bundle, { classes: ['late', 'late'] }), 'bundle.classes'],
    ['classes of a regression', (bundle) => Object.assign(bundle, { task: 'regression' }), 'bundle.classes'],
    ['a file outside of its folder', (bundle) => Object.assign(bundle, { example: '../../secret' }), 'bundle.example'],
  ])('with %s is refused by the field', async (_, change, field) => {
    expect(await put(change)).toEqual(['BAD_REQUEST', field]);
  });

  test('may be put again, and changed until a version is made of it', async () => {
    const id = await modelWithBundle(server());
    await registry().bundles.put({ id, bundle: { ...FLIGHTS, metrics: { auc: 0.9 } } });
    await registry().models.create({ name: 'late-flights' });
    await registry().versions.create({ name: 'late-flights', loggedModelId: id });
    expect(await refusal(registry().bundles.put({ id, bundle: FLIGHTS }))).toEqual(['CONFLICT', 'id']);
    await registry().bundles.put({ id, bundle: { ...FLIGHTS, metrics: { auc: 0.9 } } });
    expect((await registry().bundles.get({ id }))?.metrics).toEqual({ auc: 0.9 });
    const stored = (await server().client.governance.events({ what: 'bundle.stored' })).events.filter(
      ({ subject }) => subject === `logged-model:${id}`,
    );
    expect(stored).toHaveLength(2);
  });

  test('of a model that is made later is stored by an editor, and by no viewer', async () => {
    const id = await modelWithBundle(server());
    const viewer = server().clientOf(await server().tokenOf('viewer'));
    expect(await refusal(viewer.registry.bundles.put({ id, bundle: FLIGHTS }))).toEqual(['FORBIDDEN', '']);
    expect((await viewer.registry.bundles.get({ id }))?.className).toBe(FLIGHTS.className);
    expect(await refusal(registry().bundles.get({ id: `m-${'0'.repeat(32)}` }))).toEqual(['NOT_FOUND', 'id']);
  });

  test('of a model whose files lie elsewhere is refused, since no host could read them', async () => {
    const { sql } = server().services;
    const id = await logged();
    await sql`update logged_models set artifact_location = 's3://bucket/x' where id = ${id}`;
    expect(await refusal(registry().bundles.put({ id, bundle: FLIGHTS }))).toEqual(['CONFLICT', 'id']);
  });
});
