/**
 * Experiments, runs, series of points, artifacts, and who has written how far.
 *
 * A series is a summary row that tables and search read, and chunks: columns of its points, encoded as server/src/tracking/chunks.ts says.
 */

import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { users, workspaceId } from '../access/tables.ts';
import type { ErrorInfo } from '../design/execution.ts';
import { notebooks } from '../design/tables.ts';
import { bytea, epochMs, instant, texts } from '../wire/tables.ts';
import type { ArtifactKind } from './artifacts.ts';
import type { Run, RunSource, RunStatus } from './run.ts';

export const experiments = pgTable(
  'experiments',
  {
    /** 0 is `Default` of the first workspace; the others count from 1. */
    id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity({ minValue: 0, startWith: 1 }),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    description: text('description').notNull(),
    tags: texts('tags'),
    /** Where MLflow clients put what its runs make; null: this server, `mlflow-artifacts:/<id>`. */
    artifactLocation: text('artifact_location'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    deletedAt: instant('deleted_at'),
  },
  (table) => [
    // A deleted experiment gives its name free: a notebook that logs under it again must not be turned away.
    uniqueIndex('experiments_name').on(table.workspaceId, table.name).where(sql`deleted_at is null`),
  ],
);

export const runs = pgTable(
  'runs',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    experimentId: bigint('experiment_id', { mode: 'number' })
      .notNull()
      .references(() => experiments.id),
    parentRunId: uuid('parent_run_id'),
    name: text('name').notNull(),
    /** The name that the creation asked for; null where the server chose one. A creation that is repeated is compared with it. */
    askedName: text('asked_name'),
    status: text('status').$type<RunStatus>().notNull(),
    startedAt: epochMs('started_at').notNull(),
    endedAt: epochMs('ended_at'),
    /** The server's clock: when its process was last heard of. */
    heartbeatAt: epochMs('heartbeat_at').notNull(),
    /** Its process says now and then that it lives: silence means something. */
    beats: boolean('beats').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    userName: text('user_name').notNull(),
    notes: text('notes').notNull(),
    tags: texts('tags'),
    params: texts('params'),
    source: jsonb('source').$type<RunSource>().notNull(),
    sessionId: uuid('session_id'),
    executionId: uuid('execution_id'),
    notebookId: uuid('notebook_id').references(() => notebooks.id),
    error: jsonb('error').$type<ErrorInfo>(),
    /** Of the last verification that ended with one. */
    verdict: jsonb('verdict').$type<Run['verdict']>(),
    artifactCount: integer('artifact_count').notNull().default(0),
    /** Out of sight in lists, but whole: a team's way to tidy up without taking anything away. */
    archivedAt: instant('archived_at'),
    deletedAt: instant('deleted_at'),
  },
  (table) => [
    // With archived_at, so that the runs of an experiment are counted without a look at each of them.
    index('runs_newest').on(table.experimentId, sql`started_at desc`, table.id, table.archivedAt).where(sql`deleted_at is null`),
    index('runs_newest_of_all').on(table.workspaceId, sql`started_at desc`, table.id, table.archivedAt).where(sql`deleted_at is null`),
    index('runs_deleted').on(table.workspaceId, sql`started_at desc`, table.id).where(sql`deleted_at is not null`),
    index('runs_notebook').on(table.notebookId, sql`started_at desc`),
    index('runs_parent').on(table.parentRunId).where(sql`parent_run_id is not null`),
    index('runs_execution').on(table.executionId).where(sql`execution_id is not null`),
    index('runs_session').on(table.sessionId).where(sql`session_id is not null`),
    index('runs_running').on(table.heartbeatAt).where(sql`status = 'running'`),
    index('runs_params').using('gin', sql`params jsonb_path_ops`),
    index('runs_tags').using('gin', sql`tags jsonb_path_ops`),
    // For text in the middle of a name or of notes: by the three letters that it holds (pg_trgm).
    index('runs_words').using('gin', sql`name gin_trgm_ops`, sql`notes gin_trgm_ops`),
    // Whose run it is, in the words of server/src/tracking/search/sqlValues.ts (userIn).
    index('runs_user')
      .on(table.workspaceId, sql`coalesce(nullif(nullif(source ->> 'user', ''), 'unknown'), user_name) collate "C"`)
      .where(sql`deleted_at is null`),
    index('runs_archived').on(table.workspaceId, sql`started_at desc`, table.id).where(sql`archived_at is not null and deleted_at is null`),
  ],
);

export const series = pgTable(
  'series',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    key: text('key').notNull(),
    /** Copied from the run, where it never changes: search orders an experiment's runs by this table alone. */
    experimentId: bigint('experiment_id', { mode: 'number' }).notNull(),
    /** Of the point with the greatest (step, time, value). */
    last: doublePrecision('last').notNull(),
    lastStep: bigint('last_step', { mode: 'number' }).notNull(),
    lastTime: epochMs('last_time').notNull(),
    /** Of the finite values; NaN where there is none. */
    min: doublePrecision('min').notNull(),
    max: doublePrecision('max').notNull(),
    count: bigint('count', { mode: 'number' }).notNull(),
    /** Chunks that wait to be joined into larger ones. */
    small: integer('small').notNull(),
  },
  (table) => [uniqueIndex('series_run').on(table.runId, table.key), index('series_order').on(table.experimentId, table.key, table.last)],
);

