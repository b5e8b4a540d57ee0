/**
 * The log of changes. Each mutation appends one row in its own transaction, so that a change and its trace
 * stand or fall together.
 */
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

export async function appendEvent(_db: Db, _caller: Pick<Caller, 'workspaceId' | 'userId' | 'userName'>, _event: NewEvent): Promise<void> {
  throw new Error('events: being built');
}
