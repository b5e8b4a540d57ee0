/** A model or a version that changed, for whoever watches; published after the commit. Views read again what they show. */
import type { NewEvent } from '../core/events.ts';
import type { LiveMessage } from '../core/live.ts';

export interface ModelNews {
  modelName: string;
  /** Null: the model itself, its aliases, its gate. */
  version: number | null;
  /** As the event says it: "model-version.created". */
  change: string;
}

export function publishNews({ live }: { live: { publish: (message: LiveMessage) => void } }, workspaceId: string, news: ModelNews): void {
  live.publish({ workspaceId, topic: 'model', payload: news });
}

/** Every change of this room leaves an event that names its model; what belongs to a logged model alone names none. */
export function newsOf(events: readonly NewEvent[]): ModelNews[] {
  return events.flatMap(({ what, subject, data = {} }): ModelNews[] => {
    if (!/^model(-version)?:/.test(subject) || typeof data.name !== 'string') return [];
    return [{ modelName: data.name, version: typeof data.version === 'number' ? data.version : null, change: what }];
  });
}
