import { createHash } from 'node:crypto';
import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { UploadPart } from '@cellkeep/schema/tracking';
import { expect, test, vi } from 'vitest';
import type { BlobStore } from '../core/blobs.ts';
import { blobsOnDisk } from '../core/blobsOnDisk.ts';
import type { CallContext } from '../core/context.ts';
import { blobReferences } from '../main.ts';
import { testServer } from '../testing/index.ts';
import { findFile } from './files.ts';
import { sweepUploads } from './sweepUploads.ts';
import { cancelUpload, createUploads, requireUpload } from './uploads.ts';

const HOUR = 3_600_000;
const server = testServer();
const uploads = () => server().client.tracking.artifacts.uploads;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const newRun = async () => (await server().client.tracking.runs.create({})).id;
const start = async (path: string) => uploads().start({ runId: await newRun(), path });

async function put(runId: string, uploadId: string, number: number | string, body: string, headers: Record<string, string> = {}) {
  const answer = await server().fetch(`runs/${runId}/artifacts/uploads/${uploadId}/parts/${number}`, { method: 'PUT', body, headers });
  return { status: answer.status, etag: answer.headers.get('etag'), body: (await answer.json()) as UploadPart & { code?: string } };
}
const named = (...bodies: string[]) => bodies.map((body, i) => ({ number: i + 1, digest: sha256(body) }));
const isStored = (text: string) => existsSync(blobAt(text));
async function contextWith(blobs: BlobStore): Promise<CallContext> {
  const { workspace, user } = await server().client.access.me();
  const caller = { workspaceId: workspace.id, userId: user.id, userName: user.name, role: 'owner' as const, via: 'token' as const };
  return { ...server().services, blobs, caller, requestId: 'test' };
}
const blobAt = (text: string) => join(server().home, 'blobs', sha256(text).slice(0, 2), sha256(text).slice(2));

test('an upload that broke off says which parts it has, and goes on with the others', async () => {
  const { id, runId } = await start('weights.bin');
  expect(await put(runId, id, 1, 'one,')).toEqual({
    status: 200,
    etag: `"${sha256('one,')}"`,
    body: { number: 1, size: 4, digest: sha256('one,') },
  });
  await put(runId, id, 3, 'three');
  expect(await uploads().get({ runId, uploadId: id })).toMatchObject({
    ...{ id, runId, path: 'weights.bin', kind: 'file', state: 'open' },
    parts: [
      { number: 1, size: 4 },
      { number: 3, size: 5 },
    ],
  });
  const parts = named('one,', 'two,', 'three');
  await expect(uploads().complete({ runId, uploadId: id, parts })).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { issues: [{ field: 'parts[1]', reason: 'part 2 is not stored' }] },
  });
  await put(runId, id, 2, 'two,');
  const whole = { runId, path: 'weights.bin', size: 13, digest: sha256('one,two,three') };
  expect(await uploads().complete({ runId, uploadId: id, parts })).toMatchObject(whole);
  expect(await (await server().fetch(`runs/${runId}/artifacts/files/weights.bin`)).text()).toBe('one,two,three');
});

test('who asks again for what is being made, or is made, gets the same answer', async () => {
  const { id, runId } = await start('a.bin');
  await Promise.all([put(runId, id, 1, 'a'), put(runId, id, 2, 'b')]);
  const ask = () => uploads().complete({ runId, uploadId: id, parts: named('a', 'b') });
  const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()];
  expect(new Set(answers.map((answer) => JSON.stringify({ ...answer, createdAt: 0 }))).size).toBe(1);
  const { events } = await server().client.governance.events({ subject: `run:${runId}`, what: 'artifact.logged' });
  expect(events).toHaveLength(1);
});

test('a part that is sent again replaces the first; one that broke on its way is not kept', async () => {
  const { id, runId } = await start('a.bin');
  await put(runId, id, 1, 'wrong');
  await put(runId, id, 1, 'right', { 'x-content-sha256': sha256('right') });
  expect((await put(runId, id, 2, 'x', { 'x-content-sha256': sha256('y') })).body.code).toBe('BAD_REQUEST');
  expect((await uploads().get({ runId, uploadId: id })).parts).toEqual([{ number: 1, size: 5, digest: sha256('right') }]);
});

