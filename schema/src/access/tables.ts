/** Workspaces hold everything; users belong to one; tokens and login sessions are kept as hashes only. */
import { boolean, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from '../wire/tables.ts';
import type { Role } from './contract.ts';

export const workspaces = pgTable('workspaces', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull().unique(),
  createdAt: instant('created_at').notNull(),
});

/** To which workspace a row belongs: a column of nearly every table. */
export const workspaceId = () =>
  uuid('workspace_id')
    .notNull()
    .references(() => workspaces.id);

export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    disabled: boolean('disabled').notNull().default(false),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [uniqueIndex('users_name').on(table.workspaceId, table.name)],
);

export const tokens = pgTable(
  'tokens',
  {
    id: uuid('id').primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    label: text('label').notNull(),
    prefix: text('prefix').notNull(),
    /** SHA-256 of the secret. The secret has 256 random bits: a slow hash would protect nothing more. */
    hash: bytea('hash').notNull().unique(),
    createdAt: instant('created_at').notNull(),
    /** Written at most once a minute. */
    lastUsedAt: instant('last_used_at'),
    expiresAt: instant('expires_at'),
  },
  (table) => [index('tokens_user').on(table.userId)],
);

/** A browser that logged in. It ends with the token that opened it. */
export const loginSessions = pgTable(
  'login_sessions',
  {
    hash: bytea('hash').primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    /** Null where the login link of the server opened it. */
    tokenId: uuid('token_id').references(() => tokens.id, { onDelete: 'cascade' }),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('login_sessions_expiry').on(table.expiresAt), index('login_sessions_token').on(table.tokenId)],
);
