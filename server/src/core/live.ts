/**
 * Live changes inside one server process: a room publishes after its commit, `tracking.watch` subscribes.
 * Publishing never blocks and never throws; a slow subscriber loses events and is told so.
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
}

export interface Live {
  publish: (message: LiveMessage) => void;
  /** Calls `listener` for each later message of the workspace until the returned function is called. */
  subscribe: (workspaceId: string, listener: (message: LiveMessage) => void) => () => void;
  /** Open subscriptions, for /metrics and leak checks. */
  readonly size: number;
}

/** @param log hears of a subscriber that throws, which is a fault in it: whoever publishes has committed and must go on */
export function createLive(log?: Logger): Live {
  const byWorkspace = new Map<string, Set<(message: LiveMessage) => void>>();
  return {
    publish(message) {
      for (const listener of byWorkspace.get(message.workspaceId) ?? []) {
        try {
          listener(message);
        } catch (error) {
          log?.error({ err: error, topic: message.topic }, 'a subscriber to live changes failed');
        }
      }
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
