import { expect, test } from 'vitest';
import { addEdges, type NewEdge } from '../core/lineage.ts';
import { testServer } from '../testing/index.ts';

const server = testServer();
const workspaceId = async () => (await server().client.access.me()).workspace.id;
const add = async (...edges: NewEdge[]) => addEdges(server().services.sql, await workspaceId(), edges);
const made = (from: string, to: string): NewEdge => ({ from, relation: 'produced', to });
const lineage = async (subject: string, depth?: number) => {
  const { edges } = await server().client.governance.lineage({ subject, depth });
  return edges.map(({ from, to }) => `${from} → ${to}`).sort();
};

test('lineage goes up to what it was made from and down to what was made from it, not to siblings', async () => {
  await add(made('data:1', 'run:1'), made('run:1', 'model:1'), made('data:1', 'run:2'), made('model:1', 'endpoint:1'));
  expect(await lineage('run:1')).toEqual(['data:1 → run:1', 'model:1 → endpoint:1', 'run:1 → model:1']);
});

test('depth counts edges in each direction', async () => {
  await add(...Array.from({ length: 12 }, (_, n) => made(`step:${n}`, `step:${n + 1}`)));
  expect(await lineage('step:6', 1)).toEqual(['step:5 → step:6', 'step:6 → step:7']);
  expect(await lineage('step:6')).toHaveLength(6);
  expect(await lineage('step:0', 10)).toHaveLength(10);
});

test('a circle ends', async () => {
  await add(made('a', 'b'), made('b', 'c'), made('c', 'a'));
  expect(await lineage('a', 10)).toEqual(['a → b', 'b → c', 'c → a']);
});

test('an edge that is there already stays as it is, also twice in one call', async () => {
  await add(made('x:1', 'y:1'), made('x:1', 'y:1'));
  const before = (await server().client.governance.lineage({ subject: 'x:1' })).edges;
  await add(made('x:1', 'y:1'), { from: 'x:1', relation: 'used', to: 'y:1' });
  const after = (await server().client.governance.lineage({ subject: 'x:1' })).edges;
  expect(after).toHaveLength(2);
  expect(after).toContainEqual(before[0]);
});

test('two writers of the same edges in other orders do not wait for each other in a circle', async () => {
  const edges = Array.from({ length: 50 }, (_, n) => made(`many:${n}`, 'one'));
  await Promise.all(Array.from({ length: 10 }, (_, n) => add(...(n % 2 ? edges : edges.toReversed()))));
  expect(await lineage('one', 1)).toHaveLength(50);
});

test('a thing that nobody knows has no lineage; a subject is only text', async () => {
  expect(await lineage('nothing:1')).toEqual([]);
  expect(await lineage("'; drop table edges; --")).toEqual([]);
});

test('events are paged newest first, each once, and can be narrowed', async () => {
  for (const name of ['p1', 'p2', 'p3', 'p4', 'p5']) await server().client.access.users.create({ name });
  const names: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await server().client.governance.events({ what: 'user.created', limit: 2, cursor });
    expect(page.events.length).toBeLessThanOrEqual(2);
    names.push(...page.events.map(({ data }) => data.name));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(names.slice(0, 5)).toEqual(['p5', 'p4', 'p3', 'p2', 'p1']);
  expect(new Set(names).size).toBe(names.length);
});

test('the chain can be verified by anybody who may read, and a changed row is named', async () => {
  const viewer = server().clientOf(await server().tokenOf('viewer'));
  expect(await viewer.governance.verifyEvents()).toMatchObject({ brokenAt: null, checked: expect.any(Number) });
  const { sql } = server().database;
  await expect.poll(async () => (await viewer.governance.verifyEvents()).unsealed).toBe(0);
  const [row] = await sql<{ seq: string }[]>`update events set who = 'Eve' where link = 2 returning seq::text`;
  expect(await viewer.governance.verifyEvents()).toMatchObject({ brokenAt: row!.seq, checked: 1 });
});

test('the log is newest first past a thousand entries too, and its pages leave none out', async () => {
  const { sql } = server().services;
  const { id: userId } = (await server().client.access.me()).user;
  await sql`
    insert into events (workspace_id, at, user_id, who, what, subject, data)
    select ${await workspaceId()}, now(), ${userId}, 'somebody', 'thing.made', 'thing:' || n, '{}' from generate_series(1, 1100) n order by n`;
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await server().client.governance.events({ what: 'thing.made', limit: 300, cursor });
    found.push(...page.events.map(({ subject }) => subject));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(found).toEqual(Array.from({ length: 1100 }, (_, n) => `thing:${1100 - n}`));
});
