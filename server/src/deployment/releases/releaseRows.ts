import type { Release } from '@cellkeep/schema/deployment';
import type { JSONValue } from 'postgres';
import type { Db } from '../../core/context.ts';
import type { Standing } from './moves.ts';

type Times = 'createdAt' | 'liveAt' | 'retiredAt';

export interface ReleaseRow extends Omit<Release, Times>, Pick<Standing, 'how' | 'weightBefore'> {
  endpointId: string;
  modelId: string;
  loggedModelId: string;
  notebookPath: string | null;
  userId: string;
  createdAt: Date;
  liveAt: Date | null;
  retiredAt: Date | null;
}

/** Of `releases r join endpoints e join registered_models m join users u`. */
const columns = (db: Db) => db`
  r.id, r.endpoint_id as "endpointId", e.name as endpoint, r.number, r.model_id as "modelId", m.name as "modelName", r.version,
  r.logged_model_id as "loggedModelId", r.runtime, r.how, r.role, r.weight, r.weight_before as "weightBefore", r.header, r.plan, r.canary,
  r.message, r.notebook_path as "notebookPath", r.user_id as "userId", u.name as "userName", r.created_at as "createdAt",
  r.live_at as "liveAt", r.retired_at as "retiredAt"`;

const joined = (db: Db) => db`
  releases r join endpoints e on e.id = r.endpoint_id join registered_models m on m.id = r.model_id join users u on u.id = r.user_id`;

export const releaseOf = ({
  endpointId: _e,
  modelId: _m,
  loggedModelId: _l,
  how: _h,
  weightBefore: _w,
  notebookPath: _n,
  userId: _u,
  createdAt,
  liveAt,
  retiredAt,
  ...row
}: ReleaseRow): Release => ({
  ...row,
  createdAt: createdAt.getTime(),
  liveAt: liveAt?.getTime() ?? null,
  retiredAt: retiredAt?.getTime() ?? null,
});

export const standingOf = (row: ReleaseRow): Standing => ({
  id: row.id,
  number: row.number,
  how: row.how,
  role: row.role,
  weight: row.weight,
  weightBefore: row.weightBefore,
  plan: row.plan,
  canary: row.canary,
  message: row.message,
  liveAt: row.liveAt?.getTime() ?? null,
  retiredAt: row.retiredAt?.getTime() ?? null,
});

/** Newest first: those that hosts load, and of the others the last ones. */
export async function readReleases(db: Db, endpointIds: readonly string[], { others }: { others: number }): Promise<ReleaseRow[]> {
  if (endpointIds.length === 0) return [];
  return db<ReleaseRow[]>`
    select ${columns(db)} from ${joined(db)}
    where r.endpoint_id = any(${[...endpointIds]}::uuid[]) and (
      r.role not in ('retired', 'failed') or r.number in (
        select o.number from releases o where o.endpoint_id = r.endpoint_id and o.role in ('retired', 'failed')
        order by o.number desc limit ${others}))
    order by r.number desc`;
}

/** From one number downwards. */
export async function listReleases(db: Db, endpointId: string, { limit, below }: { limit: number; below?: number }): Promise<ReleaseRow[]> {
  return db<ReleaseRow[]>`
    select ${columns(db)} from ${joined(db)}
    where r.endpoint_id = ${endpointId} ${below === undefined ? db`` : db`and r.number < ${below}::float8`}
    order by r.number desc limit ${limit}`;
}

export async function readRelease(db: Db, workspaceId: string, id: string): Promise<ReleaseRow | null> {
  const [row] = await db<ReleaseRow[]>`
    select ${columns(db)} from ${joined(db)} where r.id = ${id} and e.workspace_id = ${workspaceId}`;
  return row ?? null;
}

/** Writes those that are not as they were. @returns their ids */
export async function saveStandings(db: Db, before: readonly Standing[], after: readonly Standing[]): Promise<string[]> {
  const known = new Map(before.map((standing) => [standing.id, JSON.stringify(standing)]));
  const changed = after.filter((standing) => known.get(standing.id) !== JSON.stringify(standing));
  for (const { id, role, weight, weightBefore, canary, message, liveAt, retiredAt } of changed) {
    await db`
      update releases set role = ${role}, weight = ${weight}, weight_before = ${weightBefore},
        canary = ${canary ? db.json(canary as unknown as JSONValue) : null}, message = ${message},
        live_at = ${liveAt === null ? null : new Date(liveAt)}, retired_at = ${retiredAt === null ? null : new Date(retiredAt)}
      where id = ${id}`;
  }
  return changed.map(({ id }) => id);
}
