/** What a team keeps in common beside its runs: views of the run table, reports, comments and who was mentioned in them. */
import { boolean, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { users, workspaceId } from '../access/tables.ts';
import { instant } from '../wire/tables.ts';

const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id);

/** A view's state is what stands in its address: filter, columns, order, groups, charts. */
export const savedViews = pgTable(
  'saved_views',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: userId(),
    /** Null: of all experiments. */
    experimentId: text('experiment_id'),
    name: text('name').notNull(),
    /** Query string, without "?". */
    state: text('state').notNull(),
    /** Seen by the whole workspace; else by its maker alone. */
    shared: boolean('shared').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [index('saved_views_workspace').on(table.workspaceId, table.name)],
);

export const reports = pgTable(
  'reports',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: userId(),
    title: text('title').notNull(),
    /** Markdown, with live charts as fenced blocks. */
    body: text('body').notNull(),
    /** Counts changes: a change says which one it was made from, so that nobody overwrites another unseen. */
    revision: integer('revision').notNull(),
    updatedBy: uuid('updated_by')
      .notNull()
      .references(() => users.id),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    deletedAt: instant('deleted_at'),
  },
  (table) => [index('reports_newest').on(table.workspaceId, sql`updated_at desc`, table.id)],
);

/** Earlier states of a report. */
export const reportRevisions = pgTable(
  'report_revisions',
  {
    reportId: uuid('report_id')
      .notNull()
      .references(() => reports.id, { onDelete: 'cascade' }),
    revision: integer('revision').notNull(),
    userId: userId(),
    title: text('title').notNull(),
    body: text('body').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.reportId, table.revision] })],
);

export const comments = pgTable(
  'comments',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: userId(),
    /** Kind and id of what it is about: `run:7f3c…`, `report:…`, `experiment:4`. */
    subject: text('subject').notNull(),
    /** Markdown. */
    body: text('body').notNull(),
    createdAt: instant('created_at').notNull(),
    editedAt: instant('edited_at'),
    deletedAt: instant('deleted_at'),
  },
  (table) => [index('comments_subject').on(table.workspaceId, table.subject, table.createdAt)],
);

export const mentions = pgTable(
  'mentions',
  {
    commentId: uuid('comment_id')
      .notNull()
      .references(() => comments.id, { onDelete: 'cascade' }),
    /** Who was mentioned. */
    userId: userId(),
    createdAt: instant('created_at').notNull(),
    readAt: instant('read_at'),
  },
  (table) => [primaryKey({ columns: [table.commentId, table.userId] }), index('mentions_user').on(table.userId, table.createdAt)],
);
