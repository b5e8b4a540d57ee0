/**
 * Models: what a run made (a logged model), and what a team gave a name (a registered model with its versions and aliases).
 */
import { bigint, doublePrecision, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { workspaceId } from '../access/tables.ts';
import { experiments, runs } from '../tracking/tables.ts';
import { epochMs, instant, texts } from '../wire/tables.ts';

export const loggedModels = pgTable(
  'logged_models',
  {
    /** `m-` and 32 hex digits. */
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    experimentId: bigint('experiment_id', { mode: 'number' })
      .notNull()
      .references(() => experiments.id),
    /** The run that made it; null where there was none. Kept as given: it may be one of another server. */
    runId: text('run_id'),
    name: text('name').notNull(),
    modelType: text('model_type').notNull(),
    status: text('status').$type<'pending' | 'ready' | 'failed'>().notNull(),
    statusMessage: text('status_message').notNull().default(''),
    params: texts('params'),
    tags: texts('tags'),
    artifactLocation: text('artifact_location').notNull(),
    userName: text('user_name').notNull(),
    createdAt: epochMs('created_at').notNull(),
    updatedAt: epochMs('updated_at').notNull(),
    deletedAt: instant('deleted_at'),
  },
  (table) => [
    index('logged_models_newest').on(table.experimentId, sql`created_at desc`, table.id),
    index('logged_models_run').on(table.runId),
  ],
);

/**
 * What was measured of a model, by the run and the dataset that it was measured with. Every point is kept, as MLflow does: a model has few
 * of them, since a run's own series holds what was measured while it was trained.
 */
export const loggedModelMetrics = pgTable(
  'logged_model_metrics',
  {
    modelId: text('model_id')
      .notNull()
      .references(() => loggedModels.id, { onDelete: 'cascade' }),
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    key: text('key').notNull(),
    /** Empty where none was named. */
    datasetName: text('dataset_name').notNull(),
    datasetDigest: text('dataset_digest').notNull(),
    value: doublePrecision('value').notNull(),
    step: bigint('step', { mode: 'number' }).notNull(),
    time: epochMs('time').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'logged_model_metrics_points',
      columns: [table.modelId, table.key, table.runId, table.datasetName, table.datasetDigest, table.step, table.time],
    }),
    index('logged_model_metrics_key').on(table.key, table.value),
    index('logged_model_metrics_run').on(table.runId),
  ],
);

/** Models that a run read (`in`) and made (`out`). */
export const runModels = pgTable(
  'run_models',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    modelId: text('model_id')
      .notNull()
      .references(() => loggedModels.id, { onDelete: 'cascade' }),
    direction: text('direction').$type<'in' | 'out'>().notNull(),
    step: bigint('step', { mode: 'number' }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.runId, table.direction, table.modelId] }), index('run_models_model').on(table.modelId)],
);

export const registeredModels = pgTable(
  'registered_models',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    description: text('description').notNull(),
    tags: texts('tags'),
    createdAt: epochMs('created_at').notNull(),
    updatedAt: epochMs('updated_at').notNull(),
    /** The last number given to a version: one that was deleted gives its number to no other. */
    lastVersion: integer('last_version').notNull().default(0),
    deletedAt: instant('deleted_at'),
  },
  (table) => [uniqueIndex('registered_models_name').on(table.workspaceId, table.name).where(sql`deleted_at is null`)],
);

export const modelVersions = pgTable(
  'model_versions',
  {
    modelId: uuid('model_id')
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    description: text('description').notNull(),
    /** As the client gave it: `models:/m-…`, `runs:/…`, `mlflow-artifacts:/…`, `s3://…`. */
    source: text('source').notNull(),
    /** Where its files lie, found when it was made: what the source names may be renamed or deleted later. */
    location: text('location').notNull().default(''),
    /** Kept as given: a run of another server may be named too. */
    runId: text('run_id').notNull(),
    runLink: text('run_link').notNull(),
    loggedModelId: text('logged_model_id'),
    stage: text('stage').$type<'None' | 'Staging' | 'Production' | 'Archived'>().notNull(),
    status: text('status').$type<'pending' | 'ready' | 'failed'>().notNull(),
    statusMessage: text('status_message').notNull().default(''),
    tags: texts('tags'),
    userName: text('user_name').notNull(),
    createdAt: epochMs('created_at').notNull(),
    updatedAt: epochMs('updated_at').notNull(),
    deletedAt: instant('deleted_at'),
  },
  (table) => [
    primaryKey({ columns: [table.modelId, table.version] }),
    index('model_versions_run').on(table.runId),
    index('model_versions_logged').on(table.loggedModelId),
  ],
);

export const modelAliases = pgTable(
  'model_aliases',
  {
    modelId: uuid('model_id')
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    alias: text('alias').notNull(),
    version: integer('version').notNull(),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.alias] })],
);
