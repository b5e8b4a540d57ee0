import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/index.ts';
import { appendEvent, appendEvents } from './events.ts';
import { sealEvents, verifyEvents } from './sealEvents.ts';

let database: TestDatabase;
let sql: Sql;
let who: { workspaceId: string; userId: string; userName: string };
beforeAll(async () => {
  database = await testDatabase();
  sql = database.sql;
});
beforeEach(async () => {
  who = { workspaceId: await newWorkspace(), userId: randomUUID(), userName: 'Ada' };
});
afterAll(() => database.drop());

async function newWorkspace(): Promise<string> {
  const id = randomUUID();
  await sql`insert into workspaces (id, name, created_at) values (${id}, ${id}, now())`;
  return id;
}
const write = (count: number, as = who) =>
  appendEvents(
    sql,
    as,
    Array.from({ length: count }, (_, n) => ({ what: 'thing.changed', subject: `thing:${n}`, after: { n }, data: { n } })),
  );
async function sealAll(): Promise<void> {
  while ((await sealEvents(sql)) > 0);
}
const verify = (workspaceId = who.workspaceId) => verifyEvents(sql, workspaceId);
const seqOf = async (link: number) => {
  const [row] = await sql<{ seq: string }[]>`select seq::text from events where workspace_id = ${who.workspaceId} and link = ${link}`;
  return row!.seq;
};

test('an event says who changed what, and keeps of the states only their digests', async () => {
  await appendEvent(sql, who, {
    what: 'run.renamed',
    subject: 'run:1',
    before: { b: 1, a: 'x' },
    after: { a: 'x', b: 1 },
    data: { name: 'y' },
  });
  const [row] = await sql`select who, what, subject, before, after, data, at from events where workspace_id = ${who.workspaceId}`;
  expect(row).toMatchObject({
    who: 'Ada',
    what: 'run.renamed',
    subject: 'run:1',
    data: { name: 'y' },
    before: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(row!.after, 'the same state, its keys in another order').toBe(row!.before);
  expect(Date.now() - row!.at.getTime()).toBeLessThan(60_000);
});

test('an event of a change that is rolled back is not there', async () => {
  const change = sql.begin(async (tx) => {
    await appendEvent(tx, who, { what: 'run.created', subject: 'run:1' });
    throw new Error('the change failed');
  });
  await expect(change).rejects.toThrow('the change failed');
  expect(await verify()).toEqual({ checked: 0, unsealed: 0, brokenAt: null });
});

test('several events keep their order, whatever text is in them', async () => {
  const subjects = ["run:'; drop table events; --", 'run:"{}"', 'run:😀', 'run:\\u0000 in words'];
  await appendEvents(
    sql,
    who,
    subjects.map((subject) => ({ what: 'run.created', subject })),
  );
  const rows = await sql<{ subject: string }[]>`select subject from events where workspace_id = ${who.workspaceId} order by seq`;
  expect(rows.map(({ subject }) => subject)).toEqual(subjects);
  await sealAll();
  expect(await verify()).toEqual({ checked: 4, unsealed: 0, brokenAt: null });
});

test('a chain is whole, also over more than one batch', async () => {
  await write(2_345);
  expect(await verify()).toEqual({ checked: 0, unsealed: 2_345, brokenAt: null });
  await sealAll();
  expect(await verify()).toEqual({ checked: 2_345, unsealed: 0, brokenAt: null });
});

test('each workspace has a chain of its own', async () => {
  const other = { ...who, workspaceId: await newWorkspace() };
  for (let round = 0; round < 3; round += 1) {
    await write(2);
    await write(3, other);
  }
  await sealAll();
  await sql`update events set who = 'Eve' where workspace_id = ${other.workspaceId} and link = 1`;
  expect([await verify(), (await verify(other.workspaceId)).brokenAt]).toEqual([
    { checked: 6, unsealed: 0, brokenAt: null },
    expect.any(String),
  ]);
});

test.each([
  ['who', 'Eve'],
  ['what', 'thing.kept'],
  ['subject', 'thing:99'],
  ['user_id', randomUUID()],
  ['at', new Date(0)],
  ['after', 'f'.repeat(64)],
  ['before', 'f'.repeat(64)],
  ['data', { n: 99 }],
])('a row whose %s was changed is named', async (column, value) => {
  await write(5);
  await sealAll();
  const seq = await seqOf(3);
  await sql`update events set ${sql({ [column]: value as string })} where seq = ${seq}`;
  expect(await verify()).toEqual({ checked: 2, unsealed: 0, brokenAt: seq });
});

test('a removed row breaks the chain at the one after it; removed rows at the end are missed too', async () => {
  await write(5);
  await sealAll();
  const [third, last] = [await seqOf(3), await seqOf(5)];
  await sql`delete from events where seq = ${last}`;
  expect(await verify()).toEqual({ checked: 4, unsealed: 0, brokenAt: 'end' });
  await sql`delete from events where seq = ${await seqOf(2)}`;
  expect(await verify()).toMatchObject({ checked: 1, brokenAt: third });
});

test('two rows that were exchanged, and one that was slipped in with a link of its own, are found', async () => {
  await write(4);
  await sealAll();
  const [second, third] = [await seqOf(2), await seqOf(3)];
  await sql.begin(async (tx) => {
    await tx`update events set link = -1 where seq = ${second}`;
    await tx`update events set link = 2 where seq = ${third}`;
    await tx`update events set link = 3 where seq = ${second}`;
  });
  expect(await verify()).toMatchObject({ checked: 1, brokenAt: third });
});

test('a chain goes on behind what is not sealed yet, in the order in which changes were committed', async () => {
  let commit = () => {};
  const gate = new Promise<void>((resolve) => {
    commit = resolve;
  });
  let begun = () => {};
  const early = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const slow = sql.begin(async (tx) => {
    await appendEvent(tx, who, { what: 'first.numbered', subject: 'x' }); // takes its number now, is seen later
    begun();
    await gate;
  });
  await early;
  await write(2);
  await sealAll();
  commit();
  await slow;
  await sealAll();
  const rows = await sql<{ what: string }[]>`select what from events where workspace_id = ${who.workspaceId} order by link`;
  expect(rows.map(({ what }) => what)).toEqual(['thing.changed', 'thing.changed', 'first.numbered']);
  expect(await verify()).toEqual({ checked: 3, unsealed: 0, brokenAt: null });
});

test('several sealers and writers at once make one whole chain', async () => {
  const pool = Array.from({ length: 40 }, () => [write(7), sealEvents(sql)]).flat();
  await Promise.all(pool);
  await sealAll();
  expect(await verify()).toEqual({ checked: 280, unsealed: 0, brokenAt: null });
});

test('while one process seals, another leaves it to it', async () => {
  await write(1);
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${0x7365616c})`;
    expect(await sealEvents(sql)).toBe(0);
  });
  expect(await sealEvents(sql)).toBe(1);
});
