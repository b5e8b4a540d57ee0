/** Column types that the tables of every room share. For tables alone: no browser loads them. */
import { bigint, customType, jsonb, timestamp } from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** Of the server's clock. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** Milliseconds since the epoch: a client's clock may say years that a timestamp cannot hold. */
export const epochMs = (name: string) => bigint(name, { mode: 'number' });

export const texts = (name: string) => jsonb(name).$type<Record<string, string>>().notNull();
