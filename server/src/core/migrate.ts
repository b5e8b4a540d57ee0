/**
 * Brings the database to the tables of this program, in one transaction under a lock: of several servers that start at once, one does it
 * and the others wait. Migrations are drizzle-kit's numbered files, and the record of them is kept in drizzle's own table.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Sql, TransactionSql } from 'postgres';
import { PlainError } from './plainError.ts';

const FOLDER = new URL('../../../schema/migrations/', import.meta.url);
/** "cellkeep" as a number, so that no other program on this database takes the same lock. */
const LOCK = 0x63656c6c;

interface Migration {
  tag: string;
  /** Milliseconds since the epoch; orders the migrations. */
  when: number;
  text: string;
  hash: string;
}

/** @returns names of the migrations that were applied now */
export async function migrate(sql: Sql, migrations: Migration[] = readMigrations()): Promise<string[]> {
  if (await isCurrent(sql, migrations)) return [];
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    await tx`create schema if not exists drizzle`;
    await tx`create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;
    const pending = missing(await applied(tx), migrations);
    for (const { text, hash, when } of pending) {
      for (const statement of text.split('--> statement-breakpoint')) await tx.unsafe(statement);
      await tx`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${when})`;
    }
    return pending.map(({ tag }) => tag);
  });
}

export function readMigrations(): Migration[] {
  const journal = JSON.parse(readFileSync(new URL('meta/_journal.json', FOLDER), 'utf8')) as { entries: { tag: string; when: number }[] };
  return journal.entries.map(({ tag, when }) => {
    const text = readFileSync(new URL(`${tag}.sql`, FOLDER), 'utf8');
    return { tag, when, text, hash: createHash('sha256').update(text).digest('hex') };
  });
}

/** The usual start: one query, no lock. */
async function isCurrent(sql: Sql, migrations: Migration[]): Promise<boolean> {
  const [row] = await sql<{ there: boolean }[]>`select to_regclass('drizzle.__drizzle_migrations') is not null as there`;
  return row?.there === true && missing(await applied(sql), migrations).length === 0;
}

async function applied(db: Sql | TransactionSql): Promise<Map<number, string>> {
  const rows = await db<{ hash: string; when: string }[]>`select hash, created_at as when from drizzle.__drizzle_migrations`;
  return new Map(rows.map(({ hash, when }) => [Number(when), hash]));
}

function missing(done: Map<number, string>, migrations: Migration[]): Migration[] {
  const known = new Map(migrations.map(({ when, hash }) => [when, hash]));
  for (const [when, hash] of done) {
    if (known.get(when) === hash) continue;
    const newer = when > (migrations.at(-1)?.when ?? 0);
    throw new PlainError(
      newer
        ? 'the database was written by a newer Cellkeep: update this one, or start with another --home or DATABASE_URL'
        : 'the database was written by another build of Cellkeep: use that one, or start with another --home or DATABASE_URL',
    );
  }
  return migrations.filter(({ when }) => !done.has(when));
}
