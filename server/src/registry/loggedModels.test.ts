import { describe, expect, test } from 'vitest';
import type { CallContext, Caller } from '../core/context.ts';
import { testServer } from '../testing/index.ts';
import { refusal } from '../testing/refusal.ts';
import { addRunModels, logModelMetrics, modelsOfRuns } from './index.ts';

const server = testServer();
const registry = () => server().client.registry;

/** As the owner, for what has no operation of the contract. */
async function context(): Promise<CallContext> {
  const { user, workspace } = await server().client.access.me();
  const caller: Caller = { userId: user.id, userName: user.name, workspaceId: workspace.id, role: 'owner', via: 'token' };
  return { ...server().services, caller, requestId: 'test' };
}

async function runWithModel() {
  const run = await server().client.tracking.runs.create({});
  const model = await registry().loggedModels.create({ experimentId: run.experimentId, runId: run.id });
  return { run, model };
}

describe('a logged model', () => {
  test('begins pending below its experiment, and is finished', async () => {
    const { run, model } = await runWithModel();
    expect(model).toMatchObject({
      experimentId: '0',
      runId: run.id,
      status: 'pending',
      lifecycle: 'active',
      metrics: [],
      registrations: [],
    });
    expect(model.id).toMatch(/^m-[0-9a-f]{32}$/);
    expect(model.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(model.artifactLocation).toBe(`mlflow-artifacts:/0/models/${model.id}/artifacts`);
    expect(await registry().loggedModels.update({ id: model.id, status: 'ready' })).toMatchObject({ status: 'ready' });
  });

  test('keeps a param as it is, and takes tags in any order', async () => {
    const { model } = await runWithModel();
    const { id } = model;
    await registry().loggedModels.update({ id, addParams: { depth: '3' }, setTags: { a: '1', b: '2' } });
    await registry().loggedModels.update({ id, addParams: { depth: '3', lr: '0.1' }, removeTags: ['a'] });
    expect(await refusal(registry().loggedModels.update({ id, addParams: { depth: '4' } }))).toEqual(['CONFLICT', 'addParams.depth']);
    expect(await registry().loggedModels.get({ id })).toMatchObject({ params: { depth: '3', lr: '0.1' }, tags: { b: '2' } });
  });

  test('that was deleted is gone from lists, and deleting it again is no error', async () => {
    const { run, model } = await runWithModel();
    await registry().loggedModels.delete({ id: model.id });
    await registry().loggedModels.delete({ id: model.id });
    expect(await refusal(registry().loggedModels.get({ id: model.id }))).toEqual(['NOT_FOUND', 'id']);
    expect((await registry().loggedModels.list({ runId: run.id })).models).toEqual([]);
  });

  test('is not made in an experiment that is deleted or not there', async () => {
    const gone = await server().client.tracking.experiments.create({ name: 'gone' });
    await server().client.tracking.experiments.delete({ id: gone.id });
    expect(await refusal(registry().loggedModels.create({ experimentId: gone.id }))).toEqual(['CONFLICT', 'experimentId']);
    expect(await refusal(registry().loggedModels.create({ experimentId: '999999' }))).toEqual(['NOT_FOUND', 'experimentId']);
  });

  test.each(['a/b', 'a:b', 'a.b', 'a%b', `a'b`, 'a"b', 'a\nb', ''])('is not named %j', async (name) => {
    expect(await refusal(registry().loggedModels.create({ experimentId: '0', name }))).toEqual(['BAD_REQUEST', 'name']);
  });

  test('are listed newest first in pages without gaps', async () => {
    const run = await server().client.tracking.runs.create({});
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await registry().loggedModels.create({ experimentId: '0', runId: run.id })).id);
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await registry().loggedModels.list({ runId: run.id, limit: 2, cursor });
      listed.push(...page.models.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(new Set(listed)).toEqual(new Set(ids));
    expect(listed).toHaveLength(5);
  });
});