export const chunks = pgTable(
  'chunks',
  {
    seriesId: bigint('series_id', { mode: 'number' })
      .notNull()
      .references(() => series.id, { onDelete: 'cascade' }),
    /** In order of arrival, within the series. */
    seq: bigint('seq', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    firstStep: bigint('first_step', { mode: 'number' }).notNull(),
    lastStep: bigint('last_step', { mode: 'number' }).notNull(),
    n: integer('n').notNull(),
    payload: bytea('payload').notNull(),
    /** Means and bands of each 64 points; null for a chunk that is read faster as it is. */
    zoom: bytea('zoom'),
  },
  (table) => [primaryKey({ columns: [table.seriesId, table.seq] })],
);

export const artifacts = pgTable(
  'artifacts',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    path: text('path').notNull(),
    workspaceId: workspaceId(),
    kind: text('kind').$type<ArtifactKind>().notNull(),
    /** bytes */
    size: bigint('size', { mode: 'number' }).notNull(),
    digest: text('digest').notNull(),
    mediaType: text('media_type').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    // Of the path's hash: an index entry has room for 2,700 bytes, a path may have more.
    uniqueIndex('artifacts_path').on(table.runId, sql`md5(path)`),
    // For the artifacts below a folder: whether there are any is asked with each new path.
    index('artifacts_folder').on(table.runId, sql`left(path, 512) collate "C"`),
    index('artifacts_digest').on(table.digest),
  ],
);

/** A process (or a spool that outlives it) that numbers its batches. */
export const writers = pgTable('writers', {
  id: uuid('id').primaryKey(),
  workspaceId: workspaceId(),
  userId: uuid('user_id').notNull(),
  /** Number of the last batch that was stored. */
  seq: bigint('seq', { mode: 'number' }).notNull(),
  updatedAt: instant('updated_at').notNull(),
});

/** Files of the workspace that belong to no run: those of logged models, and whatever else a client puts under a path of its own. */
export const files = pgTable(
  'files',
  {
    workspaceId: workspaceId(),
    /** Clean and relative: `4/models/m-0123…/artifacts/MLmodel`. */
    path: text('path').notNull(),
    /** bytes */
    size: bigint('size', { mode: 'number' }).notNull(),
    digest: text('digest').notNull(),
    mediaType: text('media_type').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('files_path').on(table.workspaceId, sql`md5(path)`),
    // For the files below a folder, in the order of their bytes.
    index('files_folder').on(table.workspaceId, sql`left(path, 512) collate "C"`),
    index('files_digest').on(table.digest),
  ],
);

/**
 * Folders whose files never change again: those of models that a version was made of. What lay there then is written down with who had
 * stored it, so that what was evaluated, approved and trusted is what is loaded.
 */
export const frozenFolders = pgTable(
  'frozen_folders',
  {
    workspaceId: workspaceId(),
    /** Null: among the files of the workspace. */
    runId: uuid('run_id').references(() => runs.id, { onDelete: 'cascade' }),
    path: text('path').notNull(),
    /** Paths are relative to the folder. */
    files: jsonb('files').$type<{ path: string; digest: string; size: number; userName: string }[]>().notNull(),
    frozenAt: instant('frozen_at').notNull(),
  },
  (table) => [uniqueIndex('frozen_folders_path').on(table.workspaceId, sql`md5(path)`, sql`coalesce(run_id::text, '')`)],
);

/** A large file that arrives in parts, each acknowledged on its own, so that a broken upload goes on where it stopped. */
export const uploads = pgTable(
  'uploads',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid('user_id').notNull(),
    /** Null: a file of the workspace. */
    runId: uuid('run_id').references(() => runs.id, { onDelete: 'cascade' }),
    path: text('path').notNull(),
    kind: text('kind').$type<ArtifactKind>().notNull(),
    mediaType: text('media_type').notNull(),
    /** SHA-256 of a secret that lets parts be sent without a token, as clients of object stores do; null: only with a token. */
    keyDigest: text('key_digest'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Completed or given up; the row stays for a while, so that a question that is asked again gets the same answer. */
    endedAt: instant('ended_at'),
    /** Of the whole, once it is stored; null where the upload was given up. */
    digest: text('digest'),
  },
  (table) => [index('uploads_oldest').on(table.updatedAt)],
);

export const uploadParts = pgTable(
  'upload_parts',
  {
    uploadId: uuid('upload_id')
      .notNull()
      .references(() => uploads.id, { onDelete: 'cascade' }),
    /** From 1 on. */
    number: integer('number').notNull(),
    /** bytes */
    size: bigint('size', { mode: 'number' }).notNull(),
    /** SHA-256: a part is a blob until the whole is there. */
    digest: text('digest').notNull(),
  },
  (table) => [primaryKey({ columns: [table.uploadId, table.number] }), index('upload_parts_digest').on(table.digest)],
);

/** What a run read, as its logger described it: a name, a digest, and where it lay. The same description is kept once an experiment. */
export const loggedDatasets = pgTable(
  'logged_datasets',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    experimentId: bigint('experiment_id', { mode: 'number' })
      .notNull()
      .references(() => experiments.id),
    name: text('name').notNull(),
    digest: text('digest').notNull(),
    sourceType: text('source_type').notNull(),
    source: text('source').notNull(),
    /** JSON as the client wrote it; null where it sent none. */
    schema: text('schema'),
    profile: text('profile'),
  },
  (table) => [uniqueIndex('logged_datasets_name').on(table.experimentId, table.name, table.digest)],
);

export const runInputs = pgTable(
  'run_inputs',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    datasetId: uuid('dataset_id')
      .notNull()
      .references(() => loggedDatasets.id),
    tags: texts('tags'),
    /** In the order in which they were logged. */
    seq: bigint('seq', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.datasetId] }), index('run_inputs_dataset').on(table.datasetId)],
);
