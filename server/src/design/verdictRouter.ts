import { contract } from '@cellkeep/schema';
import { implement } from '@orpc/server';
import type { CallContext } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { deleteSchedule, listSchedules, putSchedule } from './schedules.ts';
import { cancelVerdict, getVerdict, listVerdicts, startVerdict, updateVerdict, type VerifiedRuns } from './verdicts.ts';
import type { VerifyWorker } from './verifyWorker.ts';

/** Verifying, as main.ts builds it. */
export interface Verifying {
  runs: VerifiedRuns;
  worker: Pick<VerifyWorker, 'off' | 'wake'>;
}

export function verdictHandlers({ runs, worker }: Verifying) {
  const os = implement(contract.design).$context<CallContext>();
  const requireOn = (field: string) => {
    if (worker.off === null) return;
    throw failure('CONFLICT', { field, reason: worker.off, remedy: 'or run `cellkeep verify RUN` on a machine of your own' });
  };
  return {
    verdicts: {
      start: os.verdicts.start.handler(async ({ context, input }) => {
        if (input.where === 'server') requireOn('where');
        const verdict = await startVerdict(context, input);
        if (verdict.status === 'queued') worker.wake();
        return verdict;
      }),
      get: os.verdicts.get.handler(({ context, input: { id } }) => getVerdict(context, id)),
      list: os.verdicts.list.handler(({ context, input }) => listVerdicts(context, input)),
      update: os.verdicts.update.handler(({ context, input }) => updateVerdict(context, runs, input)),
      cancel: os.verdicts.cancel.handler(async ({ context, input: { id } }) => {
        const verdict = await cancelVerdict(context, runs, id);
        worker.wake(); // its process is ended now, not at the next look
        return verdict;
      }),
    },
    schedules: {
      list: os.schedules.list.handler(({ context, input }) => listSchedules(context, input)),
      put: os.schedules.put.handler(({ context, input }) => {
        requireOn('');
        return putSchedule(context, input);
      }),
      delete: os.schedules.delete.handler(async ({ context, input: { id } }) => ({ deleted: await deleteSchedule(context, id) })),
    },
  };
}
