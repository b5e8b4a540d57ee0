/** What of this room lives as long as the server: the gathering of points, the joining of chunks, watchers, and the look for silent runs. */
import type { Services } from '../core/context.ts';
import { BEAT_STEP } from './changeRuns.ts';
import { noEffects, publishEffects, type RunPlace, runChanged } from './effects.ts';
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
  /** Where runs of requests that are under way belong, for the news after their commit. */
  places: Map<string, RunPlace & { workspaceId: string }>;
  beats: Beats;
  /** First of two: ends subscriptions, so that the server's connections can close. */
  close: () => void;
  /** Second: once no request is under way. */
  stop: () => Promise<void>;
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
  const places: Tracking['places'] = new Map();
  const points = createGatherer(services.sql, ({ appended, crowded }) => {
    joiner.add(crowded);
    const byWorkspace = new Map<string, ReturnType<typeof noEffects>>();
    for (const one of appended) {
      const place = places.get(one.runId);
      if (!place) continue;
      const effects = byWorkspace.get(place.workspaceId) ?? noEffects();
      byWorkspace.set(place.workspaceId, effects);
      effects.points.push({ ...one, ...place });
      runChanged(effects, one.runId, place);
    }
    for (const [workspaceId, effects] of byWorkspace) publishEffects(services, workspaceId, effects);
    if (places.size > MOST_REMEMBERED) places.clear();
  });
  const silence = startGivingUp(services, lostAfter(process.env), services.log);
  return {
    points,
    watchers,
    uploads: createUploads(),
    crowded: joiner.add,
    places,
    beats: createBeats(services.now),
    close: watchers.close,
    async stop() {
      watchers.close();
      await silence.stop();
      await points.idle();
      await joiner.stop();
    },
  };
}
