/** What of this room lives as long as the server: the gathering of points, the joining of chunks, watchers, and the look for silent runs. */
import type { Services } from '../core/context.ts';
import { BEAT_STEP } from './changeRuns.ts';
import { type Change, noEffects, publishEffects, type RunPlace, runChanged } from './effects.ts';
import { createGatherer, type PointGatherer } from './gatherPoints.ts';
import { lostAfter, startGivingUp } from './giveUpRuns.ts';
import { createJoiner } from './joinChunks.ts';
import { createUploads, type Uploads } from './uploads.ts';
import { createWatchers, type Watchers } from './watch.ts';

export interface Tracking {
  points: PointGatherer;
  watchers: Watchers;
  uploads: Uploads;
  /** Chunks of these series are to be joined. */
  crowded: (seriesIds: readonly string[]) => void;
  places: Places;
  beats: Beats;
  /** First of two: ends subscriptions, so that the server's connections can close. */
  close: () => void;
  /** Second: once no request is under way. */
  stop: () => Promise<void>;
}

export interface KnownPlace extends RunPlace {
  workspaceId: string;
  /** By itself or with its experiment. */
  deleted: boolean;
}

/** Where runs that are logged to belong: read once, not with each of their points. */
export interface Places {
  get: (runId: string) => KnownPlace | undefined;
  /** Where it belongs, though whether it is deleted may have changed since: for news of what has been committed. */
  where: (runId: string) => (RunPlace & Pick<KnownPlace, 'workspaceId'>) | undefined;
  /** Reads and remembers it, unless it was to be forgotten while it was read. */
  learn: (runId: string, read: () => Promise<KnownPlace | null>) => Promise<KnownPlace | null>;
  /** After a commit that deletes or restores these runs; absent: any. */
  forget: (runIds?: readonly string[]) => void;
}

/** ms: what another server deletes is told here, but news between servers may be lost on the way (core/relayLive.ts). */
const REMEMBERED_FOR = 60_000;

function createPlaces(now: () => number): Places {
  const known = new Map<string, { place: KnownPlace; until: number }>();
  let changes = 0;
  return {
    get(runId) {
      const one = known.get(runId);
      return one && now() < one.until ? one.place : undefined;
    },
    where: (runId) => known.get(runId)?.place,
    async learn(runId, read) {
      const since = changes;
      const place = await read();
      if (known.size >= MOST_REMEMBERED) known.clear();
      if (place) known.set(runId, { place, until: since === changes ? now() + REMEMBERED_FOR : 0 });
      return place;
    },
    forget(runIds) {
      changes += 1;
      for (const one of runIds ? runIds.map((id) => known.get(id)) : known.values()) if (one) one.until = 0;
    },
  };
}

/** What other servers of this database delete and restore is forgotten here as well. @returns ends it */
function forgetWithOthers({ live }: Pick<Services, 'live'>, places: Places): () => void {
  const endings = [
    live.onAny(({ from, topic, runId, payload }) => {
      if (from === undefined) return; // whoever changes something here forgets by itself
      if (topic === 'experiment') places.forget();
      const { change } = (payload ?? {}) as { change?: Change };
      if (topic === 'run' && runId && (change === 'deleted' || change === 'restored')) places.forget([runId]);
    }),
    // What it said while it was not heard is lost.
    live.onServer(() => places.forget()),
  ];
  return () => {
    for (const end of endings) end();
  };
}

/** When each run was last written down as alive, by this process. */
export interface Beats {
  /** Whether it is to be written down again; then it counts as done. */
  isDue: (runId: string) => boolean;
}

const MOST_REMEMBERED = 10_000;

function createBeats(now: () => number): Beats {
  const last = new Map<string, number>();
  return {
    isDue(runId) {
      const at = now();
      if (at - (last.get(runId) ?? Number.NEGATIVE_INFINITY) < BEAT_STEP) return false;
      if (last.size >= MOST_REMEMBERED) last.clear();
      last.set(runId, at);
      return true;
    },
  };
}

export function createTracking(services: Services): Tracking {
  const joiner = createJoiner(services.sql, services.log);
  const watchers = createWatchers(services);
  const places = createPlaces(services.now);
  const forgetNoMore = forgetWithOthers(services, places);
  const points = createGatherer(services.sql, ({ appended, crowded }) => {
    joiner.add(crowded);
    const byWorkspace = new Map<string, ReturnType<typeof noEffects>>();
    for (const one of appended) {
      const place = places.where(one.runId);
      if (!place) continue;
      const effects = byWorkspace.get(place.workspaceId) ?? noEffects();
      byWorkspace.set(place.workspaceId, effects);
      effects.points.push({ ...one, ...place });
      runChanged(effects, one.runId, place);
    }
    for (const [workspaceId, effects] of byWorkspace) publishEffects(services, workspaceId, effects);
  });
  const silence = startGivingUp(services, lostAfter(process.env), services.log);
  const uploads = createUploads();
  return {
    points,
    watchers,
    uploads,
    crowded: joiner.add,
    places,
    beats: createBeats(services.now),
    close: watchers.close,
    async stop() {
      watchers.close();
      forgetNoMore();
      await silence.stop();
      await uploads.stop();
      await points.idle();
      await joiner.stop();
    },
  };
}
