/**
 * Where a page ended: the values of its last run in every column of the order. The next page is what comes behind them, so a run that is
 * added or deleted meanwhile neither repeats nor hides another. The cursor belongs to one search, and carries what must not change
 * between its pages: the instant that '-7d' counts from, and the total.
 */
import { createHash } from 'node:crypto';
import { type SearchInput, totalIs } from '@cellkeep/schema/tracking';
import { z } from 'zod';
import type { Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import type { Column } from './order.ts';
import type { Fragment } from './sqlValues.ts';

/** Postgres stores neither U+0000 nor half a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/u;
const FLOAT = z.union([z.number(), z.enum(['Infinity', '-Infinity'])]);
const VALUES = {
  float8: FLOAT,
  bigint: z.string().regex(/^-?\d{1,18}$/),
  text: z.string().refine((text) => !UNSTORABLE.test(text)),
  boolean: z.boolean(),
  /** A client may choose any 32 hex digits as an id, also those that no version of UUID makes. */
  uuid: z.guid(),
} as const;

export type Mark = string | number | boolean | null;

const cursor = z.strictObject({
  of: z.string(),
  now: z.number().int().min(-8.64e15).max(8.64e15),
  total: z.number().int().min(0),
  totalIs,
  stage: z.number().int().min(0).max(2),
  after: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type Cursor = z.infer<typeof cursor>;

const notOurs = (reason: string, remedy = 'give back what nextCursor said') => failure('BAD_REQUEST', { field: 'cursor', reason, remedy });

/** A search is the same one on every page: only how many runs a page has may change. */
export function searchDigest({ limit: _limit, cursor: _cursor, ...search }: SearchInput, workspaceId: string): string {
  const { experimentIds, notebookPath, parentRunId, filter, orderBy, lifecycle } = search;
  const said = [workspaceId, experimentIds ?? null, notebookPath ?? null, parentRunId ?? null, filter, orderBy, lifecycle];
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 16);
}

export function readCursor(text: string, of: string): Cursor {
  const parsed = cursor.safeParse(jsonOf(text));
  if (!parsed.success) throw notOurs('this is no cursor of a search for runs');
  if (parsed.data.of !== of) throw notOurs('this cursor belongs to another search', 'leave it out to begin a new search');
  return parsed.data;
}

function jsonOf(text: string): unknown {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) return undefined; // Node passes over what is no base64url
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined; // readCursor says so
  }
}

export const writeCursor = (value: Cursor): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** As JSON can carry it. */
export function markOf(value: unknown): Mark {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value as Mark; // what postgres.js gives for the types of a column
}

/** The runs behind those values. A value that does not suit its column would fail in Postgres: it is refused here. */
export function behind(db: Db, columns: Column[], after: Mark[]): Fragment {
  if (after.length !== columns.length) throw notOurs('this is no cursor of a search for runs');
  const [column, ...columnsLeft] = columns;
  const [mark = null, ...marksLeft] = after;
  if (!column) return db`false`;
  const { value, type, nullable } = column;
  const rest = behind(db, columnsLeft, marksLeft);
  if (mark === null) {
    if (!nullable) throw notOurs('this is no cursor of a search for runs');
    return db`(${value} is null and ${rest})`;
  }
  if (!VALUES[type].safeParse(mark).success) throw notOurs('this is no cursor of a search for runs');
  const at = db`${mark}::${typeIn(db, type)}`;
  const further = column.desc ? db`${value} < ${at}` : db`${value} > ${at}`;
  if (nullable) return db`(${further} or ${value} is null or (${value} = ${at} and ${rest}))`;
  // Said first and alone, the bound is one that an index can begin at.
  const bound = column.desc ? db`${value} <= ${at}` : db`${value} >= ${at}`;
  return db`(${bound} and (${further} or ${rest}))`;
}

function typeIn(db: Db, type: Column['type']): Fragment {
  switch (type) {
    case 'float8':
      return db`float8`;
    case 'bigint':
      return db`bigint`;
    case 'text':
      return db`text`;
    case 'boolean':
      return db`boolean`;
    case 'uuid':
      return db`uuid`;
  }
}
