/** What was counted of a canary and of the live ones beside it since its step began. */
import type { ColumnBaseline } from '@cellkeep/schema/registry';
import type { Db, Services } from '../../core/context.ts';
import { populationStability } from '../predictionLog/index.ts';
import { countsOf, spreadOf } from '../traffic/counts.ts';
import { readBaseline } from '../traffic/readBaseline.ts';
import { alignSpread } from './alignSpread.ts';
import type { Observed } from './decideCanary.ts';

/** ms that a counter covers: the one in which the step began belongs to it only in part, and is left out. */
const COUNTER = 10_000;

interface Placed {
  id: string;
  loggedModelId: string;
}

interface Watched {
  workspaceId: string;
  endpointId: string;
  canary: Placed & { stepStartedAt: number; liveAt: number };
  live: readonly Placed[];
}

export async function observeCanary(services: Pick<Services, 'sql' | 'blobs'>, watched: Watched): Promise<Observed> {
  const { sql } = services;
  const { endpointId, canary, live } = watched;
  // Of the first step everything: nothing was asked of it before.
  const since =
    canary.liveAt === canary.stepStartedAt ? canary.stepStartedAt - COUNTER : Math.ceil(canary.stepStartedAt / COUNTER) * COUNTER;
  const liveIds = live.map(({ id }) => id);
  const [own, theirs, drift, ownFeedback, theirFeedback] = await Promise.all([
    countsOf(sql, endpointId, [canary.id], since),
    countsOf(sql, endpointId, liveIds, since),
    driftOf(services, watched),
    feedbackOf(sql, [canary.id], canary.liveAt),
    feedbackOf(sql, liveIds, canary.liveAt),
  ]);
  return { canary: own, live: theirs, drift, feedback: { canary: ownFeedback, live: theirFeedback } };
}

/** The greatest index of any prediction, since the hour in which it became the canary; against the live one that was asked most. */
async function driftOf(services: Pick<Services, 'sql' | 'blobs'>, { workspaceId, canary, live }: Watched): Promise<number | null> {
  const hour = Math.floor(canary.liveAt / 3_600_000) * 3_600_000;
  const predictions = async (id: string) => spreadOf(services.sql, [id], { since: hour, kind: 'prediction' });
  const own = await predictions(canary.id);
  if (own.length === 0) return null;
  let greatest: number | null = null;
  for (const other of live) {
    const [theirs, ownBins, theirBins] = [
      await predictions(other.id),
      await readBaseline(services, workspaceId, canary.loggedModelId),
      await readBaseline(services, workspaceId, other.loggedModelId),
    ];
    for (const { name, counts } of own) {
      const index = indexOf(counts, bins(ownBins, name), theirs.find((column) => column.name === name)?.counts, bins(theirBins, name));
      if (index !== null) greatest = Math.max(greatest ?? 0, index);
    }
  }
  return greatest;
}

const bins = (baseline: Map<string, ColumnBaseline>, name: string) => baseline.get(`prediction ${name}`);

function indexOf(
  own: number[],
  ownBins: ColumnBaseline | undefined,
  theirs: number[] | undefined,
  theirBins: ColumnBaseline | undefined,
): number | null {
  if (!theirs || !ownBins || !theirBins) return null;
  const aligned = alignSpread(theirs, theirBins, ownBins);
  const rows = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  return aligned && rows(aligned) >= 50 ? populationStability(aligned, own) : null;
}

async function feedbackOf(db: Db, releaseIds: readonly string[], since: number): Promise<{ n: number; mean: number }> {
  const [row] = await db<{ n: number; mean: number }[]>`
    select count(*)::float8 as n, coalesce(avg(value), 0)::float8 as mean from feedback
    where release_id = any(${[...releaseIds]}::uuid[]) and at >= ${since}::float8 and value <> 'NaN' and abs(value) < 1e150`;
  return row ?? { n: 0, mean: 0 };
}
