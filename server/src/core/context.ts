/**
 * What every operation gets: the services that `main.ts` built once, and who is calling.
 * Rooms take these as arguments; nothing in the server reaches for a global.
 */
import type { Role } from '@cellkeep/schema/access';
import type { Logger } from 'pino';
import type { Sql, TransactionSql } from 'postgres';
import type { BlobStore } from './blobs.ts';
import type { DiskSpace } from './diskSpace.ts';
import type { Live } from './live.ts';

/** A connection pool or a transaction: what a query function needs. */
export type Db = Sql | TransactionSql;

export interface Services {
  sql: Sql;
  blobs: BlobStore;
  live: Live;
  log: Logger;
  /** Milliseconds since the epoch; tests set it. */
  now: () => number;
  version: string;
  startedAt: number;
  /** The disk that Postgres writes to; absent where another machine keeps it. */
  disk?: DiskSpace;
}

export interface Caller {
  userId: string;
  userName: string;
  workspaceId: string;
  role: Role;
  /** How the caller proved who it is: cookies need CSRF and Origin checks, tokens do not. */
  via: 'token' | 'session';
}

export interface CallContext extends Services {
  caller: Caller;
  requestId: string;
}
