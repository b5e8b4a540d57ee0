import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, epochMs, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { MOST_COMMENT } from './limits.ts';
import { person, subject } from './subject.ts';

const base = oc.errors(commonErrors);

const body = z
  .string()
  .max(MOST_COMMENT)
  .refine((text) => text.trim() !== '', 'a comment says something')
  .describe('Markdown. "@name" of a user of this workspace mentions them, outside of code.');

export const comment = z.object({
  id: uuid,
  subject,
  body: z.string(),
  by: person,
  createdAt: epochMs,
  editedAt: epochMs.nullable(),
  mentions: z.array(person).describe('Who is mentioned in it.'),
});
export type Comment = z.infer<typeof comment>;

/** A mention of the caller. */
export const mention = z.object({
  comment,
  subjectName: z.string().describe('Name of the run or experiment, title of the report.'),
  at: epochMs,
  readAt: epochMs.nullable(),
});
export type Mention = z.infer<typeof mention>;

const byId = z.object({ id: uuid });
const tags = ['collaboration'];
const unread = z.number().int().describe("The caller's mentions that were not read yet.");

export const commentsContract = {
  list: base
    .route({ method: 'GET', path: '/comments', tags, summary: 'Comments on a run, an experiment or a report, newest first' })
    .input(z.object({ subject, ...pageInput }))
    .output(z.object({ comments: z.array(comment), nextCursor, total: z.number().int() })),
  create: base
    .route({ method: 'POST', path: '/comments', tags, successStatus: 201, summary: 'Comment (editor)' })
    .input(z.object({ subject, body }))
    .output(comment),
  update: base
    .route({ method: 'PATCH', path: '/comments/{id}', tags, summary: 'Change what one has written' })
    .input(byId.extend({ body }))
    .output(comment),
  delete: base
    .route({ method: 'DELETE', path: '/comments/{id}', tags, summary: 'Remove a comment (who wrote it, or an owner)' })
    .input(byId)
    .output(z.object({ deleted: z.boolean() })),
};

export const inboxContract = {
  list: base
    .route({ method: 'GET', path: '/inbox', tags, summary: 'Where the caller was mentioned, newest first' })
    .input(
      z.object({
        ...pageInput,
        unread: z.union([z.boolean(), z.stringbool()]).default(false).describe('Only what was not read yet.'),
      }),
    )
    .output(z.object({ mentions: z.array(mention), unread, nextCursor })),
  read: base
    .route({ method: 'POST', path: '/inbox/read', tags, summary: 'Mark mentions as read' })
    .input(z.object({ commentIds: z.array(uuid).max(1_000).optional().describe('Absent: all of them.') }))
    .output(z.object({ unread })),
};
