import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/index.ts';
import { firstOwner } from './firstOwner.ts';

let database: TestDatabase;
let home: string;
const homes: string[] = [];
beforeEach(async () => {
  database = await testDatabase();
  home = newHome();
});
afterEach(async () => {
  for (const each of homes.splice(0)) rmSync(each, { recursive: true });
  await database.drop();
});

function newHome(): string {
  const made = mkdtempSync(join(tmpdir(), 'cellkeep-owner-'));
  homes.push(made);
  return made;
}
const start = (at = home) => firstOwner(database.sql, at, Date.now());
const count = async (table: 'workspaces' | 'users' | 'tokens') => {
  const [row] = await database.sql<{ count: number }[]>`select count(*)::int as count from ${database.sql(table)}`;
  return row?.count;
};

test('the first start makes a workspace, its owner and a token that only the owner of the home can read', async () => {
  const { caller, token } = await start();
  expect(caller.role).toBe('owner');
  expect([readFileSync(join(home, 'token'), 'utf8'), statSync(join(home, 'token')).mode & 0o777]).toEqual([`${token}\n`, 0o600]);
  expect([await count('workspaces'), await count('users'), await count('tokens')]).toEqual([1, 1, 1]);
});

test('every later start on this home has the same token', async () => {
  expect(await start()).toEqual(await start());
  expect(await count('tokens')).toBe(1);
});

test('two first starts on one database make one owner', async () => {
  const [one, two] = await Promise.all([start(), start(newHome())]);
  expect(one.caller.userId).toBe(two.caller.userId);
  expect(one.token).not.toBe(two.token);
  expect([await count('workspaces'), await count('users')]).toEqual([1, 1]);
});

test.each([
  ['was revoked', async () => void (await database.sql`delete from tokens`)],
  ['has expired', async () => void (await database.sql`update tokens set expires_at = now() - interval '1 day'`)],
  ['is of another database', async () => writeFileSync(join(home, 'token'), 'ck_of_another_database\n')],
  ['was lost', async () => rmSync(join(home, 'token'))],
  ['is empty', async () => writeFileSync(join(home, 'token'), '')],
])('a token that %s is replaced, and never let in again', async (_what, happen) => {
  const { token, caller } = await start();
  await happen();
  const next = await start();
  expect(next.token).not.toBe(token);
  expect(next.caller.userId).toBe(caller.userId);
  expect(readFileSync(join(home, 'token'), 'utf8')).toBe(`${next.token}\n`);
});

test('the token of somebody who is no owner any more makes nobody one', async () => {
  const { caller } = await start();
  await database.sql`insert into users (id, workspace_id, name, role, created_at)
    values (gen_random_uuid(), ${caller.workspaceId}, 'Grace', 'owner', now())`;
  await database.sql`update users set role = 'viewer' where id = ${caller.userId}`;
  const next = await start();
  expect(next.caller.userName).toBe('Grace');
});

test('where every owner is disabled, whoever starts the server on its own machine is owner again', async () => {
  const { caller } = await start();
  await database.sql`update users set disabled = true`;
  expect((await start()).caller.userId).toBe(caller.userId);
  const [row] = await database.sql`select role, disabled from users where id = ${caller.userId}`;
  expect(row).toEqual({ role: 'owner', disabled: false });
});
