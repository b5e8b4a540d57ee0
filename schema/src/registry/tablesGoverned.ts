/** What is known of versions beyond MLflow's record, and what a team agreed on about them. */
import { boolean, doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { users, workspaceId } from '../access/tables.ts';
import { epochMs, instant } from '../wire/tables.ts';
import type { Bundle } from './bundle.ts';
import type { Approval, Evaluation, EvaluationMetric, EvaluationSet, GateRule, ModelCard } from './governed.ts';
import type { ModelStage } from './registeredModel.ts';
import { loggedModels, registeredModels } from './tables.ts';

const modelId = () =>
  uuid('model_id')
    .notNull()
    .references(() => registeredModels.id, { onDelete: 'cascade' });
const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id);

export const modelBundles = pgTable('model_bundles', {
  loggedModelId: text('logged_model_id')
    .primaryKey()
    .references(() => loggedModels.id, { onDelete: 'cascade' }),
  bundle: jsonb('bundle').$type<Bundle>().notNull(),
  userId: userId(),
  createdAt: instant('created_at').notNull(),
});

export const modelCards = pgTable(
  'model_cards',
  {
    modelId: modelId(),
    version: integer('version').notNull(),
    /** What people wrote, by section; a section that is absent is made from what is known. */
    texts: jsonb('texts').$type<Partial<Record<ModelCard['sections'][number]['key'], string>>>().notNull(),
    revision: integer('revision').notNull(),
    userId: userId(),
    editedAt: instant('edited_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.version] })],
);

export const evaluationSets = pgTable(
  'evaluation_sets',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    modelId: modelId(),
    name: text('name').notNull(),
    digest: text('digest').notNull(),
    rows: integer('rows').notNull(),
    columns: jsonb('columns').$type<string[]>().notNull(),
    label: text('label').notNull(),
    metrics: jsonb('metrics').$type<EvaluationMetric[]>().notNull(),
    slices: jsonb('slices').$type<EvaluationSet['slices']>().notNull(),
    userId: userId(),
    createdAt: instant('created_at').notNull(),
    deletedAt: instant('deleted_at'),
  },
  (table) => [
    uniqueIndex('evaluation_sets_name').on(table.modelId, table.name).where(sql`deleted_at is null`),
    index('evaluation_sets_digest').on(table.digest),
  ],
);

export const evaluations = pgTable(
  'evaluations',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    setId: uuid('set_id')
      .notNull()
      .references(() => evaluationSets.id, { onDelete: 'cascade' }),
    modelId: modelId(),
    version: integer('version').notNull(),
    status: text('status').$type<Evaluation['status']>().notNull(),
    error: text('error'),
    results: jsonb('results').$type<Evaluation['results']>().notNull(),
    worst: jsonb('worst').$type<Evaluation['worst']>().notNull().default([]),
    latencyUs: doublePrecision('latency_us'),
    userId: userId(),
    at: instant('at').notNull(),
    heartbeatAt: instant('heartbeat_at'),
    /** How often a server has begun it: one that takes its server down is not begun for ever. */
    beginnings: integer('beginnings').notNull().default(0),
  },
  (table) => [
    index('evaluations_version').on(table.modelId, table.version, table.at),
    index('evaluations_open').on(table.at).where(sql`status in ('queued', 'running')`),
  ],
);

export const gates = pgTable('gates', {
  modelId: modelId().primaryKey(),
  rules: jsonb('rules').$type<GateRule[]>().notNull(),
  stages: jsonb('stages').$type<ModelStage[]>().notNull(),
  aliases: jsonb('aliases').$type<string[]>().notNull(),
  approvals: integer('approvals').notNull(),
  revision: integer('revision').notNull(),
});

export const approvals = pgTable(
  'approvals',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    modelId: modelId(),
    version: integer('version').notNull(),
    to: jsonb('to').$type<Approval['to']>().notNull(),
    status: text('status').$type<Approval['status']>().notNull(),
    needed: integer('needed').notNull(),
    comment: text('comment').notNull(),
    message: text('message').notNull().default(''),
    userId: userId(),
    askedAt: epochMs('asked_at').notNull(),
    endedAt: epochMs('ended_at'),
  },
  (table) => [index('approvals_model').on(table.modelId, table.askedAt)],
);

export const approvalVotes = pgTable(
  'approval_votes',
  {
    approvalId: uuid('approval_id')
      .notNull()
      .references(() => approvals.id, { onDelete: 'cascade' }),
    userId: userId(),
    agrees: boolean('agrees').notNull(),
    comment: text('comment').notNull(),
    at: epochMs('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.approvalId, table.userId] })],
);
