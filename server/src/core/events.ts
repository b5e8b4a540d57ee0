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

/** JSON with sorted keys and no spaces (RFC 8785 but for its number format, which JSON.stringify shares). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
