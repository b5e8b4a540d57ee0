/**
 * Live changes: a room publishes after its commit, `tracking.watch` subscribes. Publishing never blocks and never throws; a slow
 * subscriber loses events and is told so. Servers that share a database hear of each other's changes by relayLive.ts.
 */
import type { Logger } from 'pino';

/** One change of a workspace. `topic` names the kind of message ("run", "points", "artifact", "experiment"). */
export interface LiveMessage {
  workspaceId: string;
  topic: string;
  /** What the subscriber's filter looks at; absent where it does not apply. */
  runId?: string;
  experimentId?: string;
  notebookId?: string | null;
  payload: unknown;
  /** The server that published it; absent: this one. */
  from?: string;
}

export interface Live {
  publish: (message: LiveMessage) => void;
  /** Calls `listener` for each message of any workspace, before its subscribers. */
  onAny: (listener: (message: LiveMessage) => void) => () => void;
  /** Other servers come and go; of one that is gone, whatever it alone knew is true no more. */
  onServer: (listener: (change: 'came' | 'gone', server: string) => void) => () => void;
  tellServer: (change: 'came' | 'gone', server: string) => void;
  /** Calls `listener` for each later message of the workspace until the returned function is called. */
  subscribe: (workspaceId: string, listener: (message: LiveMessage) => void) => () => void;
  /** Open subscriptions, for /metrics and leak checks. */
  readonly size: number;
}

/** @param log hears of a subscriber that throws, which is a fault in it: whoever publishes has committed and must go on */
export function createLive(log?: Logger): Live {
  const byWorkspace = new Map<string, Set<(message: LiveMessage) => void>>();
  const everything = new Set<(message: LiveMessage) => void>();
  const ofServers = new Set<(change: 'came' | 'gone', server: string) => void>();
  const safely = (work: () => void, topic: string) => {
    try {
      work();
    } catch (error) {
      log?.error({ err: error, topic }, 'a subscriber to live changes failed');
    }
  };
  const publish = (message: LiveMessage) => {
    for (const listener of everything) safely(() => listener(message), message.topic);
    for (const listener of byWorkspace.get(message.workspaceId) ?? []) safely(() => listener(message), message.topic);
  };
  return {
    publish,
    onAny(listener) {
      everything.add(listener);
      return () => everything.delete(listener);
    },
    onServer(listener) {
      ofServers.add(listener);
      return () => ofServers.delete(listener);
    },
    tellServer(change, server) {
      for (const listener of ofServers) safely(() => listener(change, server), 'server');
    },
    subscribe(workspaceId, listener) {
      const listeners = byWorkspace.get(workspaceId) ?? new Set();
      byWorkspace.set(workspaceId, listeners);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) byWorkspace.delete(workspaceId);
      };
    },
    get size() {
      let n = 0;
      for (const listeners of byWorkspace.values()) n += listeners.size;
      return n;
    },
  };
}
