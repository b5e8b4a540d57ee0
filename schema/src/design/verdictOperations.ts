/** Verification of runs: asked for, watched, stopped, told, and repeated by the clock. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, nextCursor, pageInput, runId, uuid } from '../wire/index.ts';
import { verdict, verdictUpdate, verifyOptions, verifySchedule } from './verdict.ts';

const base = oc.errors(commonErrors);
const byId = z.object({ id: uuid });

export const verdictOperations = {
  verdicts: {
    start: base
      .route({
        method: 'POST',
        path: '/verdicts',
        tags: ['design'],
        successStatus: 201,
        summary: 'Verify a run, on the server or by the caller',
      })
      .input(
        z.object({
          id: uuid.optional().describe('Chosen by the client: asking twice starts one.'),
          runId,
          where: z.enum(['server', 'client']).default('server'),
          options: verifyOptions.prefault({}),
        }),
      )
      .output(verdict),
    get: base
      .route({ method: 'GET', path: '/verdicts/{id}', tags: ['design'], summary: 'One verification' })
      .input(byId)
      .output(verdict),
    list: base
      .route({ method: 'GET', path: '/verdicts', tags: ['design'], summary: 'Verifications, newest first' })
      .input(z.object({ ...pageInput, runId: runId.optional(), scheduleId: uuid.optional() }))
      .output(z.object({ verdicts: z.array(verdict), nextCursor })),
    update: base
      .route({ method: 'PATCH', path: '/verdicts/{id}', tags: ['design'], summary: 'Progress and result, from the process that verifies' })
      .input(verdictUpdate)
      .output(verdict),
    cancel: base
      .route({ method: 'POST', path: '/verdicts/{id}/cancel', tags: ['design'], summary: 'Stop a verification' })
      .input(byId)
      .output(verdict),
  },
  schedules: {
    list: base
      .route({ method: 'GET', path: '/verify-schedules', tags: ['design'], summary: 'Runs that are verified by the clock' })
      .input(z.object({ ...pageInput, runId: runId.optional() }))
      .output(z.object({ schedules: z.array(verifySchedule), nextCursor })),
    put: base
      .route({ method: 'PUT', path: '/verify-schedules/{id}', tags: ['design'], summary: 'Verify a run every so many hours' })
      .input(
        z.object({
          id: uuid,
          runId,
          everyHours: z
            .number()
            .int()
            .min(1)
            .max(24 * 366),
          options: verifyOptions.prefault({}),
        }),
      )
      .output(verifySchedule),
    delete: base
      .route({ method: 'DELETE', path: '/verify-schedules/{id}', tags: ['design'], summary: 'Verify it by the clock no more' })
      .input(byId)
      .output(z.object({ deleted: z.boolean() })),
  },
};
