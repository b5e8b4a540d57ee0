import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { refusal } from '../testing/refusal.ts';

const server = testServer();
const registry = () => server().client.registry;
let made = 0;
/** A registered model of its own, with as many versions as asked for. */
async function model({ versions = 0 } = {}) {
  const name = `model ${++made}`;
  await registry().models.create({ name });
  for (let i = 0; i < versions; i++) await registry().versions.create({ name, source: `s3://bucket/${i}` });
  return name;
}
const eventsOf = async (what: string) => (await server().client.governance.events({ what })).events;

describe('a registered model', () => {
  test('is created with description and tags, and its name is taken then', async () => {
    const made = await registry().models.create({ name: 'late-flights', description: '# what', tags: { team: 'ops' } });
    expect(made).toMatchObject({ name: 'late-flights', description: '# what', tags: { team: 'ops' }, aliases: [], versionCount: 0 });
    expect(made.latestVersion).toBeNull();
    expect(await refusal(registry().models.create({ name: 'late-flights' }))).toEqual(['CONFLICT', 'name']);
  });

  test.each(['', ' ', '.', '..', '../x', 'a/b', 'a:b', 'a\u0000b', 'a\nb', 'x'.repeat(251)])('is not named %j', async (name) => {
    expect(await refusal(registry().models.create({ name }))).toEqual(['BAD_REQUEST', 'name']);
  });

  test('of a hostile name is found, changed and deleted by it', async () => {
    for (const name of [`'; drop table models; --`, '<script>alert(1)</script>', '%', '\u202eevil', '日本語 é', '?x=1#y', '{}', 'a@b']) {
      if (name.includes('/')) continue;
      await registry().models.create({ name });
      await registry().versions.create({ name, source: 's3://b/x' });
      expect(await registry().models.get({ name })).toMatchObject({ name, versionCount: 1 });
      const [only] = (await registry().models.list({ text: name })).models;
      expect(only?.name).toBe(name);
      await registry().models.delete({ name });
      expect(await refusal(registry().models.get({ name }))).toEqual(['NOT_FOUND', 'name']);
    }
  });

  test('keeps versions, aliases and numbers under another name', async () => {
    const name = await model({ versions: 2 });
    await registry().aliases.set({ name, alias: 'champion', version: 2 });
    const renamed = `${name} renamed`;
    await registry().models.update({ name, newName: renamed });
    expect(await refusal(registry().models.get({ name }))).toEqual(['NOT_FOUND', 'name']);
    expect((await registry().versions.list({ name: renamed })).versions.map(({ version }) => version)).toEqual([2, 1]);
    expect(await registry().aliases.get({ name: renamed, alias: 'champion' })).toMatchObject({ name: renamed, version: 2 });
    expect((await registry().versions.create({ name: renamed, source: 's3://b' })).version).toBe(3);
  });

  test('is not renamed to a name that is taken', async () => {
    const [one, other] = [await model(), await model()];
    expect(await refusal(registry().models.update({ name: one, newName: other }))).toEqual(['CONFLICT', 'name']);
    expect((await registry().models.get({ name: one })).name).toBe(one);
  });

  test('that was deleted gives its name free, and the new one begins at version 1', async () => {
    const name = await model({ versions: 3 });
    await registry().aliases.set({ name, alias: 'champion', version: 3 });
    await registry().models.delete({ name });
    await registry().models.create({ name });
    expect(await registry().models.get({ name })).toMatchObject({ versionCount: 0, aliases: [] });
    expect((await registry().versions.create({ name, source: 's3://b' })).version).toBe(1);
    expect(await refusal(registry().aliases.get({ name, alias: 'champion' }))).toEqual(['NOT_FOUND', 'alias']);
  });

  test('are listed by name in pages without gaps', async () => {
    for (const letter of ['b', 'A', 'c', 'a', 'Z']) await registry().models.create({ name: `paged ${letter}` });
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await registry().models.list({ text: 'PAGED', limit: 2, cursor });
      names.push(...page.models.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(names).toEqual(['paged A', 'paged Z', 'paged a', 'paged b', 'paged c']);
  });
});

test('a cursor that somebody made up is refused, or shows a page, and never fails', async () => {
  const name = await model({ versions: 2 });
  const cursorOf = (values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');
  for (const cursor of ['x', cursorOf(['x']), cursorOf([])]) {
    expect(await refusal(registry().versions.list({ name, cursor }))).toEqual(['BAD_REQUEST', 'cursor']);
    expect(await refusal(registry().loggedModels.list({ cursor }))).toEqual(['BAD_REQUEST', 'cursor']);
  }
  expect((await registry().versions.list({ name, cursor: cursorOf([1.5]) })).versions.map(({ version }) => version)).toEqual([1]);
  expect((await registry().versions.list({ name, cursor: cursorOf([1e300]) })).versions).toHaveLength(2);
  expect((await registry().loggedModels.list({ cursor: cursorOf([-1e300, 'm']) })).models).toEqual([]);
});

describe('versions', () => {
  test('that twelve people make at once get twelve numbers', async () => {
    const name = await model();
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => registry().versions.create({ name, source: `s3://b/${i}` })));
    expect(all.map(({ version }) => version).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(await registry().models.get({ name })).toMatchObject({ versionCount: 12, latestVersion: 12 });
  });

  test('that are deleted give their numbers to no other', async () => {
    const name = await model({ versions: 2 });
    await registry().aliases.set({ name, alias: 'champion', version: 2 });
    await registry().versions.delete({ name, version: 2 });
    expect(await refusal(registry().versions.get({ name, version: 2 }))).toEqual(['NOT_FOUND', 'version']);
    expect(await refusal(registry().aliases.get({ name, alias: 'champion' }))).toEqual(['NOT_FOUND', 'alias']);
    expect(await refusal(registry().versions.delete({ name, version: 2 }))).toEqual(['NOT_FOUND', 'version']);
    expect((await registry().versions.create({ name, source: 's3://b' })).version).toBe(3);
  });

  test('move to a stage, and send those that are in it to the archive where that is asked for', async () => {
    const name = await model({ versions: 3 });
    await registry().versions.update({ name, version: 1, stage: 'Production' });
    await registry().versions.update({ name, version: 2, stage: 'Production' });
    await registry().versions.update({ name, version: 3, stage: 'Production', archiveExisting: true });
    const stages = (await registry().versions.list({ name })).versions.map(({ version, stage }) => [version, stage]);
    expect(stages).toEqual([
      [3, 'Production'],
      [2, 'Archived'],
      [1, 'Archived'],
    ]);
    const refused = registry().versions.update({ name, version: 1, stage: 'None', archiveExisting: true });
    expect(await refusal(refused)).toEqual(['BAD_REQUEST', 'archiveExisting']);
  });

  test('two of which are promoted at once leave one in the stage', async () => {
    const name = await model({ versions: 6 });
    const promote = (version: number) => registry().versions.update({ name, version, stage: 'Production', archiveExisting: true });
    await Promise.all([1, 2, 3, 4, 5, 6].map(promote));
    const { versions } = await registry().versions.list({ name });
    expect(versions.filter(({ stage }) => stage === 'Production')).toHaveLength(1);
  });

  test('keep the place of their files when what they were made from is renamed and deleted', async () => {
    const first = await model({ versions: 1 });
    const copy = await model();
    await registry().versions.create({ name: copy, source: `models:/${first}/1` });
    await registry().models.update({ name: first, newName: `${first} renamed` });
    await registry().models.delete({ name: `${first} renamed` });
    expect(await registry().versions.get({ name: copy, version: 1 })).toMatchObject({
      source: `models:/${first}/1`,
      location: 's3://bucket/0',
    });
  });

  test('come from a logged model, and lineage says so', async () => {
    const { tracking } = server().client;
    const run = await tracking.runs.create({});
    const logged = await registry().loggedModels.create({ experimentId: '0', name: 'forest', runId: run.id });
    const name = await model();
    const version = await registry().versions.create({ name, loggedModelId: logged.id });
    expect(version).toMatchObject({
      source: `models:/${logged.id}`,
      location: logged.artifactLocation,
      runId: run.id,
      loggedModelId: logged.id,
    });
    await registry().aliases.set({ name, alias: 'champion', version: 1 });
    expect((await registry().loggedModels.get({ id: logged.id })).registrations).toEqual([{ name, version: 1, aliases: ['champion'] }]);
    const { edges } = await server().client.governance.lineage({ subject: `run:${run.id}` });
    expect(edges.map(({ from, relation, to }) => [from, relation, to.replace(/^model-version:.*\//, 'version ')])).toEqual([
      [`run:${run.id}`, 'produced', `logged-model:${logged.id}`],
      [`logged-model:${logged.id}`, 'produced', 'version 1'],
    ]);
  });

  test.each([
    ['nothing', {}, 'source'],
    ['a logged model that is not there', { loggedModelId: `m-${'0'.repeat(32)}` }, 'loggedModelId'],
    ['a version that is not there', { source: 'models:/nobody/1' }, 'name'],
    ['two logged models', { source: `models:/m-${'1'.repeat(32)}`, loggedModelId: `m-${'0'.repeat(32)}` }, 'loggedModelId'],
  ])('do not come from %s', async (_, from, field) => {
    const name = await model();
    expect((await refusal(registry().versions.create({ name, ...from })))[1]).toBe(field);
    expect(await registry().models.get({ name })).toMatchObject({ versionCount: 0, latestVersion: null });
  });
});

describe('aliases', () => {
  test('move from one version to another, and a deletion of none is said', async () => {
    const name = await model({ versions: 2 });
    await registry().aliases.set({ name, alias: 'champion', version: 1 });
    await registry().aliases.set({ name, alias: 'champion', version: 2 });
    expect(await registry().aliases.get({ name, alias: 'champion' })).toMatchObject({ version: 2, aliases: ['champion'] });
    expect(await registry().versions.get({ name, version: 1 })).toMatchObject({ aliases: [] });
    expect(await registry().aliases.delete({ name, alias: 'champion' })).toEqual({ deleted: true });
    expect(await registry().aliases.delete({ name, alias: 'champion' })).toEqual({ deleted: false });
  });

  test.each(['latest', 'LATEST', 'v1', 'V22', 'a b', 'a/b', 'x'.repeat(256)])('are not named %j', async (alias) => {
    const name = await model({ versions: 1 });
    expect(await refusal(registry().aliases.set({ name, alias, version: 1 }))).toEqual(['BAD_REQUEST', 'alias']);
  });

  test('point at a version that is there', async () => {
    const name = await model({ versions: 1 });
    expect(await refusal(registry().aliases.set({ name, alias: 'champion', version: 2 }))).toEqual(['NOT_FOUND', 'version']);
  });

  test('moves of which many arrive at once end at one of them, each an event', async () => {
    const name = await model({ versions: 5 });
    await Promise.all([1, 2, 3, 4, 5].map((version) => registry().aliases.set({ name, alias: 'champion', version })));
    const { version, aliases } = await registry().aliases.get({ name, alias: 'champion' });
    expect(aliases).toEqual(['champion']);
    const moves = (await eventsOf('model-alias.set')).filter(({ data }) => data.name === name);
    expect(moves).toHaveLength(5);
    expect(moves[0]?.data.version).toBe(version);
  });
});

describe('who may', () => {
  test('a viewer reads and does not write', async () => {
    const name = await model({ versions: 1 });
    const { registry: viewer } = server().clientOf(await server().tokenOf('viewer'));
    expect((await viewer.models.get({ name })).name).toBe(name);
    expect((await viewer.versions.list({ name })).versions).toHaveLength(1);
    const refused = [
      viewer.models.create({ name: 'mine' }),
      viewer.models.update({ name, description: 'x' }),
      viewer.models.delete({ name }),
      viewer.versions.create({ name, source: 's3://b' }),
      viewer.versions.update({ name, version: 1, stage: 'Staging' }),
      viewer.versions.delete({ name, version: 1 }),
      viewer.aliases.set({ name, alias: 'a', version: 1 }),
      viewer.aliases.delete({ name, alias: 'a' }),
      viewer.loggedModels.create({ experimentId: '0' }),
    ];
    expect(new Set((await Promise.all(refused.map(refusal))).map(([code]) => code))).toEqual(new Set(['FORBIDDEN']));
  });

  test('nobody sees the models of another workspace', async () => {
    const { sql } = server().services;
    const name = await model({ versions: 1 });
    const logged = await registry().loggedModels.create({ experimentId: '0' });
    const other = '00000000-0000-4000-8000-000000000001';
    await sql`insert into workspaces (id, name, created_at) values (${other}, 'other', now())`;
    await sql`update registered_models set workspace_id = ${other} where name = ${name}`;
    await sql`update logged_models set workspace_id = ${other} where id = ${logged.id}`;
    expect(await refusal(registry().models.get({ name }))).toEqual(['NOT_FOUND', 'name']);
    expect(await refusal(registry().versions.get({ name, version: 1 }))).toEqual(['NOT_FOUND', 'name']);
    expect(await refusal(registry().loggedModels.update({ id: logged.id, status: 'ready' }))).toEqual(['NOT_FOUND', 'id']);
    expect(await refusal(registry().versions.create({ name: await model(), loggedModelId: logged.id }))).toEqual([
      'NOT_FOUND',
      'loggedModelId',
    ]);
  });
});
