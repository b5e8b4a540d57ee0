/**
 * Group commit: points of requests that come while one commit is under way go into the next one together. One client alone waits for
 * nothing; sixteen at once share a commit, each acknowledged after it.
 */
import type { Sql } from 'postgres';
import { type Appended, type AppendResult, appendPoints, type NewPoints } from './appendPoints.ts';
import { inOrder, without } from './columns.ts';
import { repeatedly } from './repeatedly.ts';

interface Waiting {
  points: NewPoints[];
  resolve: (added: number) => void;
  reject: (error: unknown) => void;
}

export interface PointGatherer {
  /** @returns how many were new, once they are committed */
  add: (points: NewPoints[]) => Promise<number>;
  /** Until all that was added is settled. */
  idle: () => Promise<void>;
}

const MOST_TOGETHER = 256;

/** @param onCommit told once of all that a commit has stored */
export function createGatherer(sql: Sql, onCommit: (result: AppendResult) => void): PointGatherer {
  let waiting: Waiting[] = [];
  let working: Promise<void> | null = null;

  const settle = async (group: Waiting[]): Promise<void> => {
    let result: AppendResult;
    try {
      const points = group.flatMap((one) => one.points);
      result = await repeatedly(() => sql.begin((tx) => appendPoints(tx, points)));
    } catch (error) {
      const [only] = group;
      if (group.length === 1 && only) return only.reject(error);
      // One that the database refuses must not take the others with it.
      for (const one of group) await settle([one]);
      return;
    }
    onCommit(result);
    const stored = new Map(result.appended.map((one) => [`${one.runId} ${one.key}`, one]));
    for (const { points, resolve } of group)
      resolve(points.reduce((sum, one) => sum + countNew(one, stored.get(`${one.runId} ${one.key}`)), 0));
  };

  const work = async () => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, MOST_TOGETHER);
      waiting = waiting.slice(MOST_TOGETHER);
      await settle(group);
    }
    working = null; // at once: what is added from now on must begin anew
  };

  return {
    add: (points) =>
      new Promise((resolve, reject) => {
        waiting.push({ points, resolve, reject });
        // Requests that were read from their sockets together come together.
        working ??= new Promise<void>((begin) => setImmediate(begin)).then(work);
      }),
    async idle() {
      await working;
    },
  };
}

/** Of one request, whose points the commit may have stored together with another's. */
function countNew({ points }: NewPoints, stored: Appended | undefined): number {
  if (!stored) return 0;
  const own = inOrder(points);
  return own.steps.length - without(own, stored.points).steps.length;
}
