/** What a change brings with it: rows of the log and of lineage, written in its transaction, and news for whoever watches, told after it. */
import type { Caller, Db, Services } from '../core/context.ts';
import { appendEvents, type NewEvent } from '../core/events.ts';
import { addEdges, type NewEdge } from '../core/lineage.ts';
import { publishSnapshot, type SnapshotNews } from '../design/index.ts';
import type { Appended } from './appendPoints.ts';

export type Change = 'created' | 'updated' | 'deleted' | 'restored';

/** Where a run belongs: what a watcher's filter looks at. */
export interface RunPlace {
  experimentId: string;
  notebookId: string | null;
}

export interface Effects {
  events: NewEvent[];
  edges: NewEdge[];
  runs: Map<string, RunPlace & { change: Change }>;
  points: (Appended & RunPlace)[];
  snapshots: SnapshotNews[];
}

export function noEffects(): Effects {
  return { events: [], edges: [], runs: new Map(), points: [], snapshots: [] };
}

/** Of several changes of one run the first that says more than `updated` is kept. */
export function runChanged(effects: Effects, id: string, place: RunPlace, change: Change = 'updated'): void {
  const known = effects.runs.get(id);
  if (!known || known.change === 'updated')
    effects.runs.set(id, { experimentId: place.experimentId, notebookId: place.notebookId, change });
}

/** The last statements of the transaction. */
export async function writeEffects(db: Db, caller: Caller, { events, edges }: Effects): Promise<void> {
  await appendEvents(db, caller, events);
  await addEdges(db, caller.workspaceId, edges);
}

/** After the commit. */
export function publishEffects({ live }: Pick<Services, 'live'>, workspaceId: string, { runs, points, snapshots }: Effects): void {
  for (const [runId, { change, experimentId, notebookId }] of runs) {
    live.publish({ workspaceId, topic: 'run', runId, experimentId, notebookId, payload: { change } });
  }
  for (const { runId, experimentId, notebookId, key, points: columns } of points) {
    live.publish({ workspaceId, topic: 'points', runId, experimentId, notebookId, payload: { key, points: columns } });
  }
  for (const news of snapshots) publishSnapshot({ live }, workspaceId, news);
}
