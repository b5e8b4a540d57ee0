/**
 * The series that are on screen. Live points are added outside of React; who draws a series is told at most once a frame, however
 * many points came. A series that nobody draws is forgotten, so that it can never be shown stale.
 */
import type { SeriesPoints } from '@cellkeep/schema/tracking';
import type { LoadHistory } from './historyLoader.ts';
import { appendPoints, emptySeries, fromCurve, type Series } from './series.ts';

export type SeriesState = 'loading' | 'ready' | 'error';

export interface Held {
  runId: string;
  key: string;
  series: Series;
  state: SeriesState;
  /** Higher with every change. */
  version: number;
}

interface Entry extends Held {
  /** Live points that came before the history did. */
  early: SeriesPoints[];
  readers: Set<() => void>;
}

export interface PointStore {
  get(runId: string, key: string): Held | undefined;
  /** Loads what is missing and calls `reader` on change until the returned function is called. */
  read(runIds: readonly string[], key: string, maxPoints: number, reader: () => void): () => void;
  append(runId: string, series: readonly SeriesPoints[]): void;
  /** Once nothing that was asked for is on its way. */
  settled(): Promise<void>;
  /** Asks again for all that is shown: points were missed. */
  reload(): void;
}

const idOf = (runId: string, key: string) => `${runId} ${key}`;

export function createPointStore(loadHistory: LoadHistory): PointStore {
  const entries = new Map<string, Entry>();
  const dirty = new Set<() => void>();
  let isScheduled = false;

  const tell = (entry: Entry) => {
    entry.version++;
    for (const reader of entry.readers) dirty.add(reader);
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      const readers = [...dirty];
      dirty.clear();
      for (const reader of readers) reader();
    });
  };

  const loading = new Set<Promise<void>>();
  const load = (runIds: string[], key: string, maxPoints: number) => {
    const loads = loadNow(runIds, key, maxPoints).finally(() => loading.delete(loads));
    loading.add(loads);
  };

  const loadNow = async (runIds: string[], key: string, maxPoints: number) => {
    try {
      const found = new Map((await loadHistory({ runIds, key, maxPoints })).map((curve) => [curve.runId, curve]));
      for (const runId of runIds) {
        const entry = entries.get(idOf(runId, key));
        if (!entry) continue;
        const curve = found.get(runId);
        entry.series = curve ? fromCurve(curve) : emptySeries();
        for (const points of entry.early) appendPoints(entry.series, points);
        entry.early = [];
        entry.state = 'ready';
        tell(entry);
      }
    } catch {
      for (const runId of runIds) {
        const entry = entries.get(idOf(runId, key));
        if (!entry || entry.series.length > 0) continue; // what is shown stays; the connection says that it is old
        entry.state = 'error';
        tell(entry);
      }
    }
  };

  const loads = new Map<string, number>();

  return {
    get: (runId, key) => entries.get(idOf(runId, key)),
    read(runIds, key, maxPoints, reader) {
      const missing: string[] = [];
      for (const runId of runIds) {
        const id = idOf(runId, key);
        let entry = entries.get(id);
        if (!entry) {
          entry = { runId, key, series: emptySeries(), state: 'loading', version: 0, early: [], readers: new Set() };
          entries.set(id, entry);
          missing.push(runId);
        } else if (entry.state === 'error') {
          entry.state = 'loading';
          missing.push(runId);
        }
        entry.readers.add(reader);
      }
      loads.set(key, Math.max(loads.get(key) ?? 0, maxPoints));
      if (missing.length > 0) load(missing, key, maxPoints);
      return () => {
        for (const runId of runIds) {
          const id = idOf(runId, key);
          const entry = entries.get(id);
          entry?.readers.delete(reader);
          if (entry?.readers.size === 0) entries.delete(id);
        }
        dirty.delete(reader);
      };
    },
    append(runId, series) {
      for (const points of series) {
        const entry = entries.get(idOf(runId, points.key));
        if (!entry) continue;
        if (entry.state === 'loading') entry.early.push(points);
        else if (appendPoints(entry.series, points) > 0) tell(entry);
      }
    },
    async settled() {
      while (loading.size > 0) await Promise.all(loading);
    },
    reload() {
      const byKey = new Map<string, string[]>();
      for (const entry of entries.values()) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), entry.runId]);
      for (const [key, runIds] of byKey) load(runIds, key, loads.get(key) ?? 2_000);
    },
  };
}
