/** The proof: every change is an event, chained by hash; every thing that was made from another has an edge to it. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, epochMs, limits, nextCursor, pageInput } from '../wire/index.ts';

const base = oc.errors(commonErrors);

export const event = z.object({
  seq: z.string().describe('Position in the log: decimal digits in a string, without order gaps being meaningful.'),
  at: epochMs,
  who: z.string().describe('User name.'),
  what: z.string().describe('Verb of the room: "run.created", "token.revoked".'),
  subject: z.string().describe('Kind and id: "run:7f3c…", "experiment:4".'),
  before: z.string().nullable().describe('SHA-256 of the state before; null where there was none.'),
  after: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof event>;

export const edge = z.object({
  from: z.string().describe('Kind and id of what came first: "artifact:<sha256>", "execution:<uuid>".'),
  relation: z.enum(['produced', 'used', 'part-of', 'parent-of']),
  to: z.string(),
  at: epochMs,
});
export type Edge = z.infer<typeof edge>;

export const governanceContract = {
  events: base
    .route({ method: 'GET', path: '/events', tags: ['governance'], summary: 'The audit log, newest first' })
    .input(z.object({ ...pageInput, subject: z.string().max(limits.key).optional(), what: z.string().max(limits.key).optional() }))
    .output(z.object({ events: z.array(event), nextCursor })),
  verifyEvents: base
    .route({
      method: 'POST',
      path: '/events/verify',
      tags: ['governance'],
      summary: 'Recompute the chain of hashes and name the first broken link',
    })
    .output(z.object({ checked: z.number().int(), unsealed: z.number().int(), brokenAt: z.string().nullable() })),
  lineage: base
    .route({ method: 'GET', path: '/lineage', tags: ['governance'], summary: 'What this was made from and what was made from it' })
    .input(z.object({ subject: z.string().min(1).max(limits.key), depth: z.coerce.number().int().min(1).max(10).default(3) }))
    .output(z.object({ edges: z.array(edge) })),
};
