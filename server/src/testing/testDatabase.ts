import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';

import { inject } from 'vitest';
import { postgres } from '../core/driver.ts';
import { TEMPLATE } from './postgresOfRun.ts';

export interface TestDatabase {
  /** For `databaseUrl`. */
  url: string;
  /** A pool of the test's own. */
  sql: Sql;
  /** Drops the database, after a look at who still holds a connection: that is a leak, and an error. */
  drop: () => Promise<void>;
}

/** An empty database with the newest tables, cloned from the run's template. */
export async function testDatabase(): Promise<TestDatabase> {
  const address = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = postgres(`${address}/postgres`, { max: 1 });
  await admin`create database ${admin(name)} template ${admin(TEMPLATE)}`;
  const url = `${address}/${name}`;
  const sql = postgres(url, { max: 4, onnotice: () => {} });
  return {
    url,
    sql,
    async drop() {
      await sql.end({ timeout: 5 });
      const left = await whoStays(admin, name);
      await admin`drop database ${admin(name)} with (force)`;
      await admin.end();
      if (left.length > 0) throw new Error(`connections were left open: ${left.join('; ')}`);
    },
  };
}

/** Postgres needs a moment to see that a connection has been closed. */
async function whoStays(admin: Sql, name: string): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const rows = await admin<{ query: string }[]>`
      select query from pg_stat_activity where datname = ${name} and backend_type = 'client backend'`;
    if (rows.length === 0 || tries === 100) return rows.map(({ query }) => query);
    await sleep(20);
  }
}
