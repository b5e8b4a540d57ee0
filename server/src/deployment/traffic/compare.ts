/** Two releases by what people said of their answers: Welch's interval, and a test that may be looked at at any time. */
import { toWire } from '@cellkeep/schema/wire';
import type { CallContext, Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { requireEndpoint } from '../endpoints/readEndpoints.ts';
import { lookAgain, unseen } from '../statistics/sequentialTest.ts';
import { compareMeans, type Moments, meanOf } from '../statistics/welch.ts';
import { requireReleaseOf } from './releaseOfEndpoint.ts';

/** Looks along the time: the test is valid at each of them, and more find a difference no later than a look now does. */
const LOOKS = 500;

interface Said extends Moments {
  releaseId: string;
  look: number;
}

export async function compareReleases({ sql, caller }: CallContext, { name, a, b }: { name: string; a: string; b: string }) {
  if (a === b) throw failure('BAD_REQUEST', { field: 'b', reason: 'it is the same release as a', remedy: 'name two' });
  const endpoint = await requireEndpoint(sql, caller.workspaceId, name);
  const [ofA, ofB] = [await requireReleaseOf(sql, endpoint, a, 'a'), await requireReleaseOf(sql, endpoint, b, 'b')];
  const said = await saidOf(sql, ofA.id, ofB.id);
  const sums = new Map<string, Moments>([ofA, ofB].map(({ id }) => [id, { n: 0, sum: 0, sumOfSquares: 0 }]));
  const [sumA, sumB] = [sums.get(ofA.id) as Moments, sums.get(ofB.id) as Moments];
  let sequential = unseen;
  for (const [i, { releaseId, look, ...more }] of said.entries()) {
    const sum = sums.get(releaseId) as Moments;
    sum.n += more.n;
    sum.sum += more.sum;
    sum.sumOfSquares += more.sumOfSquares;
    if (said[i + 1]?.look !== look) sequential = lookAgain(sequential, sumA, sumB);
  }
  const { difference, low, high, pValue } = compareMeans(sumA, sumB);
  const isDecided = sequential.p < 0.05;
  return {
    a: { releaseId: ofA.id, n: sumA.n, mean: toWire(meanOf(sumA)) },
    b: { releaseId: ofB.id, n: sumB.n, mean: toWire(meanOf(sumB)) },
    ...{ difference: toWire(difference), low: toWire(low), high: toWire(high), pValue },
    sequentialP: sumA.n > 0 && sumB.n > 0 ? sequential.p : null,
    decision: !isDecided ? ('undecided' as const) : difference > 0 ? ('better' as const) : ('worse' as const),
  };
}

/** Feedback by release, cut into looks of as many rows each, in the order of their arrival. What is no finite number says nothing. */
async function saidOf(db: Db, a: string, b: string): Promise<Said[]> {
  return db<Said[]>`
    select release_id as "releaseId", look::int as look, count(*)::float8 as n, sum(value) as sum, sum(value * value) as "sumOfSquares"
    from (
      select release_id, value, ntile(${LOOKS}) over (order by at, prediction_id, row) as look from feedback
      where release_id in (${a}, ${b}) and value <> 'NaN' and abs(value) < 1e150
    ) f group by release_id, look order by look`;
}
