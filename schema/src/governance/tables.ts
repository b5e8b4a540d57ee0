/** The log of changes, its chain of hashes, and the edges of lineage. */
import { bigint, index, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm/sql';
import { workspaceId } from '../access/tables.ts';
import { bytea, instant } from '../wire/tables.ts';

/**
 * One row a change, written in the change's own transaction. `link` and `hash` are null until the sealer has chained the row:
 * `seq` is given before commit, so its order is not the order in which rows become visible, and only `link` can be chained.
 */
export const events = pgTable(
  'events',
  {
    seq: bigint('seq', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    at: instant('at').notNull(),
    userId: uuid('user_id').notNull(),
    /** Copied: the log still tells who it was when the user has another name. */
    who: text('who').notNull(),
    what: text('what').notNull(),
    subject: text('subject').notNull(),
    before: text('before'),
    after: text('after'),
    data: jsonb('data').notNull(),
    link: bigint('link', { mode: 'bigint' }),
    hash: bytea('hash'),
  },
  (table) => [
    index('events_newest').on(table.workspaceId, table.seq),
    index('events_subject').on(table.workspaceId, table.subject, table.seq),
    uniqueIndex('events_link').on(table.workspaceId, table.link),
    index('events_unsealed').on(table.seq).where(sql`link is null`),
  ],
);

/** The end of each workspace's chain, so that rows cut off at the end are missed too. */
export const eventChains = pgTable('event_chains', {
  workspaceId: workspaceId().primaryKey(),
  link: bigint('link', { mode: 'bigint' }).notNull(),
  hash: bytea('hash').notNull(),
});

export const edges = pgTable(
  'edges',
  {
    workspaceId: workspaceId(),
    from: text('from').notNull(),
    relation: text('relation', { enum: ['produced', 'used', 'part-of', 'parent-of'] }).notNull(),
    to: text('to').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.from, table.relation, table.to] }),
    index('edges_to').on(table.workspaceId, table.to),
  ],
);
