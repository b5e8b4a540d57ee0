/** The pool of connections: to the embedded Postgres, or to the one that DATABASE_URL names. */
import type { Logger } from 'pino';
import type { Notice, Sql } from 'postgres';
import { postgres } from './driver.ts';
import { codeOf, PlainError } from './plainError.ts';
import { type EmbeddedPostgres, findEmbedded, SUPERUSER, startEmbedded } from './postgresEmbedded.ts';
import { safeTransactions } from './transactions.ts';

const OLDEST = 150_000;

export interface Database {
  sql: Sql;
  /** The embedded Postgres that this process keeps; null where another server or another machine keeps it. */
  embedded: EmbeddedPostgres | null;
  /** For processes of this server that connect themselves; a secret. A folder with a socket stands in it as `?host=/folder`. */
  url: string;
  /** Ends the pool, then the embedded Postgres. */
  close: () => Promise<void>;
}

export interface PoolOptions {
  /** connections */
  max?: number;
  log: Logger;
}

/** Starts the embedded Postgres of this home; the caller holds its lock. */
export async function openEmbedded(home: string, options: PoolOptions & { settings?: Record<string, string> }): Promise<Database> {
  const embedded = await startEmbedded({ home, log: options.log, settings: options.settings });
  try {
    const sql = await joinEmbedded(embedded, options);
    return { sql, embedded, url: socketUrl(embedded), close: () => sql.end({ timeout: 1 }).then(embedded.stop) };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** Connects to the Postgres of a server that runs on this home now. */
export async function attachEmbedded(home: string, options: PoolOptions): Promise<Database> {
  const found = findEmbedded(home);
  if (!found) throw new PlainError(`the server on ${home} is just starting or stopping: try again`);
  const sql = await joinEmbedded(found, options);
  return { sql, embedded: null, url: socketUrl(found), close: () => sql.end({ timeout: 1 }) };
}

/** Connects to a Postgres that somebody else keeps. */
export async function openUrl(url: string, options: PoolOptions): Promise<Database> {
  let sql: Sql;
  try {
    sql = safeTransactions(postgres(url, poolOptions(options)));
  } catch (error) {
    throw new PlainError(`DATABASE_URL is no address of a Postgres (postgres://user:password@host:5432/database): ${String(error)}`);
  }
  try {
    const [row] = await sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`;
    if (!row || row.version < OLDEST) throw new PlainError(`the Postgres of DATABASE_URL is older than 15: upgrade it, or name another`);
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error instanceof PlainError ? error : unreachable(sql, error);
  }
  return { sql, embedded: null, url, close: () => sql.end({ timeout: 1 }) };
}

const socketUrl = ({ socketFolder, port }: Pick<EmbeddedPostgres, 'socketFolder' | 'port'>) =>
  `postgres://${SUPERUSER}@localhost:${port}/cellkeep?host=${encodeURIComponent(socketFolder)}`;

function unreachable(sql: Sql, error: unknown): PlainError {
  const where = `${sql.options.host.join(',')}:${sql.options.port.join(',')}`;
  const said = `${codeOf(error)} ${error instanceof Error ? error.message : ''}`.trim();
  return new PlainError(`the Postgres of DATABASE_URL at ${where} does not let us in (${said}): start it, or correct DATABASE_URL`);
}

async function joinEmbedded({ socketFolder, port }: { socketFolder: string; port: number }, options: PoolOptions): Promise<Sql> {
  const to = (database: string) =>
    safeTransactions(postgres({ ...poolOptions(options), host: socketFolder, port, database, username: SUPERUSER }));
  const sql = to('cellkeep');
  try {
    await sql`select 1`;
    return sql;
  } catch (error) {
    await sql.end({ timeout: 0 });
    if (codeOf(error) !== '3D000') throw error; // no such database: the first start
  }
  const first = to('postgres');
  await first`create database cellkeep`.finally(() => first.end({ timeout: 1 }));
  return to('cellkeep');
}

function poolOptions({ max = 10, log }: PoolOptions) {
  return {
    max,
    connect_timeout: 10,
    // Postgres that starts again after a crash is soon back: try at once, then ever slower, at most each second.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    connection: { application_name: 'cellkeep' },
    onnotice: (notice: Notice) => log.debug({ notice: notice.message }, 'Postgres says'),
  };
}
