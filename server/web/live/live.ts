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
  /** Once all that is watched is told of: what is read from then on, and what is told, have no gap between them. */
  stands(): Promise<void>;
  close(): void;
}

interface Subscription {
  input: Partial<WatchInput>;
  listeners: Set<Listener>;
  users: number;
  abort: AbortController | null;
  /** The server has said so, or the subscription has ended; null: it is not asked for. */
  stands: Promise<void> | null;
}

const RETRY_AFTER = 1_000; // ms; the connection stands but the subscription ended
const RENEWED_AFTER = 1_000; // ms; what the page needs to be drawn comes first

export function createLive(connection: Connection, cache: QueryClient, points: PointStore): Live {
  const subscriptions = new Map<string, Subscription>();
  let waiting: { subscription: Subscription; event: LiveEvent }[] = [];
  let flushing: ReturnType<typeof setTimeout> | null = null;
  let renewing: ReturnType<typeof setTimeout> | undefined;
  let before = connection.status.get().state;

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

  const renew = () => void cache.invalidateQueries({ refetchType: 'active' });
  const refetch = () => {
    renew();
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

  /** @returns once the server has it, or it has ended */
  const follow = (subscription: Subscription): Promise<void> => {
    if (connection.status.get().state !== 'live') return Promise.resolve();
    if (!subscription.abort || !subscription.stands) subscription.stands = new Promise((stands) => void listen(subscription, stands));
    return subscription.stands;
  };

  const listen = async (subscription: Subscription, onStands: () => void) => {
    const abort = new AbortController();
    subscription.abort = abort;
    try {
      const events = await connection.client.tracking.watch(subscription.input as WatchInput, { signal: abort.signal });
      for await (const event of events) {
        if (event.type === 'hello') {
          onStands();
          // What was answered before the page's code was there may have changed before this subscription stood.
          if (connection.gaveEarly()) renewing = setTimeout(renew, RENEWED_AFTER);
        }
        take(subscription, event);
      }
    } catch {
      // Nothing to say here: the connection tells of its own end, and a view's queries name what is refused.
    }
    onStands();
    if (subscription.abort === abort) subscription.abort = null;
    if (!abort.signal.aborted && connection.status.get().state === 'live') setTimeout(() => again(subscription), RETRY_AFTER);
  };

  const again = (subscription: Subscription) => {
    if (subscription.users > 0) void follow(subscription);
  };

  /** Not before the subscriptions stand: what changes between an answer and the subscription would be told by neither. */
  const catchUp = async () => {
    await Promise.all([...subscriptions.values()].map(follow));
    if (connection.status.get().state === 'live') refetch();
  };

  const stop = connection.status.subscribe(() => {
    const { state } = connection.status.get();
    const wasAway = before === 'offline'; // from the page's first try on: what was asked for then has failed, and waits
    before = state;
    if (state !== 'live') {
      // Its iterator ends with the socket. An abort would be sent on the closed one, and fail where nobody can catch it.
      for (const subscription of subscriptions.values()) subscription.abort = null;
    } else if (wasAway) void catchUp();
    else for (const subscription of subscriptions.values()) void follow(subscription);
  });

  /** Where the first try to connect is under way: what comes of it. */
  const connected = () =>
    new Promise<void>((resolve) => {
      if (connection.status.get().state !== 'connecting') return resolve();
      const done = connection.status.subscribe(() => {
        done();
        resolve();
      });
    });

  return {
    async stands() {
      if (subscriptions.size === 0) return;
      await connected();
      await Promise.all([...subscriptions.values()].map(follow));
    },
    watch(input, listener) {
      const key = JSON.stringify(input);
      let subscription = subscriptions.get(key);
      if (!subscription) {
        subscription = { input, listeners: new Set(), users: 0, abort: null, stands: null };
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
      clearTimeout(renewing);
    },
  };
}
