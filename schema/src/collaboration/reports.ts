import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, epochMs, limits, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { MOST_REPORT } from './limits.ts';
import { shownName } from './names.ts';
import { person } from './subject.ts';

const base = oc.errors(commonErrors);

const body = z.string().max(MOST_REPORT).describe('Markdown; fenced blocks of the language `cellkeep` are live charts.');
const revision = z.coerce.number().int().min(1).max(2_147_483_647);

export const reportSummary = z.object({
  id: uuid,
  title: z.string(),
  revision: z.number().int().describe('Counts changes, from 1.'),
  createdBy: person,
  updatedBy: person,
  createdAt: epochMs,
  updatedAt: epochMs,
  lifecycle: z.enum(['active', 'deleted']),
});
export type ReportSummary = z.infer<typeof reportSummary>;

export const report = reportSummary.extend({ body: z.string() });
export type Report = z.infer<typeof report>;

/** A state of a report, the newest one among them. */
export const reportRevision = z.object({ revision: z.number().int(), title: z.string(), by: person, at: epochMs });
export type ReportRevision = z.infer<typeof reportRevision>;

const byId = z.object({ id: uuid });
const tags = ['collaboration'];

export const reportsContract = {
  list: base
    .route({ method: 'GET', path: '/reports', tags, summary: 'Reports, last changed first' })
    .input(
      z.object({
        ...pageInput,
        lifecycle: z.enum(['active', 'deleted']).default('active'),
        text: z.string().max(limits.name).optional().describe('Part of the title or the body, any case.'),
      }),
    )
    .output(z.object({ reports: z.array(reportSummary), nextCursor })),
  get: base.route({ method: 'GET', path: '/reports/{id}', tags, summary: 'One report' }).input(byId).output(report),
  create: base
    .route({ method: 'POST', path: '/reports', tags, successStatus: 201, summary: 'Write a report' })
    .input(z.object({ title: shownName, body: body.default('') }))
    .output(report),
  update: base
    .route({ method: 'PATCH', path: '/reports/{id}', tags, summary: 'Change a report; CONFLICT where somebody else did meanwhile' })
    .input(
      byId.extend({
        revision: revision.describe('The revision that the change was made from.'),
        title: shownName.optional(),
        body: body.optional(),
      }),
    )
    .output(report),
  delete: base
    .route({ method: 'DELETE', path: '/reports/{id}', tags, summary: 'Delete a report; can be restored' })
    .input(byId)
    .output(report),
  restore: base.route({ method: 'POST', path: '/reports/{id}/restore', tags, summary: 'Take back a delete' }).input(byId).output(report),
  revisions: {
    list: base
      .route({ method: 'GET', path: '/reports/{id}/revisions', tags, summary: 'States of a report, newest first' })
      .input(byId.extend(pageInput))
      .output(z.object({ revisions: z.array(reportRevision), nextCursor })),
    get: base
      .route({ method: 'GET', path: '/reports/{id}/revisions/{revision}', tags, summary: 'A report as it was' })
      .input(byId.extend({ revision }))
      .output(reportRevision.extend({ body: z.string() })),
    restore: base
      .route({
        method: 'POST',
        path: '/reports/{id}/revisions/{revision}/restore',
        tags,
        summary: 'Make an earlier state the newest one; what came between stays listed',
      })
      .input(byId.extend({ revision, current: revision.describe('The newest revision, as the caller knows it.') }))
      .output(report),
  },
};
