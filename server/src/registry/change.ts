/** One transaction with all that belongs to a change of this room, and the news after it. */
import { requireRole } from '../access/index.ts';
import type { CallContext, Db } from '../core/context.ts';
import { appendEvents, type NewEvent } from '../core/events.ts';
import { addEdges, type NewEdge } from '../core/lineage.ts';
import { newsOf, publishNews } from './news.ts';

export interface Effects {
  events: NewEvent[];
  edges: NewEdge[];
  /** Runs whose models are others now: whoever watches them reads them again. */
  runs: { id: string; experimentId: string; notebookId: string | null }[];
}

/** @throws FORBIDDEN below editor */
export async function inOneChange<T>(context: CallContext, work: (tx: Db, effects: Effects) => Promise<T>): Promise<T> {
  requireRole(context, 'editor');
  const { sql, caller, live } = context;
  const effects: Effects = { events: [], edges: [], runs: [] };
  const value = await sql.begin(async (tx) => {
    const made = await work(tx, effects);
    await appendEvents(tx, caller, effects.events);
    await addEdges(tx, caller.workspaceId, effects.edges);
    return made;
  });
  for (const { id, experimentId, notebookId } of effects.runs) {
    live.publish({ workspaceId: caller.workspaceId, topic: 'run', runId: id, experimentId, notebookId, payload: { change: 'updated' } });
  }
  for (const news of newsOf(effects.events)) publishNews(context, caller.workspaceId, news);
  return value as T;
}
