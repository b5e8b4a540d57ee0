/** Endpoints as the contract shows them, with their releases and hosts. */
import type { Endpoint, EndpointSettings } from '@cellkeep/schema/deployment';
import type { CallContext, Db } from '../../core/context.ts';
import { cursorOf, readCursor } from '../../core/cursor.ts';
import { failure } from '../../core/failure.ts';
import { type HostRow, hostOf, readHosts } from '../hosts/hostRows.ts';
import { type ReleaseRow, readReleases, releaseOf } from '../releases/releaseRows.ts';
import { endpointState } from './endpointState.ts';

/** Retired and failed releases that an endpoint is shown with. */
const OTHERS = 20;

export interface EndpointRow {
  id: string;
  workspaceId: string;
  name: string;
  description: string;
  settings: EndpointSettings;
  wanted: Endpoint['wanted'];
  port: number | null;
  generation: number;
  doorSecret: string;
  lastRequestAt: Date | null;
  asleepAt: Date | null;
  userId: string;
  userName: string;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

/** Of `endpoints e join users u`. */
export const columnsOfEndpoint = (db: Db) => db`
  e.id, e.workspace_id as "workspaceId", e.name, e.description, e.settings, e.wanted, e.port, e.generation::float8 as generation,
  e.door_secret as "doorSecret", e.last_request_at as "lastRequestAt", e.asleep_at as "asleepAt", e.user_id as "userId", u.name as "userName",
  e.created_at as "createdAt", e.updated_at as "updatedAt", e.deleted_at as "deletedAt"`;

/** What the answers say of the server, its address and the time; and what its door has seen of endpoints. */
export interface Seen {
  /** http://host:port of this server, without a slash at its end. */
  serverUrl: () => string;
  now: () => number;
  /** For whoever has committed a change: what the door knows is then as new as that. Never rejects. */
  lookAgain: () => Promise<void>;
}

export function endpointOf(row: EndpointRow, releases: readonly ReleaseRow[], hosts: readonly HostRow[], { serverUrl }: Seen): Endpoint {
  const shownReleases = releases.filter(({ endpointId }) => endpointId === row.id).map(releaseOf);
  const shownHosts = hosts.filter(({ endpointId }) => endpointId === row.id).map(hostOf);
  const { replicas } = row.settings;
  const known = { wanted: row.wanted, isAsleep: row.asleepAt !== null, replicas, releases: shownReleases, hosts: shownHosts };
  const address = shownHosts.find(({ state }) => state === 'ready')?.address;
  const notebookPaths = releases.flatMap(({ endpointId, notebookPath }) => (endpointId === row.id && notebookPath ? [notebookPath] : []));
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ...endpointState(known),
    wanted: row.wanted,
    url: `${serverUrl()}/endpoints/${row.name}`,
    directUrl: address ? `http://${address}` : null,
    settings: row.settings,
    releases: shownReleases,
    hosts: shownHosts,
    notebookPaths: [...new Set(notebookPaths)],
    userName: row.userName,
    createdAt: row.createdAt.getTime(),
    updatedAt: row.updatedAt.getTime(),
    deletedAt: row.deletedAt?.getTime() ?? null,
  };
}

export async function showEndpoints(db: Db, rows: readonly EndpointRow[], seen: Seen): Promise<Endpoint[]> {
  const ids = rows.map(({ id }) => id);
  const [releases, hosts] = await Promise.all([readReleases(db, ids, { others: OTHERS }), readHosts(db, ids)]);
  return rows.map((row) => endpointOf(row, releases, hosts, seen));
}

/** One that was deleted too: whoever watches is told how it ended. */
export async function showEndpoint(db: Db, id: string, seen: Seen): Promise<(Endpoint & { workspaceId: string }) | null> {
  const [row] = await db<EndpointRow[]>`
    select ${columnsOfEndpoint(db)} from endpoints e join users u on u.id = e.user_id where e.id = ${id}`;
  const [shown] = row ? await showEndpoints(db, [row], seen) : [];
  return row && shown ? { ...shown, workspaceId: row.workspaceId } : null;
}

/** @throws NOT_FOUND */
export async function requireEndpoint(
  db: Db,
  workspaceId: string,
  name: string,
  { field = 'name', isLocked = false } = {},
): Promise<EndpointRow> {
  const [row] = await db<EndpointRow[]>`
    select ${columnsOfEndpoint(db)} from endpoints e join users u on u.id = e.user_id
    where e.workspace_id = ${workspaceId} and e.name = ${name} and e.deleted_at is null ${isLocked ? db`for update of e` : db``}`;
  if (!row) throw failure('NOT_FOUND', { field, reason: `no endpoint ${JSON.stringify(name)}` });
  return row;
}

interface Search {
  limit: number;
  cursor?: string;
  text?: string;
  notebookPath?: string;
  modelName?: string;
}

export async function listEndpoints({ sql, caller }: CallContext, seen: Seen, { limit, cursor, text, notebookPath, modelName }: Search) {
  const after = cursor === undefined ? null : String(readCursor(cursor, ['string'])[0]);
  const rows = await sql<EndpointRow[]>`
    select ${columnsOfEndpoint(sql)} from endpoints e join users u on u.id = e.user_id
    where e.workspace_id = ${caller.workspaceId} and e.deleted_at is null
      ${text === undefined ? sql`` : sql`and position(lower(${text}) in e.name) > 0`}
      ${
        notebookPath === undefined
          ? sql``
          : sql`and exists (select from releases r where r.endpoint_id = e.id and r.notebook_path = ${notebookPath})`
      }
      ${
        modelName === undefined
          ? sql``
          : sql`and exists (select from releases r join registered_models m on m.id = r.model_id
              where r.endpoint_id = e.id and m.name = ${modelName})`
      }
      ${after === null ? sql`` : sql`and e.name > ${after}`}
    order by e.name limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  return { endpoints: await showEndpoints(sql, page, seen), nextCursor: rows.length > limit && end ? cursorOf([end.name]) : null };
}
