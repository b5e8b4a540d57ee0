import type { Release } from '@cellkeep/schema/deployment';
import type { Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';

export interface NamedRelease {
  id: string;
  number: number;
  role: Release['role'];
  loggedModelId: string;
}

/** One that is not behind this endpoint is none of it. @throws NOT_FOUND */
export async function requireReleaseOf(db: Db, endpoint: { id: string; name: string }, id: string, field: string): Promise<NamedRelease> {
  const [row] = await db<NamedRelease[]>`
    select id, number, role, logged_model_id as "loggedModelId" from releases where id = ${id} and endpoint_id = ${endpoint.id}`;
  if (!row) throw failure('NOT_FOUND', { field, reason: `${JSON.stringify(endpoint.name)} has no release ${id}` });
  return row;
}
