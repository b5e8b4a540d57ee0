import type { LiveEvent } from '@cellkeep/schema/tracking';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Connection, ConnectionStatus } from '../connection.ts';
import { createLive } from './live.ts';
import { createPointStore } from './pointStore.ts';

/** A connection that a test takes away and brings back, a subscription whose `hello` it says, and a view's question. */
function pageOf(state: ConnectionStatus['state'], isEarly = false) {
  let status: ConnectionStatus = { state, since: 0 };
  let ask = () => Promise.reject(new Error('offline'));
  const listeners = new Set<() => void>();
  const hellos: (() => void)[] = [];
  async function* events(): AsyncGenerator<LiveEvent> {
    await new Promise<void>((resolve) => hellos.push(resolve));
    yield { type: 'hello', at: 1 };
    await new Promise(() => {});
  }
  const connection = {
    client: { tracking: { watch: async () => events() } },
    gaveEarly: () => isEarly,
    status: {
      get: () => status,
      subscribe(listener: () => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  } as unknown as Connection;
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } });
  const live = createLive(
    connection,
    cache,
    createPointStore(async () => []),
  );
  const view = new QueryObserver(cache, { queryKey: ['runs'], queryFn: () => ask() });
  onTestFinished(view.subscribe(() => {}));
  return {
    live,
    hellos,
    view: () => view.getCurrentResult(),
    refetch: () => view.refetch(),
    answers(given: unknown) {
      ask = () => Promise.resolve(given as never);
    },
    become(next: ConnectionStatus['state']) {
      status = { state: next, since: 0 };
      for (const listener of listeners) listener();
    },
  };
}

test('what failed because the first try to connect failed is asked for again once there is a connection', async () => {
  const page = pageOf('connecting');
  page.become('offline');
  await vi.waitFor(() => expect(page.view().status).toBe('error'));
  page.answers('here');
  page.become('live');
  await vi.waitFor(() => expect(page.view().data).toBe('here'));
});

test('what was missed is asked for once the subscriptions stand, and not before', async () => {
  const page = pageOf('live');
  page.answers('as it was');
  page.live.watch({});
  await vi.waitFor(() => expect(page.hellos).toHaveLength(1));
  page.become('offline');
  page.become('live');
  await vi.waitFor(() => expect(page.hellos).toHaveLength(2));
  page.answers('changed while nobody listened');
  const before = page.view().dataUpdatedAt;
  await new Promise((resolve) => setImmediate(resolve));
  expect(page.view().dataUpdatedAt).toBe(before);
  page.hellos[1]?.();
  await vi.waitFor(() => expect(page.view().data).toBe('changed while nobody listened'));
});

test('what was answered before the code was there is asked for once more when the subscription stands', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  for (const isEarly of [false, true]) {
    const page = pageOf('live', isEarly);
    await vi.advanceTimersByTimeAsync(10);
    page.answers('early');
    await page.refetch();
    page.live.watch({ runIds: ['a'] });
    await vi.advanceTimersByTimeAsync(10);
    page.answers('since');
    page.hellos[0]?.();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(page.view().data).toBe(isEarly ? 'since' : 'early');
  }
});
