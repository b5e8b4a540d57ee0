/**
 * What all views of one connection share, however many roots they are mounted in: the cache of answers, the points on screen, the
 * subscriptions, the colours of runs. The sidebar and a tab beside it thus never disagree.
 */
import { CURVE_BYTES, decodeCurves } from '@cellkeep/schema/tracking';
import { QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useRef } from 'react';
import type { Client, Connection, ConnectionStatus } from '../connection.ts';
import { useReadable } from '../host.ts';
import { assignSlots, type RunStyle, styleOf } from '../look/runColour.ts';
import { createHistoryLoader, type LoadHistory } from './historyLoader.ts';
import { createLive, type Listener, type Live } from './live.ts';
import { createPointStore, type PointStore } from './pointStore.ts';

export interface Shared {
  connection: Connection;
  cache: QueryClient;
  points: PointStore;
  loadHistory: LoadHistory;
  live: Live;
  /** Colour slots that runs were given in this page. */
  slots: Map<string, number>;
}

const byConnection = new WeakMap<Connection, Shared>();

export function sharedOf(connection: Connection): Shared {
  let shared = byConnection.get(connection);
  if (!shared) {
    const cache = new QueryClient({
      defaultOptions: {
        // The WebSocket knows whether the server is there; the browser's idea of being online says nothing about 127.0.0.1.
        queries: { retry: false, networkMode: 'always', refetchOnWindowFocus: false, refetchOnReconnect: false, gcTime: 60_000 },
        mutations: { retry: false, networkMode: 'always' },
      },
    });
    const loadHistory = createHistoryLoader(async (input) => {
      // Read before the subscription stands, a curve would lack what was logged in between.
      await live.stands();
      const answer = await connection.post('api/v1/metrics/history', input, { accept: CURVE_BYTES });
      return decodeCurves(await answer.arrayBuffer());
    });
    const points = createPointStore(loadHistory);
    const live = createLive(connection, cache, points);
    shared = { connection, cache, points, loadHistory, live, slots: new Map() };
    byConnection.set(connection, shared);
  }
  return shared;
}

export const SharedContext = createContext<Shared | null>(null);

export function useShared(): Shared {
  const shared = useContext(SharedContext);
  if (!shared) throw new Error('a view is shown outside of CellkeepRoot');
  return shared;
}

export const useClient = (): Client => useShared().connection.client;
export const useConnectionStatus = (): ConnectionStatus => useReadable(useShared().connection.status);

/** Keeps a subscription while the view is mounted; null: nothing to watch yet. */
export function useWatch(input: Parameters<Live['watch']>[0] | null, listener?: Listener): void {
  const { live } = useShared();
  const key = input && JSON.stringify(input);
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    if (key === null) return;
    return live.watch(JSON.parse(key), (event) => latest.current?.(event));
  }, [live, key]);
}

/** How the runs of one picture look: all different, each as everywhere else where that is possible. */
export function useRunStyles(runIds: readonly string[]): ReadonlyMap<string, RunStyle> {
  const { slots } = useShared();
  const joined = runIds.join(' ');
  return useMemo(() => {
    const assigned = assignSlots(joined ? joined.split(' ') : [], slots);
    for (const [id, slot] of assigned) slots.set(id, slot);
    return new Map([...assigned].map(([id, slot]) => [id, styleOf(slot)]));
  }, [joined, slots]);
}
