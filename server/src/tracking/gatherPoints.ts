/**
 * Group commit: points of requests that come while one commit is under way go into the next one together. One client alone waits for
 * nothing; sixteen at once share a commit, each acknowledged after it.
 */
import type { Sql } from 'postgres';
import { failure } from '../core/failure.ts';
import { codeOf } from '../core/plainError.ts';
import { type Appended, type AppendResult, appendPoints, groupByName, type NewPoints, nameOf } from './appendPoints.ts';
import { inOrder, without } from './columns.ts';
import { createSeriesMemory, shortCommit, storeShort } from './commitPoints.ts';
import { repeatedly } from './repeatedly.ts';

interface Waiting {
  points: NewPoints[];
  /** bytes, about */
  weight: number;
  resolve: (added: number) => void;
  reject: (error: unknown) => void;
}

export interface PointGatherer {
  /**
   * @returns how many were new, once they are committed
   * @throws SERVICE_UNAVAILABLE where too much waits already: the database is away, or slower than what comes
   */
  add: (points: NewPoints[]) => Promise<number>;
  /** Until all that was added is settled. */
  idle: () => Promise<void>;
}

const MOST_TOGETHER = 256;
/** bytes of points that are not settled: some 2.7 million in large batches, or 60,000 requests of one point each */
const MOST_HELD = 64 * 2 ** 20;

/**
 * The database is away, ends, is full or was told to break off (classes 08, 53, 57 and 58 of SQLSTATE, the system's codes and the driver's):
 * no member of a group has caused it, and each would meet it again.
 */
const OF_ALL = /^(?:(?:08|53|57|58)[0-9A-Z]{3}|E[A-Z]+|CONNECT.*)$/;

interface GathererOptions {
  /** bytes, about; a request that comes while nothing waits is taken whatever its size */
  mostHeld?: number;
}

/** @param onCommit told once of all that a commit has stored */
export function createGatherer(
  sql: Sql,
  onCommit: (result: AppendResult) => void,
  { mostHeld = MOST_HELD }: GathererOptions = {},
): PointGatherer {
  const memory = createSeriesMemory();
  let held = 0;
  let waiting: Waiting[] = [];
  let working: Promise<void> | null = null;

  const store = async (points: readonly NewPoints[]): Promise<AppendResult> => {
    const short = shortCommit(memory, points);
    const stored = short && (await repeatedly(() => storeShort(sql, memory, short)));
    if (stored) return stored;
    memory.forget(groupByName(points).keys());
    const result = await repeatedly(() => sql.begin((tx) => appendPoints(tx, points)));
    memory.remember(result.rows);
    return result;
  };

  const settle = async (group: Waiting[]): Promise<void> => {
    let result: AppendResult;
    try {
      result = await store(group.flatMap((one) => one.points));
    } catch (error) {
      if (group.length === 1 || OF_ALL.test(codeOf(error))) {
        release(group);
        for (const one of group) one.reject(error);
        return;
      }
      // One that the database refuses must not take the others with it.
      for (const one of group) await settle([one]);
      return;
    }
    release(group);
    onCommit(result);
    answer(group, result);
  };

  const release = (group: readonly Waiting[]) => {
    for (const { weight } of group) held -= weight;
  };

  const work = async () => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, MOST_TOGETHER);
      waiting = waiting.slice(MOST_TOGETHER);
      for (const part of apart(group)) await settle(part);
    }
    working = null; // at once: what is added from now on must begin anew
  };

  /** Those that begin a series go the long way by themselves: they must not take the others along. */
  const apart = (group: Waiting[]): Waiting[][] => {
    const [known, beginning]: [Waiting[], Waiting[]] = [[], []];
    for (const one of group) (one.points.every((part) => memory.get(nameOf(part)) !== undefined) ? known : beginning).push(one);
    return [known, beginning].filter((part) => part.length > 0);
  };

  return {
    async add(points) {
      const weight = weightOf(points);
      if (held > 0 && held + weight > mostHeld) throw tooMuch(mostHeld);
      held += weight;
      return new Promise((resolve, reject) => {
        waiting.push({ points, weight, resolve, reject });
        // Requests that were read from their sockets together come together.
        working ??= new Promise<void>((begin) => setImmediate(begin)).then(work);
      });
    },
    async idle() {
      await working;
    },
  };
}

/** Three numbers a point; a name; and for each request what waits for its answer. */
function weightOf(points: readonly NewPoints[]): number {
  return points.reduce((sum, { key, points: { steps } }) => sum + 24 * steps.length + 2 * key.length + 200, 800);
}

function tooMuch(mostHeld: number) {
  const reason = `${Math.round(mostHeld / 2 ** 20)} MiB of points wait for the database already`;
  return failure('SERVICE_UNAVAILABLE', { field: '', reason, remedy: 'send them again in a moment' });
}

function answer(group: readonly Waiting[], { appended }: AppendResult): void {
  const stored = new Map(appended.map((one) => [nameOf(one), one]));
  const givers = new Map<string, number>();
  for (const { points } of group) for (const one of points) givers.set(nameOf(one), (givers.get(nameOf(one)) ?? 0) + 1);
  for (const { points, resolve } of group) {
    let added = 0;
    for (const one of points) {
      const name = nameOf(one);
      const there = stored.get(name);
      if (there) added += givers.get(name) === 1 ? there.points.steps.length : countNew(one, there);
    }
    resolve(added);
  }
}

/** Of one request, whose points the commit has stored together with another's. */
function countNew({ points }: NewPoints, stored: Appended): number {
  const own = inOrder(points);
  return own.steps.length - without(own, stored.points).steps.length;
}
