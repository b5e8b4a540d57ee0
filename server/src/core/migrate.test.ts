import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/index.ts';
import { migrate, readMigrations } from './migrate.ts';
import { PlainError } from './plainError.ts';

let database: TestDatabase;
let sql: Sql;
beforeEach(async () => {
  database = await testDatabase();
  sql = database.sql;
  await sql.unsafe('drop schema public cascade; drop schema drizzle cascade; create schema public'); // as on the first start
});
afterEach(() => database.drop());

const migration = (tag: string, when: number, text: string) => ({ tag, when, text, hash: createHash('sha256').update(text).digest('hex') });
const ONE = migration('0000_one', 1_000, 'create table one (id int);--> statement-breakpoint\ncreate index on one (id);');
const TWO = migration('0001_two', 2_000, 'create table two (id int);');
const tables = async () => {
  const rows = await sql<
    { name: string }[]
  >`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`;
  return rows.map((row) => row.name);
};

test('an empty database gets every migration of the program, once', async () => {
  const tags = readMigrations().map(({ tag }) => tag);
  expect(await migrate(sql)).toEqual(tags);
  expect(await tables()).toEqual(expect.arrayContaining(['users', 'tokens', 'events']));
  expect(await migrate(sql)).toEqual([]);
});

test('a database that is behind gets what it lacks', async () => {
  expect(await migrate(sql, [ONE])).toEqual(['0000_one']);
  expect(await migrate(sql, [ONE, TWO])).toEqual(['0001_two']);
  expect(await tables()).toEqual(['one', 'two']);
});

test('of several servers that start at once, one migrates and the others wait for it', async () => {
  const applied = await Promise.all(Array.from({ length: 6 }, () => migrate(sql, [ONE, TWO])));
  expect(applied.filter((tags) => tags.length > 0)).toEqual([['0000_one', '0001_two']]);
  const [row] = await sql`select count(*)::int as recorded from drizzle.__drizzle_migrations`;
  expect(row?.recorded).toBe(2);
});

test('a migration that fails leaves the database as it was', async () => {
  const broken = migration('0001_broken', 2_000, 'create table half (id int);--> statement-breakpoint\ncreate table one (id int);');
  await migrate(sql, [ONE]);
  await expect(migrate(sql, [ONE, broken])).rejects.toMatchObject({ code: '42P07' });
  expect(await tables()).toEqual(['one']);
  expect(await migrate(sql, [ONE, TWO])).toEqual(['0001_two']);
});

test('a database of a newer program is left alone, with a line that says what to do', async () => {
  await migrate(sql, [ONE, TWO]);
  const refused = migrate(sql, [ONE]);
  await expect(refused).rejects.toThrow(
    'the database was written by a newer Cellkeep: update this one, or start with another --home or DATABASE_URL',
  );
  await expect(refused).rejects.toBeInstanceOf(PlainError);
});

test('a migration that is not the one that was applied is refused', async () => {
  await migrate(sql, [ONE, TWO]);
  const edited = migration(ONE.tag, ONE.when, `${ONE.text} -- edited later`);
  await expect(migrate(sql, [edited, TWO])).rejects.toThrow('written by another build of Cellkeep');
});

test('the migrations of the program are in the order of their times, and none is empty', () => {
  const all = readMigrations();
  expect(all.map(({ when }) => when)).toEqual(all.map(({ when }) => when).sort((a, b) => a - b));
  for (const { text } of all) for (const statement of text.split('--> statement-breakpoint')) expect(statement.trim()).not.toBe('');
});