describe('metrics of a model', () => {
  test('keep every point once, by step and dataset; of one place the greatest value stays', async () => {
    const { run, model } = await runWithModel();
    const point = { modelId: model.id, key: 'auc', step: 0, time: 1_000 };
    const points = [
      { ...point, value: 0.5, datasetName: 'train', datasetDigest: 'd1' },
      { ...point, value: 0.4, datasetName: 'test', datasetDigest: 'd2' },
      { ...point, value: 0.6, step: 1 },
      { ...point, value: 0.7, step: 1 },
      { ...point, value: Number.NaN, key: 'loss' },
    ];
    await logModelMetrics(await context(), run.id, points);
    await logModelMetrics(await context(), run.id, points.slice(0, 3));
    const { metrics } = await registry().loggedModels.get({ id: model.id });
    expect(metrics.map(({ key, step, value, datasetName }) => [key, step, value, datasetName])).toEqual([
      ['auc', 0, 0.4, 'test'],
      ['auc', 0, 0.5, 'train'],
      ['auc', 1, 0.7, ''],
      ['loss', 0, 'NaN', ''],
    ]);
    expect(metrics.every(({ runId }) => runId === run.id)).toBe(true);
  });

  test('of one model that is not there keep nothing of the others', async () => {
    const { run, model } = await runWithModel();
    const points = [model.id, `m-${'0'.repeat(32)}`].map((modelId) => ({ modelId, key: 'auc', value: 1, step: 0, time: 0 }));
    expect(await refusal(logModelMetrics(await context(), run.id, points))).toEqual(['NOT_FOUND', 'modelId']);
    expect((await registry().loggedModels.get({ id: model.id })).metrics).toEqual([]);
  });

  test('of two writers that send the same points in other orders arrive whole', async () => {
    const { run, model } = await runWithModel();
    const points = Array.from({ length: 200 }, (_, i) => ({ modelId: model.id, key: `k${i}`, value: i, step: 0, time: 0 }));
    const as = await context();
    await Promise.all(Array.from({ length: 8 }, (_, i) => logModelMetrics(as, run.id, i % 2 ? points : points.toReversed())));
    expect((await registry().loggedModels.get({ id: model.id })).metrics).toHaveLength(200);
  });
});

describe('models of a run', () => {
  test('are those that it read and those that it made, at their steps', async () => {
    const { run, model } = await runWithModel();
    const { model: read } = await runWithModel();
    const as = await context();
    await addRunModels(as, run.id, { inputs: [{ modelId: read.id }], outputs: [{ modelId: model.id, step: 3 }] });
    await addRunModels(as, run.id, { inputs: [{ modelId: read.id }], outputs: [{ modelId: model.id, step: 5 }] });
    expect(await modelsOfRuns(as.sql, as.caller.workspaceId, [run.id])).toEqual(
      new Map([[run.id, { inputs: [{ modelId: read.id }], outputs: [{ modelId: model.id, step: 5 }] }]]),
    );
    const { inputs, outputs } = await registry().runModels.get({ runId: run.id });
    expect([inputs.map(({ id }) => id), outputs.map(({ id, step }) => [id, step])]).toEqual([[read.id], [[model.id, 5]]]);
    const { edges } = await server().client.governance.lineage({ subject: `run:${run.id}`, depth: 1 });
    expect(edges.map(({ from, relation, to }) => `${from} ${relation} ${to}`)).toContain(`logged-model:${read.id} used run:${run.id}`);
  });

  test('include one that names the run, though nobody said it was its output', async () => {
    const { run, model } = await runWithModel();
    const { outputs } = await registry().runModels.get({ runId: run.id });
    expect(outputs.map(({ id, step }) => [id, step])).toEqual([[model.id, 0]]);
  });

  test('that are not there are refused', async () => {
    const { run } = await runWithModel();
    const refused = addRunModels(await context(), run.id, { inputs: [{ modelId: 'm-nobody' }] });
    expect(await refusal(refused)).toEqual(['NOT_FOUND', 'modelId']);
    expect(await refusal(registry().runModels.get({ runId: '0'.repeat(32) }))).toEqual(['NOT_FOUND', 'runId']);
  });
});

test('a creation with an id may be repeated, and an id belongs to one model', async () => {
  const { registry, tracking } = server().client;
  const { id: experimentId } = await tracking.experiments.create({ name: 'ids of models' });
  const id = `m-${'0123456789abcdef'.repeat(2)}`;
  const made = await registry.loggedModels.create({ id, experimentId, name: 'forest' });
  expect(made.id).toBe(id);
  expect(await registry.loggedModels.create({ id, experimentId, name: 'forest' })).toEqual(made);
  await expect(registry.loggedModels.create({ id, experimentId, name: 'tree' })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(registry.loggedModels.create({ id, experimentId: '0', name: 'forest' })).rejects.toMatchObject({ code: 'CONFLICT' });
});
