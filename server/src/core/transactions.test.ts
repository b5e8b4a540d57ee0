import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql, TransactionSql } from 'postgres';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/index.ts';
import { postgres } from './driver.ts';
import { safeTransactions } from './transactions.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await testDatabase();
  // One connection: whoever comes next gets the one that was lost, made anew.
  sql = safeTransactions(postgres(database.url, { max: 1, backoff: () => 0.05, connect_timeout: 2, onnotice: () => {} }));
  await database.sql`create table said (word text not null)`;
});
beforeEach(async () => {
  await database.sql`truncate said`;
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

const words = async () => (await database.sql<{ word: string }[]>`select word from said`).map(({ word }) => word);
/** Ends the connection of this transaction from outside, and waits until the driver knows it. */
const cut = async (pid: number) => {
  await database.sql`select pg_terminate_backend(${pid})`;
  await sleep(50); // the end of a socket is seen by nobody but its own process
};
const pidOf = async (tx: TransactionSql) => (await tx<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid ?? 0;

test('a transaction whose connection is lost between two statements says no more, and nothing of it is stored', async () => {
  const lost = sql.begin(async (tx) => {
    await tx`insert into said values ('one')`;
    await cut(await pidOf(tx));
    await tx`insert into said values ('two')`;
  });
  await expect(lost).rejects.toMatchObject({ code: expect.stringMatching(/57P01|CONNECTION_CLOSED/) });
  expect(await sql`select 1 as one`).toMatchObject([{ one: 1 }]);
  expect(await words()).toEqual([]);
});

test('what it would have said next does not land amid the transaction that comes after it', async () => {
  let isCut = () => {};
  const wasCut = new Promise<void>((resolve) => {
    isCut = resolve;
  });
  let nextHasBegun = () => {};
  const next = new Promise<void>((resolve) => {
    nextHasBegun = resolve;
  });
  const lost = sql.begin(async (tx) => {
    await tx`insert into said values ('lost')`;
    await cut(await pidOf(tx));
    isCut();
    await next;
    await tx`insert into said values ('stray')`;
  });
  lost.catch(() => {});
  await wasCut;
  await sql.begin(async (tx) => {
    await tx`insert into said values ('first')`;
    nextHasBegun();
    await sleep(50); // room for the stray statement
    await tx`insert into said values ('second')`;
  });
  await expect(lost).rejects.toBeDefined();
  expect(await words()).toEqual(['first', 'second']);
});

test('one that is lost before its commit is not taken for committed', async () => {
  const lost = sql.begin(async (tx) => {
    await tx`insert into said values ('one')`;
    await cut(await pidOf(tx));
    return 'done';
  });
  await expect(lost).rejects.toBeDefined();
  expect(await words()).toEqual([]);
});

test('a connection that is cut in the middle of a statement serves later transactions', async () => {
  const lost = sql.begin(async (tx) => {
    const pid = await pidOf(tx);
    const asleep = tx`select pg_sleep(10)`;
    await Promise.all([asleep, database.sql`select pg_terminate_backend(${pid})`]);
  });
  await expect(lost).rejects.toBeDefined();
  await sql.begin((tx) => tx`insert into said values ('next')`);
  expect(await words()).toEqual(['next']);
});

test('a connection that dies while statements are on their way is soon back', async () => {
  for (let round = 0; round < 5; round++) {
    const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    void database.sql`select pg_terminate_backend(${row?.pid ?? 0})`.execute();
    // One in each turn of the loop: some are written just before the socket's end is seen, some just after.
    const errors: unknown[] = [];
    // At least until one has met it: on a busy machine Postgres takes its time to end.
    for (const began = performance.now(); performance.now() - began < (errors.length > 0 ? 60 : 3_000); ) {
      sql`select 1`.catch((error: unknown) => errors.push(error));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = performance.now();
    await sql`select 1`;
    expect(performance.now() - before, 'ms, well below the driver waiting for its own timer').toBeLessThan(1_500);
  }
});

test('an error of the work itself rolls back and is told as it is', async () => {
  const mine = new Error('mine');
  const failed = sql.begin(async (tx) => {
    await tx`insert into said values ('one')`;
    throw mine;
  });
  await expect(failed).rejects.toBe(mine);
  const wrong = sql.begin((tx) => tx`insert into said values (null)`);
  await expect(wrong).rejects.toMatchObject({ code: '23502' });
  expect(await words()).toEqual([]);
  expect(await sql.begin(async (tx) => (await tx`insert into said values ('kept') returning word`)[0])).toEqual({ word: 'kept' });
});
