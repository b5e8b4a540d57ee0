/** Notebooks, the processes that ran them, and every execution. Times that a client's clock gave are kept as it gave them. */

import { bigint, doublePrecision, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { users, workspaces } from '../access/tables.ts';
import { epochMs, instant } from '../wire/tables.ts';
import type { ErrorInfo, ExecutionInput, SessionInput } from './contract.ts';

/**
 * A notebook of one user. Its id stays when its path changes; the path that it left is free for another one. One whose place another
 * notebook has taken (moved onto it) is `replaced`: it keeps its runs and its last path, and is found there no more.
 */
export const notebooks = pgTable(
  'notebooks',
  {
    id: uuid('id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    path: text('path').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    replacedAt: instant('replaced_at'),
  },
  (table) => [
    // Of the path's hash: an index entry has room for 2,700 bytes, a path may have more.
    uniqueIndex('notebooks_path').on(table.workspaceId, sql`md5(path)`, table.userId).where(sql`replaced_at is null`),
    index('notebooks_newest').on(table.workspaceId, table.updatedAt),
  ],
);

export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    userId: uuid('user_id').notNull(),
    notebookId: uuid('notebook_id').references(() => notebooks.id),
    /** The notebook that it belonged to before its kernel said that it is elsewhere: that one may follow. */
    cameFrom: uuid('came_from'),
    kind: text('kind').$type<SessionInput['kind']>().notNull(),
    script: text('script'),
    kernel: text('kernel').notNull(),
    python: text('python').notNull(),
    host: text('host').notNull(),
    pid: bigint('pid', { mode: 'number' }).notNull(),
    startedAt: epochMs('started_at').notNull(),
    endedAt: epochMs('ended_at'),
  },
  (table) => [index('sessions_notebook').on(table.notebookId, table.startedAt)],
);

export const executions = pgTable(
  'executions',
  {
    id: uuid('id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id),
    cellId: text('cell_id'),
    /** 0, 1, 2 … within the session. */
    order: integer('order').notNull(),
    executionCount: integer('execution_count'),
    source: text('source').notNull(),
    startedAt: epochMs('started_at').notNull(),
    durationMs: doublePrecision('duration_ms'),
    status: text('status').$type<ExecutionInput['status']>().notNull(),
    error: jsonb('error').$type<ErrorInfo>(),
    reads: text('reads').array().notNull(),
    writes: text('writes').array().notNull(),
  },
  (table) => [
    index('executions_session').on(table.sessionId, table.order),
    index('executions_cell').on(table.workspaceId, table.cellId).where(sql`cell_id is not null`),
  ],
);
