/**
 * One Postgres for a whole test run, with a template database that has the newest tables: each test file clones it in some 30 ms.
 * It is the real one without its waits for the disk, which no test looks at (test/faults starts servers of its own).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';

import type { TestProject } from 'vitest/node';
import { postgres } from '../core/driver.ts';
import { migrate } from '../core/migrate.ts';
import { SUPERUSER, startEmbedded } from '../core/postgresEmbedded.ts';

export const TEMPLATE = 'cellkeep_template';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the run's Postgres, without a database. */
    postgres: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'cellkeep-test-'));
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  };
  const embedded = await startEmbedded({ home, log: pino({ level: 'silent' }), settings });
  const address = `postgres://${SUPERUSER}@127.0.0.1:${port}`;
  await makeTemplate(address);
  project.provide('postgres', address);
  return async () => {
    await embedded.stop();
    rmSync(home, { recursive: true, force: true });
  };
}

async function makeTemplate(address: string): Promise<void> {
  const first = postgres(`${address}/postgres`, { max: 1 });
  await first`create database ${first(TEMPLATE)}`;
  await first.end();
  const sql = postgres(`${address}/${TEMPLATE}`, { max: 1, onnotice: () => {} });
  await migrate(sql);
  await sql.end();
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
