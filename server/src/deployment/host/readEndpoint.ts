/** What a host serves, as the database says. */
import type { EndpointSettings, Release } from '@cellkeep/schema/deployment';
import { type Bundle, bundle as bundleSchema } from '@cellkeep/schema/registry';
import type { Sql } from 'postgres';
import type { EndpointAccess } from './callers.ts';

export interface EndpointRecord {
  id: string;
  name: string;
  description: string;
  generation: number;
  settings: EndpointSettings;
  access: EndpointAccess;
  releases: ReleaseRecord[];
}

export interface ReleaseRecord {
  id: string;
  number: number;
  modelName: string;
  version: number;
  loggedModelId: string;
  role: Release['role'];
  weight: number;
  header: Release['header'];
  /** ms since the epoch: since when its share is what it is; null: it is no canary. */
  stepStartedAt: number | null;
}

/** Null where nothing is asked any more: the endpoint is deleted. */
export async function readEndpoint(sql: Sql, endpointId: string): Promise<EndpointRecord | null> {
  // In one snapshot: weights must never be read without their releases.
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const [endpoint] = await tx<
      { name: string; description: string; generation: number; settings: EndpointSettings; doorSecret: string; workspaceId: string }[]
    >`select name, description, generation::float8 as generation, settings, door_secret as "doorSecret", workspace_id as "workspaceId"
      from endpoints where id = ${endpointId} and deleted_at is null`;
    if (!endpoint) return null;
    const releases = await tx<ReleaseRecord[]>`
      select r.id, r.number, m.name as "modelName", r.version, r.logged_model_id as "loggedModelId", r.role, r.weight, r.header,
        case when r.role = 'canary' then (r.canary ->> 'stepStartedAt')::float8 end as "stepStartedAt"
      from releases r join registered_models m on m.id = r.model_id
      where r.endpoint_id = ${endpointId} and r.role not in ('retired', 'failed') order by r.number`;
    const tokens = await tx<{ id: string; label: string; hash: string; ratePerSecond: number | null; expiresAt: Date | null }[]>`
      select id, label, encode(hash, 'hex') as hash, rate_per_second as "ratePerSecond", expires_at as "expiresAt"
      from endpoint_tokens where endpoint_id = ${endpointId}`;
    const { name, description, generation, settings, doorSecret, workspaceId } = endpoint;
    const access: EndpointAccess = {
      ...{ workspaceId, doorSecret, isOpen: settings.access === 'open', ratePerSecond: settings.ratePerSecond },
      hosts: settings.replicas,
      tokens: tokens.map((token) => ({ ...token, expiresAt: token.expiresAt?.getTime() ?? null })),
    };
    return { id: endpointId, name, description, generation, settings, access, releases: [...releases] };
  });
}

/** The generation alone; null where the endpoint is deleted. */
export async function readGeneration(sql: Sql, endpointId: string): Promise<number | null> {
  const [row] = await sql<{ generation: number }[]>`
    select generation::float8 as generation from endpoints where id = ${endpointId} and deleted_at is null`;
  return row?.generation ?? null;
}

export async function readBundle(sql: Sql, loggedModelId: string): Promise<Bundle | null> {
  const [row] = await sql<{ bundle: unknown }[]>`select bundle from model_bundles where logged_model_id = ${loggedModelId}`;
  return row ? bundleSchema.parse(row.bundle) : null;
}
