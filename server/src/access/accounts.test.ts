import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/index.ts';
import { type Accounts, accessChanged, createAccounts } from './accounts.ts';
import { newToken } from './secrets.ts';
import { closeSession, createLoginLink, openSession } from './sessions.ts';

const HOUR = 3_600_000;
let database: TestDatabase;
let sql: Sql;
let workspaceId: string;
let userId: string;
let now = 0;
const open: Accounts[] = [];

beforeAll(async () => {
  database = await testDatabase();
  sql = database.sql;
  workspaceId = randomUUID();
  userId = randomUUID();
  await sql`insert into workspaces values (${workspaceId}, 'w', now())`;
  await sql`insert into users (id, workspace_id, name, role, created_at) values (${userId}, ${workspaceId}, 'u', 'editor', now())`;
});
afterEach(async () => {
  for (const accounts of open.splice(0)) await accounts.close();
  now = Date.now();
});
afterAll(() => database.drop());

async function start(through: Sql = sql): Promise<Accounts> {
  now = Date.now();
  const accounts = await createAccounts(through, () => now);
  open.push(accounts);
  return accounts;
}
async function makeToken(expiresAt: number | null = null): Promise<{ id: string; secret: string }> {
  const { secret, prefix, hash } = newToken();
  const id = randomUUID();
  await sql`insert into tokens (id, workspace_id, user_id, label, prefix, hash, created_at, expires_at)
    values (${id}, ${workspaceId}, ${userId}, 't', ${prefix}, ${hash}, now(), ${expiresAt === null ? null : new Date(expiresAt)})`;
  return { id, secret };
}
const revoke = (id: string) =>
  sql.begin(async (tx) => {
    await tx`delete from tokens where id = ${id}`;
    await accessChanged(tx);
  });
const caller = () => ({ userId, userName: 'u', workspaceId, role: 'editor' as const, via: 'token' as const });
const heard = (accounts: Accounts) =>
  new Promise<void>((resolve) => {
    const stop = accounts.onChange(() => {
      stop();
      resolve();
    });
  });

test('a caller is who the token belongs to', async () => {
  const { secret } = await makeToken();
  expect(await (await start()).callerOf({ via: 'token', secret })).toEqual(caller());
});

test('a token is no session and a session is no token', async () => {
  const accounts = await start();
  const { secret } = await makeToken();
  const session = await openSession(sql, caller(), secret, now);
  expect(await accounts.callerOf({ via: 'session', secret })).toBeNull();
  expect(await accounts.callerOf({ via: 'token', secret: session!.secret })).toBeNull();
  expect(await accounts.callerOf({ via: 'session', secret: session!.secret })).toEqual({ ...caller(), via: 'session' });
});

test('within five seconds no query is made again; then it is', async () => {
  const accounts = await start();
  const { id, secret } = await makeToken();
  await accounts.callerOf({ via: 'token', secret });
  await sql`delete from tokens where id = ${id}`; // and nobody says so
  expect(await accounts.callerOf({ via: 'token', secret })).not.toBeNull();
  now += 5_001;
  expect(await accounts.callerOf({ via: 'token', secret })).toBeNull();
});

test('a revoked token is forgotten by every server on the database', async () => {
  const [one, other] = [await start(), await start()];
  const { id, secret } = await makeToken();
  for (const accounts of [one, other]) expect(await accounts.callerOf({ via: 'token', secret })).not.toBeNull();
  const both = Promise.all([heard(one), heard(other)]);
  await revoke(id);
  await both;
  for (const accounts of [one, other]) expect(await accounts.callerOf({ via: 'token', secret })).toBeNull();
});

test('an answer that was read before a change is not remembered after it', async () => {
  const { id, secret } = await makeToken();
  let letThrough = () => {};
  const gate = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  // The row is read at once, and reaches the server only when the gate opens.
  const slow = new Proxy(sql, {
    apply: (target, self, [strings, ...values]) => {
      const query = Reflect.apply(target as unknown as (...args: unknown[]) => Promise<unknown>, self, [strings, ...values]);
      if (!String(strings).includes('from tokens')) return query;
      return Promise.resolve(query).then(async (rows) => {
        isAsked();
        await gate;
        return rows;
      });
    },
  });
  const accounts = await start(slow);
  const early = accounts.callerOf({ via: 'token', secret });
  await asked;
  const change = heard(accounts);
  await revoke(id);
  await change;
  letThrough();
  await early;
  expect(await accounts.callerOf({ via: 'token', secret })).toBeNull();
});

test('a session ends after thirty days, or when it is closed', async () => {
  const accounts = await start();
  const one = (await openSession(sql, caller(), null, now))!;
  const two = (await openSession(sql, caller(), null, now))!;
  const closed = heard(accounts);
  await closeSession(sql, one.secret);
  await closed;
  expect(await accounts.callerOf({ via: 'session', secret: one.secret })).toBeNull();
  expect(await accounts.callerOf({ via: 'session', secret: two.secret })).not.toBeNull();
  now += 30 * 24 * HOUR;
  expect(await accounts.callerOf({ via: 'session', secret: two.secret })).toBeNull();
});

test('a session ends with the token that opened it: when that is revoked, and when that expires', async () => {
  const accounts = await start();
  const [revoked, expiring] = [await makeToken(), await makeToken(now + HOUR)];
  const one = (await openSession(sql, caller(), revoked.secret, now))!;
  const two = (await openSession(sql, caller(), expiring.secret, now))!;
  for (const { secret } of [one, two]) expect(await accounts.callerOf({ via: 'session', secret })).not.toBeNull();
  const change = heard(accounts);
  await revoke(revoked.id);
  await change;
  expect(await accounts.callerOf({ via: 'session', secret: one.secret })).toBeNull();
  now += HOUR - 1;
  expect(await accounts.callerOf({ via: 'session', secret: two.secret })).not.toBeNull();
  now += 1;
  expect(await accounts.callerOf({ via: 'session', secret: two.secret })).toBeNull();
});

test('no session is opened with a token that has just been revoked', async () => {
  const { id, secret } = await makeToken();
  await sql`delete from tokens where id = ${id}`;
  expect(await openSession(sql, caller(), secret, Date.now())).toBeNull();
});

test('sessions that have ended are removed when the next one opens', async () => {
  now = Date.now();
  await openSession(sql, caller(), null, now - 31 * 24 * HOUR);
  await openSession(sql, caller(), null, now);
  const [row] = await sql`select count(*)::int as ended from login_sessions where expires_at <= ${new Date(now)}`;
  expect(row?.ended).toBe(0);
});

test('a login link fits its own secret alone', () => {
  const [link, other] = [createLoginLink(), createLoginLink()];
  expect([link.fits(link.secret), link.fits(other.secret), link.fits(''), link.fits(`${link.secret} `)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
