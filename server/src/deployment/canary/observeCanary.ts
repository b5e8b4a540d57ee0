/** What was counted of a canary and of the live ones beside it since its step began. */
import { isDeepStrictEqual } from 'node:util';
import type { Db, Services } from '../../core/context.ts';
import { countsOf, spreadOf } from '../traffic/counts.ts';
import { type KnownBaseline, readBaseline } from '../traffic/readBaseline.ts';
import { alignSpread } from './alignSpread.ts';
import type { Observed } from './decideCanary.ts';
import { type Drift, driftBetween } from './driftBetween.ts';

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

/**
 * The greatest of any prediction, against the live one that it is farthest from; of both since the step began. Hosts count from there on
 * apart (recordCounts.ts), and within a step the shares of the traffic stay the same: what changes with the time of day changes for both.
 */
async function driftOf(services: Pick<Services, 'sql' | 'blobs'>, { workspaceId, canary, live }: Watched): Promise<Drift | null> {
  const predictions = async (id: string) => spreadOf(services.sql, [id], { since: canary.stepStartedAt, kind: 'prediction' });
  const own = await predictions(canary.id);
  if (own.length === 0) return null;
  const ownBins = await readBaseline(services, workspaceId, canary.loggedModelId);
  let greatest: Drift | null = null;
  for (const other of live) {
    const theirs = await predictions(other.id);
    const theirBins = await readBaseline(services, workspaceId, other.loggedModelId);
    for (const { name, counts } of own) {
      const ofOther = theirs.find((column) => column.name === name)?.counts;
      const drift = ofOther ? driftIn(name, { counts, known: ownBins }, { counts: ofOther, known: theirBins }) : null;
      if (drift !== null && drift.index >= (greatest?.index ?? 0)) greatest = drift;
    }
  }
  return greatest;
}

interface Spread {
  counts: number[];
  known: KnownBaseline | null;
}

function driftIn(name: string, own: Spread, theirs: Spread): Drift | null {
  const [ownBins, theirBins] = [own, theirs].map(({ known }) => known?.columns.get(`prediction ${name}`));
  if (!ownBins || !theirBins) return null;
  const isSame = isDeepStrictEqual([ownBins.edges, ownBins.values], [theirBins.edges, theirBins.values]);
  // Between the few edges that an example gives, nothing can be read off a line.
  if (!isSame && (own.known?.of === 'example' || theirs.known?.of === 'example')) return null;
  const aligned = alignSpread(theirs.counts, theirBins, ownBins);
  return aligned && driftBetween(aligned, own.counts);
}

async function feedbackOf(db: Db, releaseIds: readonly string[], since: number): Promise<{ n: number; mean: number }> {
  const [row] = await db<{ n: number; mean: number }[]>`
    select count(*)::float8 as n, coalesce(avg(value), 0)::float8 as mean from feedback
    where release_id = any(${[...releaseIds]}::uuid[]) and at >= ${since}::float8 and value <> 'NaN' and abs(value) < 1e150`;
  return row ?? { n: 0, mean: 0 };
}
