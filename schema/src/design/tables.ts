/** Notebooks, the processes that ran them, and every execution. Times that a client's clock gave are kept as it gave them. */

import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { users, workspaceId, workspaces } from '../access/tables.ts';
import { bytea, epochMs, instant } from '../wire/tables.ts';
import type { CheckpointInput } from './checkpoint.ts';
import type { ErrorInfo, ExecutionInput, Flow, SessionInput } from './execution.ts';
import type { Environment, KernelRecord, NotebookDocument, PartKind, SnapshotInput } from './snapshot.ts';
import type { Verdict, VerdictFindings, VerifyOptions } from './verdict.ts';

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
    flow: jsonb('flow').$type<Flow>(),
    /** Digests (hex) of its outputs' parts. */
    outputs: text('outputs').array().notNull().default(sql`'{}'`),
  },
  (table) => [
    index('executions_session').on(table.sessionId, table.order),
    index('executions_cell').on(table.workspaceId, table.cellId).where(sql`cell_id is not null`),
  ],
);

/**
 * Cells, outputs, diffs and kept variables by the digest of their bytes, once a workspace. Small ones stand here (`body`), since a file
 * and its fsync each would cost more than they hold; larger ones are blobs of the same digest (`body` null).
 */
export const parts = pgTable(
  'parts',
  {
    workspaceId: workspaceId(),
    digest: bytea('digest').notNull(),
    kind: text('kind').$type<PartKind>().notNull(),
    /** bytes */
    size: bigint('size', { mode: 'number' }).notNull(),
    body: bytea('body'),
    /** Put last: one that nothing names may go only a day after. */
    putAt: instant('put_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.digest] }), index('parts_blobs').on(table.digest).where(sql`body is null`)],
);

export const environments = pgTable(
  'environments',
  {
    workspaceId: workspaceId(),
    digest: bytea('digest').notNull(),
    body: jsonb('body').$type<Environment>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.digest] })],
);

export const snapshots = pgTable(
  'snapshots',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    notebookId: uuid('notebook_id').references(() => notebooks.id),
    sessionId: uuid('session_id'),
    reason: text('reason').$type<SnapshotInput['reason']>().notNull(),
    label: text('label').notNull(),
    takenAt: epochMs('taken_at').notNull(),
    lastOrder: integer('last_order'),
    /** The kernel's half; null while only the document has arrived, or for good where no bridge was in the kernel. */
    kernel: jsonb('kernel').$type<KernelRecord>(),
    documentFrom: text('document_from').$type<NotebookDocument['takenFrom']>(),
    /** The manifest: deflated JSON of a NotebookDocument. */
    document: bytea('document'),
    /** Of the manifest without `takenFrom` and warnings: equal snapshots are found without reading them. */
    documentDigest: bytea('document_digest'),
    cellCount: integer('cell_count').notNull().default(0),
    findingCount: integer('finding_count').notNull().default(0),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    index('snapshots_notebook').on(table.notebookId, sql`taken_at desc`, table.id),
    index('snapshots_session').on(table.sessionId, sql`taken_at desc`).where(sql`session_id is not null`),
    index('snapshots_newest').on(table.workspaceId, sql`taken_at desc`, table.id),
  ],
);

/** Of one cell many runs may start while nothing changes: they share a snapshot. */
export const runSnapshots = pgTable(
  'run_snapshots',
  {
    runId: uuid('run_id').notNull(),
    snapshotId: uuid('snapshot_id')
      .notNull()
      .references(() => snapshots.id, { onDelete: 'cascade' }),
    reason: text('reason').$type<SnapshotInput['reason']>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.snapshotId, table.reason] }), index('run_snapshots_snapshot').on(table.snapshotId)],
);

export const verdicts = pgTable(
  'verdicts',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    runId: uuid('run_id'),
    snapshotId: uuid('snapshot_id').references(() => snapshots.id),
    scheduleId: uuid('schedule_id'),
    status: text('status').$type<Verdict['status']>().notNull(),
    where: text('where').$type<Verdict['where']>().notNull(),
    options: jsonb('options').$type<VerifyOptions>().notNull(),
    progress: jsonb('progress').$type<Verdict['progress']>().notNull(),
    findings: jsonb('findings').$type<VerdictFindings>(),
    cancelAsked: boolean('cancel_asked').notNull().default(false),
    /** Of the process that works on it: one that is silent for a minute has lost it. */
    heartbeatAt: instant('heartbeat_at'),
    askedAt: instant('asked_at').notNull(),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
  },
  (table) => [
    index('verdicts_run').on(table.runId, sql`asked_at desc`),
    index('verdicts_newest').on(table.workspaceId, sql`asked_at desc`, table.id),
    index('verdicts_open').on(table.status, table.askedAt).where(sql`status in ('queued', 'running')`),
  ],
);

export const verifySchedules = pgTable(
  'verify_schedules',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    runId: uuid('run_id').notNull(),
    everyHours: integer('every_hours').notNull(),
    options: jsonb('options').$type<VerifyOptions>().notNull(),
    nextAt: instant('next_at').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [index('verify_schedules_next').on(table.nextAt), index('verify_schedules_run').on(table.runId)],
);

export const checkpoints = pgTable(
  'checkpoints',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    sessionId: uuid('session_id').notNull(),
    notebookId: uuid('notebook_id').references(() => notebooks.id),
    snapshotId: uuid('snapshot_id'),
    label: text('label').notNull(),
    takenAt: epochMs('taken_at').notNull(),
    python: text('python').notNull(),
    variables: jsonb('variables').$type<CheckpointInput['variables']>().notNull(),
  },
  (table) => [
    index('checkpoints_notebook').on(table.notebookId, sql`taken_at desc`, table.id),
    index('checkpoints_newest').on(table.workspaceId, sql`taken_at desc`, table.id),
  ],
);
