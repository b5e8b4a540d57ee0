import type { Artifact } from '@cellkeep/schema/tracking';
import { expect, test } from 'vitest';
import type { CallContext } from '../core/context.ts';
import type { LiveMessage } from '../core/live.ts';
import { testServer } from '../testing/index.ts';
import { artifactReferences, keepArtifact } from './artifacts.ts';

const server = testServer();
const newRun = async () => (await server().client.tracking.runs.create({})).id;
const upload = async (run: string, path: string, body = `content of ${path}`): Promise<Artifact> => {
  const answer = await server().fetch(`runs/${run}/artifacts/files/${path}?kind=text`, { method: 'PUT', body });
  return (await answer.json()) as Artifact;
};
const artifacts = () => server().client.tracking.artifacts;
const countOf = async (id: string) => (await server().client.tracking.runs.get({ id })).artifactCount;
const eventsOf = async (run: string) => {
  const rows = await server().database.sql<{ what: string }[]>`
    select what, before is not null as "hasBefore", after is not null as "hasAfter", data->>'path' as path from events
    where subject = ${`run:${run}`} and what like 'artifact.%' order by seq`;
  return rows.map((row) => ({ ...row }));
};

test('artifacts are listed by path, page after page, below a prefix', async () => {
  const run = await newRun();
  for (const path of ['b/2.txt', 'a.txt', 'B.txt', 'b/10.txt', 'ä.txt', 'b.txt']) await upload(run, path);
  const list = artifacts().list;
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ runId: run, limit: 2, cursor });
    pages.push(page.artifacts.map(({ path }) => path));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(pages).toEqual([
    ['B.txt', 'a.txt'],
    ['b.txt', 'b/10.txt'],
    ['b/2.txt', 'ä.txt'],
  ]);
  const below = await list({ runId: run, prefix: 'b/' });
  expect(below.artifacts.map(({ path }) => path)).toEqual(['b/10.txt', 'b/2.txt']);
  expect((await list({ runId: run, prefix: '%' })).artifacts).toEqual([]);
});

