import type { Promotion } from '@cellkeep/schema/deployment';
import type { Caller, Db } from '../../core/context.ts';

type Times = 'askedAt' | 'startedAt' | 'endedAt';

export interface PromotionRow extends Omit<Promotion, Times | 'releaseId'> {
  workspaceId: string;
  userId: string;
  /** Chosen before the release is made; the contract shows it once it is there. */
  releaseId: string | null;
  hasRelease: boolean;
  trustUser: string | null;
  needsPython: boolean;
  made: { endpoint: boolean } | null;
  askedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** Of `promotions p join users u on u.id = p.user_id`. */
export const columnsOfPromotion = (db: Db) => db`
  p.id, p.workspace_id as "workspaceId", p.user_id as "userId", u.name as "userName", p.source, p.model_name as "modelName", p.endpoint,
  p.options, p."where", p.status, p.steps, p.error, p.version, p.logged_model_id as "loggedModelId", p.release_id as "releaseId",
  exists (select from releases r where r.id = p.release_id) as "hasRelease", p.trust_user as "trustUser", p.needs_python as "needsPython",
  p.made, p.asked_at as "askedAt", p.started_at as "startedAt", p.ended_at as "endedAt"`;

export function promotionOf(row: PromotionRow): Promotion {
  const { workspaceId: _w, userId: _u, hasRelease, trustUser: _t, needsPython: _n, made: _m, releaseId, ...shown } = row;
  return {
    ...shown,
    releaseId: hasRelease ? releaseId : null,
    askedAt: row.askedAt.getTime(),
    startedAt: row.startedAt?.getTime() ?? null,
    endedAt: row.endedAt?.getTime() ?? null,
  };
}

const OPEN: readonly Promotion['status'][] = ['queued', 'running'];
export const isOpen = ({ status }: Pick<Promotion, 'status'>): boolean => OPEN.includes(status);

export const askerOf = ({ workspaceId, userId, userName }: PromotionRow): Pick<Caller, 'workspaceId' | 'userId' | 'userName'> => ({
  workspaceId,
  userId,
  userName,
});

/** @param isLocked until the end of the transaction */
export async function findPromotion(db: Db, workspaceId: string | null, id: string, isLocked = false): Promise<PromotionRow | null> {
  const [row] = await db<PromotionRow[]>`
    select ${columnsOfPromotion(db)} from promotions p join users u on u.id = p.user_id
    where p.id = ${id} ${workspaceId === null ? db`` : db`and p.workspace_id = ${workspaceId}`} ${isLocked ? db`for update of p` : db``}`;
  return row ?? null;
}
