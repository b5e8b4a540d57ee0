/**
 * Every change of an endpoint, by people or by the plan of a canary: one transaction that begins with a lock of its row, so that changes
 * come one after the other on all servers; hosts hear of it by its generation, watchers after the commit.
 */
import type { Caller, Db, Services } from '../../core/context.ts';
import { appendEvents, type NewEvent } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { addEdges, type NewEdge } from '../../core/lineage.ts';
import { readRelease, releaseOf } from '../releases/releaseRows.ts';
import { type EndpointRow, type Seen, showEndpoint } from './readEndpoints.ts';

/** Hosts and servers listen here; the payload is the endpoint's id. */
export const CHANNEL = 'cellkeep_endpoint';

export interface Effects {
  events: NewEvent[];
  edges: NewEdge[];
  /** Ids of releases that are not as they were. */
  releases: Set<string>;
}

type Who = Pick<Caller, 'workspaceId' | 'userId' | 'userName'>;
export type Telling = Pick<Services, 'sql' | 'live' | 'log'>;

interface Change<T> {
  who: Who;
  /** Locks the row; throws where it is not there. */
  find: (tx: Db) => Promise<EndpointRow>;
  work: (tx: Db, endpoint: EndpointRow, effects: Effects) => Promise<T>;
  /** `updatedAt` as whoever changes it has read it. */
  readAt?: number;
}

/** @throws CONFLICT where somebody changed it since it was read */
export async function changeEndpoint<T>(services: Telling, seen: Seen, { who, find, work, readAt }: Change<T>): Promise<T> {
  const effects: Effects = { events: [], edges: [], releases: new Set() };
  const [value, id] = (await services.sql.begin(async (tx): Promise<[T, string]> => {
    const endpoint = await find(tx);
    if (readAt !== undefined && endpoint.updatedAt.getTime() !== readAt) throw changedSince(endpoint);
    const made = await work(tx, endpoint, effects);
    if (effects.events.length > 0) await touch(tx, endpoint.id, seen.now());
    await appendEvents(tx, who, effects.events);
    await addEdges(tx, who.workspaceId, effects.edges);
    return [made, endpoint.id];
  })) as [T, string];
  if (effects.events.length > 0) await tell(services, seen, id, effects.releases);
  return value;
}

function changedSince({ name, updatedAt }: EndpointRow) {
  const reason = `endpoint ${JSON.stringify(name)} was changed at ${updatedAt.toISOString()}, after it was read`;
  return failure('CONFLICT', { field: 'readAt', reason, remedy: 'look at it again, then decide' });
}

/** A change is later than the one before it, whatever the clock says. */
async function touch(tx: Db, id: string, now: number): Promise<void> {
  await tx`
    update endpoints set generation = generation + 1,
      updated_at = greatest(${new Date(now)}::timestamptz, updated_at + interval '1 millisecond') where id = ${id}`;
  await tx`select pg_notify(${CHANNEL}, ${id})`;
}

/** What hosts are to read, and no person has changed: tokens. */
export async function raiseGeneration(tx: Db, id: string): Promise<void> {
  await tx`update endpoints set generation = generation + 1 where id = ${id}`;
  await tx`select pg_notify(${CHANNEL}, ${id})`;
}

/** After the commit: that it is told late or never changes nothing of it. */
export async function tell(services: Telling, seen: Seen, id: string, releases: Iterable<string> = []): Promise<void> {
  const { sql, live, log } = services;
  try {
    const shown = await showEndpoint(sql, id, seen);
    if (!shown) return;
    const { workspaceId, ...endpoint } = shown;
    for (const releaseId of releases) {
      const release = await readRelease(sql, workspaceId, releaseId);
      if (release) live.publish({ workspaceId, topic: 'release', payload: releaseOf(release) });
    }
    live.publish({ workspaceId, topic: 'endpoint', payload: endpoint });
  } catch (error) {
    log.warn({ err: error, endpoint: id }, 'a change of an endpoint could not be told to those who watch');
  }
}