test('a list of a run that is not there, or from a cursor that is none, is refused', async () => {
  const run = await newRun();
  await expect(artifacts().list({ runId: 'f'.repeat(32) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(artifacts().list({ runId: run, cursor: 'made-up' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    data: { issues: [expect.objectContaining({ field: 'cursor' })] },
  });
});

test('what is kept is counted, logged, and in the lineage', async () => {
  const run = await newRun();
  const { digest } = await upload(run, 'a.txt', 'one');
  const newer = await upload(run, 'a.txt', 'two');
  expect(await countOf(run)).toBe(1);
  expect(await eventsOf(run)).toEqual([
    { what: 'artifact.logged', hasBefore: false, hasAfter: true, path: 'a.txt' },
    { what: 'artifact.logged', hasBefore: true, hasAfter: true, path: 'a.txt' },
  ]);
  const edges = await server().database.sql<
    { to: string }[]
  >`select "to" from edges where "from" = ${`run:${run}`} and relation = 'produced'`;
  expect(new Set(edges.map(({ to }) => to))).toEqual(new Set([`artifact:${digest}`, `artifact:${newer.digest}`]));
});

test('an upload that is repeated because its answer was lost changes nothing', async () => {
  const run = await newRun();
  const first = await upload(run, 'a.txt');
  expect(await upload(run, 'a.txt')).toEqual(first);
  expect(await eventsOf(run)).toHaveLength(1);
});

test('uploads of many clients at once are all counted', async () => {
  const run = await newRun();
  await Promise.all(Array.from({ length: 20 }, (_, i) => upload(run, `${i % 10}.txt`, 'the same text')));
  expect(await countOf(run)).toBe(10);
  expect((await artifacts().list({ runId: run })).artifacts).toHaveLength(10);
});

test('where a file or a folder is in the way, an artifact is refused with what stands there, and changes nothing', async () => {
  const run = await newRun();
  for (const path of ['a.txt', 'd/e']) await upload(run, path);
  const put = (path: string) => server().fetch(`runs/${run}/artifacts/files/${path}`, { method: 'PUT', body: 'x' });
  const wanted: [string, string][] = [
    ['a.txt/b', '"a.txt/b" would lie in "a.txt", which is a file'],
    ['d', '"d" is a folder: "d/e" lies in it'],
  ];
  for (const [path, reason] of wanted) {
    const answer = await put(path);
    const issue = { field: 'path', reason, remedy: expect.stringContaining('choose another name, or delete') };
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'CONFLICT', data: { issues: [issue] } }]);
    await expect(artifacts().uploads.start({ runId: run, path })).rejects.toMatchObject({ code: 'CONFLICT' });
  }
  expect((await artifacts().list({ runId: run })).artifacts.map(({ path }) => path)).toEqual(['a.txt', 'd/e']);
  // It came after the upload had begun: the last word is spoken when the file is made.
  const { id } = await artifacts().uploads.start({ runId: run, path: 'late' });
  const part = await server().fetch(`runs/${run}/artifacts/uploads/${id}/parts/1`, { method: 'PUT', body: 'x' });
  const { digest } = (await part.json()) as { digest: string };
  await upload(run, 'late/sub');
  const complete = artifacts().uploads.complete({ runId: run, uploadId: id, parts: [{ number: 1, digest }] });
  await expect(complete).rejects.toMatchObject({ code: 'CONFLICT', data: { issues: [{ field: 'path' }] } });
});

test('a file and a folder of one name that an older server let in are still read, stored anew and removed', async () => {
  const run = await newRun();
  await upload(run, 'a.txt', 'of the file');
  await upload(run, 'b/sub', 'of the folder');
  await server().database.sql`update artifacts set path = 'a.txt/sub' where run_id = ${run} and path = 'b/sub'`;
  const read = async (path: string) => (await server().fetch(`runs/${run}/artifacts/files/${path}`)).text();
  expect([await read('a.txt'), await read('a.txt/sub')]).toEqual(['of the file', 'of the folder']);
  for (const path of ['a.txt', 'a.txt/sub']) expect(await upload(run, path, 'newer')).toMatchObject({ path });
  expect(await artifacts().delete({ runId: run, path: 'a.txt' })).toEqual({ deleted: true });
  expect((await artifacts().list({ runId: run })).artifacts.map(({ path }) => path)).toEqual(['a.txt/sub']);
});

test('who watches is told of the artifact and of the changed run, after the commit', async () => {
  const run = await newRun();
  const { services } = server();
  const { workspace } = await server().client.access.me();
  const heard: LiveMessage[] = [];
  const stop = services.live.subscribe(workspace.id, (message) => heard.push(message));
  const artifact = await upload(run, 'a.txt');
  stop();
  expect(heard).toEqual([
    expect.objectContaining({ topic: 'artifact', runId: run, experimentId: '0', notebookId: null, payload: artifact }),
    expect.objectContaining({ topic: 'run', runId: run, experimentId: '0', payload: { change: 'updated' } }),
  ]);
});

test('a removed artifact is gone from list and count; its trace stays', async () => {
  const run = await newRun();
  const { digest } = await upload(run, 'a.txt', 'to be removed');
  const remove = artifacts().delete;
  expect(await remove({ runId: run, path: 'a.txt' })).toEqual({ deleted: true });
  expect(await remove({ runId: run, path: 'a.txt' })).toEqual({ deleted: false });
  expect(await countOf(run)).toBe(0);
  expect((await server().fetch(`runs/${run}/artifacts/files/a.txt`)).status).toBe(404);
  expect((await eventsOf(run)).at(-1)).toEqual({ what: 'artifact.deleted', hasBefore: true, hasAfter: false, path: 'a.txt' });
  expect(await artifactReferences(server().services.sql)([digest])).toEqual([]);
});

test('a viewer neither keeps nor removes', async () => {
  const run = await newRun();
  await upload(run, 'a.txt');
  const viewer = server().clientOf(await server().tokenOf('viewer'));
  await expect(viewer.tracking.artifacts.delete({ runId: run, path: 'a.txt' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const { user, workspace } = await viewer.access.me();
  const caller = { userId: user.id, userName: user.name, workspaceId: workspace.id, role: user.role, via: 'token' as const };
  const context: CallContext = { ...server().services, caller, requestId: '' };
  const given = { runId: run, path: 'b.txt', kind: 'text' as const, size: 1, digest: '0'.repeat(64), mediaType: 'text/plain' };
  await expect(keepArtifact(context, given)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await countOf(run)).toBe(1);
});

test('the collector is told which blobs are named, by deleted runs too', async () => {
  const run = await newRun();
  const { digest } = await upload(run, 'a.txt', 'named');
  await server().client.tracking.runs.delete({ ids: [run] });
  expect(await artifactReferences(server().services.sql)([digest, 'f'.repeat(64)])).toEqual([digest]);
});
