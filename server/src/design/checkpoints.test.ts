import { createHash, randomUUID } from 'node:crypto';
import type { CheckpointInput } from '@cellkeep/schema/design';
import { expect, test } from 'vitest';
import { codeOf, userWith } from '../collaboration/testUsers.ts';
import { type Client, testServer } from '../testing/index.ts';

const server = testServer();

async function newSession(client: Client, notebookPath = 'flights.ipynb'): Promise<string> {
  const id = randomUUID();
  const session = { id, kind: 'notebook', notebookPath, startedAt: 1 };
  const { rejected } = await client.tracking.ingest({ writer: randomUUID(), seq: 1, records: [{ type: 'session.start', session }] });
  expect(rejected).toEqual([]);
  return id;
}

async function putPart(workspaceId: string, text: string): Promise<string> {
  const digest = createHash('sha256').update(text).digest();
  await server().services.sql`
    insert into parts (workspace_id, digest, kind, size, body, put_at) values (${workspaceId}, ${digest}, 'variable', ${text.length},
      ${Buffer.from(text)}, now()) on conflict do nothing`;
  return digest.toString('hex');
}

async function workspaceOf(): Promise<string> {
  const [row] = await server().services.sql<{ id: string }[]>`select id from workspaces limit 1`;
  return row?.id ?? '';
}

const variable = (name: string, parts: string[], also: Partial<CheckpointInput['variables'][number]> = {}) => ({
  name,
  type: 'list',
  how: 'pickle' as const,
  parts,
  size: 3,
  ...also,
});

const given = (sessionId: string, variables: ReturnType<typeof variable>[], takenAt = 10) => ({
  id: randomUUID(),
  sessionId,
  label: 'before the sweep',
  takenAt,
  python: '3.11.7',
  variables,
});

test('a checkpoint comes back as it was kept, is listed newest first by its notebook, and again changes nothing', async () => {
  const { client, user } = await userWith(server(), 'editor', 'Ada');
  const session = await newSession(client, 'a.ipynb');
  const part = await putPart(await workspaceOf(), 'abc');
  const [older, newer] = [given(session, [variable('x', [part])], 10), given(session, [variable('x', [part])], 20)];
  const made = await client.design.checkpoints.put(older);
  expect(made).toMatchObject({ ...older, userId: user.id, userName: 'Ada', isOwn: true, notebookPath: 'a.ipynb' });
  await client.design.checkpoints.put(newer);
  expect(await client.design.checkpoints.put(older)).toEqual(made);
  const { checkpoints } = await client.design.checkpoints.list({ notebookPath: 'a.ipynb' });
  expect(checkpoints.map(({ id }) => id)).toEqual([newer.id, older.id]);
  const first = await client.design.checkpoints.list({ notebookPath: 'a.ipynb', limit: 1 });
  const second = await client.design.checkpoints.list({ notebookPath: 'a.ipynb', limit: 1, cursor: first.nextCursor ?? '' });
  expect([first, second].map((page) => page.checkpoints.map(({ id }) => id))).toEqual([[newer.id], [older.id]]);
  expect(second.nextCursor).toBeNull();
});

test('one that names a part that is not there is refused, with its digest, and not stored', async () => {
  const { client } = await userWith(server(), 'editor');
  const one = given(await newSession(client), [variable('x', ['ab'.repeat(32)])]);
  expect(await codeOf(client.design.checkpoints.put(one))).toBe('BAD_REQUEST variables');
  expect(await codeOf(client.design.checkpoints.get({ id: one.id }))).toBe('NOT_FOUND id');
});

test('others see whose it is, may not put under its id or in its session, and only an owner deletes it for them', async () => {
  const [maker, other] = [await userWith(server(), 'editor', 'Maker'), await userWith(server(), 'editor')];
  const one = given(await newSession(maker.client), [variable('gen', [], { how: 'executions' as 'pickle' })]);
  await maker.client.design.checkpoints.put(one);
  expect(await other.client.design.checkpoints.get({ id: one.id })).toMatchObject({ userName: 'Maker', isOwn: false });
  expect(await codeOf(other.client.design.checkpoints.put(one))).toBe('NOT_FOUND sessionId');
  const own = { ...one, sessionId: await newSession(other.client) };
  expect(await codeOf(other.client.design.checkpoints.put(own))).toBe('CONFLICT id');
  expect(await codeOf(other.client.design.checkpoints.delete({ id: one.id }))).toBe('FORBIDDEN id');
  expect(await server().client.design.checkpoints.delete({ id: one.id })).toEqual({ deleted: true });
  expect(await codeOf(maker.client.design.checkpoints.get({ id: one.id }))).toBe('NOT_FOUND id');
});

test('a viewer reads and keeps nothing', async () => {
  const { client } = await userWith(server(), 'viewer');
  expect((await client.design.checkpoints.list({})).checkpoints).toBeInstanceOf(Array);
  expect(await codeOf(client.design.checkpoints.put(given(randomUUID(), [])))).toMatch(/^FORBIDDEN/);
});
