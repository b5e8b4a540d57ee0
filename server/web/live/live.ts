/**
 * Subscriptions. Views say what they show (`watch`); equal wishes share one subscription, each is opened again when the connection
 * comes back, and what was missed in between is asked for once.
 */
import type { LiveEvent, WatchInput } from '@cellkeep/schema/tracking';
import type { QueryClient } from '@tanstack/react-query';
import type { Connection } from '../connection.ts';
import { applyEvent } from './cache.ts';
import type { PointStore } from './pointStore.ts';

export type Listener = (event: LiveEvent) => void;

export interface Live {
  watch(input: Partial<WatchInput>, listener?: Listener): () => void;
  close(): void;
}

interface Subscription {
  input: Partial<WatchInput>;
  listeners: Set<Listener>;
  users: number;
  abort: AbortController | null;
}

const RETRY_AFTER = 1_000; // ms; the connection stands but the subscription ended

export function createLive(connection: Connection, cache: QueryClient, points: PointStore): Live {
  const subscriptions = new Map<string, Subscription>();
  let waiting: { subscription: Subscription; event: LiveEvent }[] = [];
  let flushing: ReturnType<typeof setTimeout> | null = null;
  let hasBeenLive = connection.status.get().state === 'live';

  // Several runs that log at once send some ten events each a second; one round of rendering takes them all.
  const flush = () => {
    flushing = null;
    const events = waiting;
    waiting = [];
    for (const { subscription, event } of events) {
      applyEvent(cache, event);
      for (const listener of subscription.listeners) listener(event);
    }
  };

  const refetch = () => {
    void cache.invalidateQueries({ refetchType: 'active' });
    points.reload();
  };

  const take = (subscription: Subscription, event: LiveEvent) => {
    if (event.type === 'points') points.append(event.runId, event.series);
    else if (event.type === 'lagging') refetch();
    else {
      waiting.push({ subscription, event });
      flushing ??= setTimeout(flush, 50);
    }
  };

  const follow = async (subscription: Subscription) => {
    if (subscription.abort || connection.status.get().state !== 'live') return;
    const abort = new AbortController();
    subscription.abort = abort;
    try {
      const events = await connection.client.tracking.watch(subscription.input as WatchInput, { signal: abort.signal });
      for await (const event of events) take(subscription, event);
    } catch {
      // Nothing to say here: the connection tells of its own end, and a view's queries name what is refused.
    }
    if (subscription.abort === abort) subscription.abort = null;
    if (!abort.signal.aborted && connection.status.get().state === 'live') setTimeout(() => again(subscription), RETRY_AFTER);
  };

  const again = (subscription: Subscription) => {
    if (subscription.users > 0) void follow(subscription);
  };

  const stop = connection.status.subscribe(() => {
    const live = connection.status.get().state === 'live';
    if (live && hasBeenLive) refetch();
    hasBeenLive ||= live;
    for (const subscription of subscriptions.values()) {
      if (live) void follow(subscription);
      else {
        // Its iterator ends with the socket. An abort would be sent on the closed one, and fail where nobody can catch it.
        subscription.abort = null;
      }
    }
  });

  return {
    watch(input, listener) {
      const key = JSON.stringify(input);
      let subscription = subscriptions.get(key);
      if (!subscription) {
        subscription = { input, listeners: new Set(), users: 0, abort: null };
        subscriptions.set(key, subscription);
      }
      const used = subscription;
      used.users++;
      if (listener) used.listeners.add(listener);
      void follow(used);
      return () => {
        if (listener) used.listeners.delete(listener);
        if (--used.users > 0) return;
        used.abort?.abort();
        subscriptions.delete(key);
      };
    },
    close() {
      stop();
      for (const { abort } of subscriptions.values()) abort?.abort();
      if (flushing) clearTimeout(flushing);
    },
  };
}
