import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/index.ts';
import { withinTime } from './withinTime.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test('a search that takes too long is cancelled in Postgres, and says what to do', async () => {
  const { sql } = database;
  const error = await withinTime(sql`select pg_sleep(60)`, 50).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    status: 503,
    data: { issues: [{ field: 'filter', reason: expect.stringContaining('longer') }] },
  });
  const [row] =
    await sql`select count(*)::int as n from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`;
  expect(row).toEqual({ n: 0 });
});

test('one that answers in time is not cancelled, and its own errors stay', async () => {
  expect(await withinTime(database.sql`select 1 as one`, 10_000)).toEqual([{ one: 1 }]);
  await expect(withinTime(database.sql`select 1 / 0`, 10_000)).rejects.toThrow('division by zero');
});
