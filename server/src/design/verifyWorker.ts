/**
 * Verifies on the server what was asked for: `python -m cellkeep verify` as a child (core/childWorker.ts), from the queue that is the table
 * `verdicts`. One whose server died is queued again, twice at most: one that takes its server down with it must not do so for ever.
 */
import { lendToken } from '../access/index.ts';
import { type ChildWorker, createChildWorker } from '../core/childWorker.ts';
import type { Services } from '../core/context.ts';
import { queueDue } from './schedules.ts';
import { claimVerdict, endUnfinished, heartbeat, putBack, requeueLost, type Task } from './verdictQueue.ts';
import type { VerifiedRuns } from './verdicts.ts';
import type { VerifySettings } from './verifySettings.ts';

/** ms for what is not execution: building an environment, comparing. */
const BESIDE = 3_600_000;

export type VerifyWorker = ChildWorker;

export function createVerifyWorker(services: Services, runs: VerifiedRuns, settings: VerifySettings): VerifyWorker {
  const { sql } = services;
  const { memory, folder } = settings;
  return createChildWorker<Task>(
    services,
    {
      name: 'verification',
      queueDue: (now) => queueDue(sql, now),
      claim: (now) => claimVerdict(sql, now),
      heartbeat: (ids, now) => heartbeat(sql, ids, now),
      requeueLost: (when) => requeueLost(sql, runs, when),
      putBack: (id) => putBack(sql, id),
      end: (id, words, now) => endUnfinished(sql, runs, id, words, now),
      lasts: ({ options }) => options.timeoutSeconds * 1_000 + BESIDE,
      command: ({ id, runId, runUser, options }) => ({
        args: ['-m', 'cellkeep', 'verify', runId, '--supervised', '--memory', String(memory)],
        task: { verdict: id, trust: runUser, options },
      }),
    },
    lendToken.bind(null, sql),
    { ...settings, scratch: folder },
  );
}
