import type { ReleaseRole } from '@cellkeep/schema/deployment';
import type { Db } from '../core/context.ts';

interface Served {
  modelId: string;
  version: number;
  endpoint: string;
  role: ReleaseRole;
  weight: number;
}

/** The releases of these models that are asked, or about to be, by endpoint. The registry shows them, and is told by main.ts. */
export async function whereServed(db: Db, modelIds: readonly string[]): Promise<Served[]> {
  if (modelIds.length === 0) return [];
  return db<Served[]>`
    select r.model_id as "modelId", r.version, e.name as endpoint, r.role, r.weight
    from releases r join endpoints e on e.id = r.endpoint_id and e.deleted_at is null
    where r.model_id = any(${[...modelIds]}::uuid[]) and r.role in ('starting', 'live', 'canary', 'shadow')
    order by e.name, r.number desc`;
}