test('who waits too long is told to ask again, and the file is made meanwhile', async () => {
  const { id, runId } = await start('slow.bin');
  await Promise.all([put(runId, id, 1, 'a'), put(runId, id, 2, 'b')]);
  const { services } = server();
  const released = Promise.withResolvers<void>();
  const slow = { ...services.blobs, put: (source: Readable | Buffer) => released.promise.then(() => services.blobs.put(source)) };
  const context = await contextWith(slow);
  const impatient = createUploads({ longestWait: 1 });
  const upload = await requireUpload(services.sql, context.caller.workspaceId, id);
  await expect(impatient.complete(context, upload, named('a', 'b'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  released.resolve();
  await vi.waitFor(async () => expect((await uploads().get({ runId, uploadId: id })).state).toBe('completed'), 10_000);
  await impatient.stop();
});

test.each(['an artifact', 'a file of the workspace'])('an upload that is given up while it is being made is never %s', async (what) => {
  const { services } = server();
  const { id, runId } = await start('given-up.bin');
  if (what !== 'an artifact') await services.sql`update uploads set run_id = null where id = ${id}`;
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const context = await contextWith({
    ...services.blobs,
    async put(source: Readable | Buffer) {
      begun.resolve();
      await released.promise;
      return services.blobs.put(source);
    },
  });
  const { workspaceId } = context.caller;
  for (const [i, body] of ['a', 'b'].entries()) {
    const { digest, size } = await services.blobs.put(Readable.from([Buffer.from(body)]));
    await services.sql`insert into upload_parts (upload_id, number, size, digest) values (${id}, ${i + 1}, ${size}, ${digest})`;
  }
  const upload = await requireUpload(services.sql, workspaceId, id);
  const refused = expect(createUploads().complete(context, upload, named('a', 'b'))).rejects.toMatchObject({ code: 'CONFLICT' });
  await begun.promise;
  expect((await cancelUpload(context, upload)).state).toBe('canceled');
  released.resolve();
  await refused;
  expect((await server().client.tracking.artifacts.list({ runId })).artifacts).toEqual([]);
  expect(await findFile(services.sql, workspaceId, 'given-up.bin')).toBeNull();
});

test('an upload that is complete by the time that it is given up stays complete', async () => {
  const { id, runId } = await start('done.bin');
  await put(runId, id, 1, 'a');
  const context = await contextWith(server().services.blobs);
  const before = await requireUpload(server().services.sql, context.caller.workspaceId, id);
  await uploads().complete({ runId, uploadId: id, parts: named('a') });
  await expect(cancelUpload(context, before)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect((await uploads().get({ runId, uploadId: id })).state).toBe('completed');
});

test('an upload that was swept since it was looked up makes no artifact without bytes', async () => {
  const blobs = await blobsOnDisk(join(server().home, 'blobs'));
  const { id, runId } = await start('swept.bin');
  await put(runId, id, 1, 'swept');
  const { sql } = server().services;
  const context = await contextWith(blobs);
  const upload = await requireUpload(sql, context.caller.workspaceId, id);
  await sweepUploads({ sql, now: () => Date.now() + 8 * 24 * HOUR }, blobs, blobReferences(sql));
  expect(isStored('swept')).toBe(false);
  await expect(createUploads().complete(context, upload, named('swept'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await server().client.tracking.artifacts.list({ runId })).artifacts).toEqual([]);
});

test('an upload that is being made is not swept, however long it had rested', async () => {
  const { services } = server();
  const blobs = await blobsOnDisk(join(server().home, 'blobs'));
  const { id, runId } = await start('late.bin');
  await Promise.all([put(runId, id, 1, 'late'), put(runId, id, 2, 'comer')]);
  await services.sql`update uploads set updated_at = updated_at - interval '8 days' where id = ${id}`;
  const sweeping = await contextWith({
    ...services.blobs,
    async put(source: Readable | Buffer) {
      await sweepUploads(services, blobs, blobReferences(services.sql));
      return services.blobs.put(source);
    },
  });
  const upload = await requireUpload(services.sql, sweeping.caller.workspaceId, id);
  await createUploads().complete(sweeping, upload, named('late', 'comer'));
  expect((await uploads().get({ runId, uploadId: id })).state).toBe('completed');
  expect(await (await server().fetch(`runs/${runId}/artifacts/files/late.bin`)).text()).toBe('latecomer');
});

test('an upload that was given up takes nothing more', async () => {
  const { id, runId } = await start('a.bin');
  await put(runId, id, 1, 'a');
  expect((await uploads().cancel({ runId, uploadId: id })).state).toBe('canceled');
  expect((await uploads().cancel({ runId, uploadId: id })).state).toBe('canceled');
  expect((await put(runId, id, 2, 'b')).body.code).toBe('CONFLICT');
  await expect(uploads().complete({ runId, uploadId: id, parts: named('a') })).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('a part whose bytes are gone is asked for again', async () => {
  const { id, runId } = await start('a.bin');
  await put(runId, id, 1, 'here');
  await put(runId, id, 2, 'gone');
  await server().services.blobs.delete(sha256('gone'));
  const parts = named('here', 'gone');
  await expect(uploads().complete({ runId, uploadId: id, parts })).rejects.toMatchObject({
    data: { issues: [{ field: 'parts[1]', reason: 'the bytes of this part are gone' }] },
  });
  expect((await uploads().get({ runId, uploadId: id })).parts.map(({ number }) => number)).toEqual([1]);
  await put(runId, id, 2, 'gone');
  expect((await uploads().complete({ runId, uploadId: id, parts })).size).toBe(8);
});

test.each([
  ['the number 0', '0'],
  ['a number past the last', '10001'],
  ['a number that is none', '1e3'],
  ['a half', '1.5'],
])('%s is no part', async (_name, number) => {
  const { id, runId } = await start('a.bin');
  expect((await put(runId, id, number, 'x')).body.code).toBe('BAD_REQUEST');
});

test('an upload belongs to its run and workspace, and viewers send nothing', async () => {
  const { id, runId } = await start('a.bin');
  const other = await newRun();
  expect((await put(other, id, 1, 'x')).body.code).toBe('NOT_FOUND');
  expect((await put(runId, crypto.randomUUID(), 1, 'x')).body.code).toBe('NOT_FOUND');
  expect((await put(runId, 'x', 1, 'x')).body.code).toBe('BAD_REQUEST');
  await expect(uploads().get({ runId: other, uploadId: id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(uploads().start({ runId: '0'.repeat(32), path: 'a' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(uploads().start({ runId, path: '../a' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  const authorization = `Bearer ${await server().tokenOf('viewer')}`;
  expect((await put(runId, id, 1, 'x', { authorization })).body.code).toBe('FORBIDDEN');
  await expect(server().clientOf(authorization.slice(7)).tracking.artifacts.uploads.cancel({ runId, uploadId: id })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});

test('what has ended, or rests for a week, is swept with the bytes that nothing else names', async () => {
  const blobs = await blobsOnDisk(join(server().home, 'blobs'));
  const sweep = async (hours: number) => {
    const services = { sql: server().services.sql, now: () => Date.now() + hours * HOUR };
    return sweepUploads(services, blobs, blobReferences(services.sql));
  };
  const completed = await start('completed.bin');
  for (const [i, body] of ['first', 'shared'].entries()) await put(completed.runId, completed.id, i + 1, body);
  await uploads().complete({ runId: completed.runId, uploadId: completed.id, parts: named('first', 'shared') });
  const canceled = await start('canceled.bin');
  await put(canceled.runId, canceled.id, 1, 'canceled');
  await uploads().cancel({ runId: canceled.runId, uploadId: canceled.id });
  const resting = await start('resting.bin');
  await put(resting.runId, resting.id, 1, 'resting');
  await put(resting.runId, resting.id, 2, 'shared');

  expect(await sweep(0)).toBe(0);
  expect((await uploads().get({ runId: completed.runId, uploadId: completed.id })).state).toBe('completed');
  await sweep(1);
  expect(['first', 'canceled', 'shared', 'resting', 'firstshared'].filter(isStored)).toEqual(['shared', 'resting', 'firstshared']);
  await expect(uploads().get({ runId: completed.runId, uploadId: completed.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await uploads().get({ runId: resting.runId, uploadId: resting.id })).parts).toHaveLength(2);
  await sweep(8 * 24);
  expect(['shared', 'resting', 'firstshared'].filter(isStored)).toEqual(['firstshared']);
});

test('bytes that somebody has just stored stay, though nothing names them yet', async () => {
  const blobs = await blobsOnDisk(join(server().home, 'blobs'));
  const upload = await start('a.bin');
  await put(upload.runId, upload.id, 1, 'again');
  await uploads().cancel({ runId: upload.runId, uploadId: upload.id });
  const soon = Date.now() + HOUR;
  utimesSync(blobAt('again'), new Date(soon - 60_000), new Date(soon - 60_000)); // by another upload
  const { sql } = server().services;
  await sweepUploads({ sql, now: () => soon }, blobs, blobReferences(sql));
  expect(isStored('again')).toBe(true);
});
