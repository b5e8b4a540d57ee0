import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, epochMs, experimentId } from '../wire/index.ts';
import { comment } from './comments.ts';
import { reportSummary } from './reports.ts';
import { person, subject } from './subject.ts';

const base = oc.errors(commonErrors);

export const onlooker = person.extend({ since: epochMs.describe('When they began to look; of several windows, the first.') });
export type Onlooker = z.infer<typeof onlooker>;

/** `lagging`: the client reads too slowly and something was left out: ask again for what is shown. */
export const collaborationEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), at: epochMs }),
  z.object({ type: z.literal('presence'), subject, people: z.array(onlooker).describe('All who look at it now, the caller too.') }),
  z.object({ type: z.literal('comment'), change: z.enum(['created', 'edited', 'deleted']), comment }),
  z.object({ type: z.literal('report'), report: reportSummary }),
  z.object({ type: z.literal('view'), experimentId: experimentId.nullable() }),
  z.object({ type: z.literal('inbox'), unread: z.number().int() }),
  z.object({ type: z.literal('lagging') }),
]);
export type CollaborationEvent = z.infer<typeof collaborationEvent>;

export const watchSubject = z.object({
  subject: subject.optional().describe('Its comments and who looks at it; the caller counts as looking at it while this is open.'),
  looking: z.union([z.boolean(), z.stringbool()]).default(true).describe('False: watch without being seen.'),
});
export type WatchSubject = z.infer<typeof watchSubject>;

const tags = ['collaboration'];

export const presenceContract = {
  list: base
    .route({ method: 'GET', path: '/presence', tags, summary: 'Who looks at a run, an experiment or a report now' })
    .input(z.object({ subject }))
    .output(z.object({ people: z.array(onlooker) })),
};

export const watchContract = base
  .route({
    method: 'GET',
    path: '/collaboration/watch',
    tags,
    summary: "The caller's inbox, reports and views; with a subject also its comments and who looks at it. As an event stream",
  })
  .input(watchSubject)
  .output(eventIterator(collaborationEvent));
