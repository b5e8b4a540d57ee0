/**
 * The log of changes. Each mutation appends one row in its own transaction, so that a change and its trace
 * stand or fall together.
 */
import { createHash } from 'node:crypto';
import type { JSONValue } from 'postgres';
import type { Caller, Db } from './context.ts';

export interface NewEvent {
  /** Verb of the room in past tense: "run.created", "token.revoked". */
  what: string;
  /** Kind and id: "run:7f3c…". */
  subject: string;
  /** The state before and after as JSON values; only their digests are kept. */
  before?: unknown;
  after?: unknown;
  /** Small facts worth reading in the log; never secrets. */
  data?: Record<string, unknown>;
}

type Who = Pick<Caller, 'workspaceId' | 'userId' | 'userName'>;

export async function appendEvent(db: Db, caller: Who, event: NewEvent): Promise<void> {
  await appendEvents(db, caller, [event]);
}

/** Several at once, in their order, with one statement. */
export async function appendEvents(db: Db, caller: Who, events: NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ what, subject, before, after, data }) => ({
    what,
    subject,
    before: digestOf(before),
    after: digestOf(after),
    data: data ?? {},
  }));
  await db`
    insert into events (workspace_id, at, user_id, who, what, subject, before, after, data)
    select ${caller.workspaceId}, clock_timestamp(), ${caller.userId}, ${caller.userName}, e.what, e.subject, e.before, e.after, e.data
    from jsonb_to_recordset(${db.json(rows as unknown as JSONValue)})
      as e (what text, subject text, before text, after text, data jsonb)`;
}

/** SHA-256 of the value in a form where the order of keys does not matter; null for undefined. */
function digestOf(value: unknown): string | null {
  return value === undefined ? null : createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** JSON with sorted keys and no spaces (RFC 8785): the same in any language that checks the chain. */
export function canonicalJson(value: unknown): string {
  return write(JSON.parse(JSON.stringify(value)));
}

/** By hand, because an object of ours would list keys like "10" before all others, whatever their order. */
function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${write(inner)}`).join(',')}}`;
}
