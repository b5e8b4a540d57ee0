/** Hosts as the contract shows them. A server makes and removes their rows, a host tells in its own how it is. */
import type { Host } from '@cellkeep/schema/deployment';
import type { Db } from '../../core/context.ts';

/** ms without a word after which nothing is known of a host. It writes once a second. */
export const SILENT_AFTER = 10_000;

export interface HostRow extends Omit<Host, 'startedAt' | 'seenAt'> {
  endpointId: string;
  workspaceId: string;
  /** Boot and tick at which its process began. */
  life: string;
  generation: number;
  loaded: string[];
  refused: Record<string, string>;
  startedAt: Date;
  seenAt: Date;
  /** ms since its last word, by the database's clock: machines need not agree. */
  silence: number;
}

const columns = (db: Db) => db`
  h.id, h.endpoint_id as "endpointId", e.workspace_id as "workspaceId", e.name as endpoint, h.machine, h.address, h.pid::float8 as pid, h.life,
  h.state, h.generation::float8 as generation, h.loaded, h.refused, h.restarts, h.message, h.rss_bytes::float8 as "rssBytes",
  h.started_at as "startedAt", h.seen_at as "seenAt", (extract(epoch from clock_timestamp() - h.seen_at) * 1000)::float8 as silence`;

const joined = (db: Db) => db`hosts h join endpoints e on e.id = h.endpoint_id`;

export async function readHosts(db: Db, endpointIds: readonly string[]): Promise<HostRow[]> {
  if (endpointIds.length === 0) return [];
  return db<HostRow[]>`
    select ${columns(db)} from ${joined(db)}
    where h.endpoint_id = any(${[...endpointIds]}::uuid[]) order by h.machine, h.started_at, h.id`;
}

export function readAllHosts(db: Db): Promise<HostRow[]> {
  return db<HostRow[]>`select ${columns(db)} from ${joined(db)} order by h.machine, h.started_at, h.id`.then((rows) => [...rows]);
}

export const isSilent = ({ silence, state }: Pick<HostRow, 'silence' | 'state'>): boolean =>
  silence > SILENT_AFTER && (state === 'ready' || state === 'draining');

/** One of which nothing was heard for long is no more what it said last. */
export function hostOf(row: HostRow): Host {
  const silent = isSilent(row);
  return {
    ...{ id: row.id, endpoint: row.endpoint, machine: row.machine, address: row.address, pid: row.pid },
    state: silent ? 'crashed' : row.state,
    restarts: row.restarts,
    message: silent ? `nothing was heard of it for ${Math.round(row.silence / 1_000)} s` : row.message,
    rssBytes: row.rssBytes,
    startedAt: row.startedAt.getTime(),
    seenAt: row.seenAt.getTime(),
  };
}
