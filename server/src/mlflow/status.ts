/** What MLflow calls the states of a run. `lost` has no word there: such a run failed. */
import type { RunStatus } from '@cellkeep/schema/tracking';

const WORDS: Record<RunStatus, string> = {
  running: 'RUNNING',
  scheduled: 'SCHEDULED',
  finished: 'FINISHED',
  failed: 'FAILED',
  killed: 'KILLED',
  lost: 'FAILED',
};

/** Of the protocol, by its numbers. */
export const STATUSES = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 } as const;

export const statusWord = (status: RunStatus): string => WORDS[status];

export const statusOf = (word: keyof typeof STATUSES): RunStatus => word.toLowerCase() as RunStatus;

/** Our states whose word passes the test. */
export const statusesWhere = (test: (word: string) => boolean): RunStatus[] =>
  (Object.keys(WORDS) as RunStatus[]).filter((status) => test(WORDS[status]));
