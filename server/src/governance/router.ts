import { contract } from '@cellkeep/schema';
import type { Edge, Event } from '@cellkeep/schema/governance';
import { implement } from '@orpc/server';
import { requireRole } from '../access/index.ts';
import type { CallContext } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { sealEvents, verifyEvents } from '../core/sealEvents.ts';

type EventRow = Omit<Event, 'at'> & { at: Date };
type EdgeRow = Omit<Edge, 'at'> & { at: Date };

/** Edges in one answer; a tree of ten levels may be larger than anybody can read. */
const MOST_EDGES = 5_000;

export function createGovernanceRouter() {
  const os = implement(contract.governance).$context<CallContext>();
  return os.router({
    events: os.events.handler(async ({ context: { sql, caller }, input: { limit, cursor, subject, what } }) => {
      const rows = await sql<EventRow[]>`
        select e.seq::text, e.at, e.who, e.what, e.subject, e.before, e.after, e.data from events e
        where e.workspace_id = ${caller.workspaceId}
          ${cursor === undefined ? sql`` : sql`and e.seq < ${seqOf(cursor)}::bigint`}
          ${subject === undefined ? sql`` : sql`and subject = ${subject}`}
          ${what === undefined ? sql`` : sql`and what = ${what}`}
        order by e.seq desc limit ${limit + 1}`; // not the text of the answer's own column, of which "999" is the greatest
      const page = rows.slice(0, limit);
      return {
        events: page.map((row) => ({ ...row, at: row.at.getTime() })),
        nextCursor: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
      };
    }),
    verifyEvents: os.verifyEvents.handler(async ({ context }) => {
      requireRole(context, 'viewer');
      await sealEvents(context.sql);
      return verifyEvents(context.sql, context.caller.workspaceId);
    }),
    lineage: os.lineage.handler(async ({ context: { sql, caller }, input: { subject, depth } }) => {
      const rows = await sql<EdgeRow[]>`
        with recursive
          up (node, level) as (
            select ${subject}::text, 0
            union
            select e."from", up.level + 1 from up join edges e on e.workspace_id = ${caller.workspaceId} and e."to" = up.node
            where up.level < ${depth}
          ),
          down (node, level) as (
            select ${subject}::text, 0
            union
            select e."to", down.level + 1 from down join edges e on e.workspace_id = ${caller.workspaceId} and e."from" = down.node
            where down.level < ${depth}
          )
        select distinct e."from", e.relation, e."to", e.at from edges e
        where e.workspace_id = ${caller.workspaceId} and (
          e."to" in (select node from up where level < ${depth}) or e."from" in (select node from down where level < ${depth})
        )
        order by e.at, e."from", e."to" limit ${MOST_EDGES}`;
      return { edges: rows.map((row) => ({ ...row, at: row.at.getTime() })) };
    }),
  });
}

function seqOf(cursor: string): string {
  if (/^\d{1,18}$/.test(cursor)) return cursor;
  throw failure('BAD_REQUEST', { field: 'cursor', reason: 'this is no cursor of this list', remedy: 'give back what nextCursor said' });
}
