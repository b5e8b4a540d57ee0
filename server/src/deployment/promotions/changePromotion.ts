/** The one way in which a promotion changes: its row is locked, an end is final, and whoever watches hears of it after the commit. */
import type { PromotionStatus } from '@cellkeep/schema/deployment';
import type { JSONValue } from 'postgres';
import type { Db, Services } from '../../core/context.ts';
import { appendEvent } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { askerOf, findPromotion, isOpen, type PromotionRow, promotionOf } from './promotionRows.ts';
import { endSteps } from './promotionSteps.ts';

type Changeable = 'status' | 'steps' | 'error' | 'version' | 'loggedModelId' | 'releaseId' | 'made';
export type PromotionChange = Partial<Pick<PromotionRow, Changeable>>;
export type Told = Pick<Services, 'sql' | 'live' | 'now'>;

/**
 * @param decide from the locked row; null: nothing changes
 * @param workspaceId null: any, for the server's own work
 * @throws NOT_FOUND
 */
export async function changePromotion(
  { sql, live, now }: Told,
  { workspaceId, id }: { workspaceId: string | null; id: string },
  decide: (row: PromotionRow, tx: Db) => PromotionChange | null | Promise<PromotionChange | null>,
): Promise<PromotionRow> {
  const [row, hasChanged] = await sql.begin(async (tx): Promise<[PromotionRow, boolean]> => {
    const before = await requirePromotion(tx, workspaceId, id, true);
    const change = await decide(before, tx);
    if (change === null) return [before, false];
    await write(tx, before, { ...before, ...change }, new Date(now()));
    return [await requirePromotion(tx, workspaceId, id), true];
  });
  if (hasChanged) publishPromotion(live, row);
  return row;
}

export async function requirePromotion(db: Db, workspaceId: string | null, id: string, isLocked = false): Promise<PromotionRow> {
  const row = await findPromotion(db, workspaceId, id, isLocked);
  if (!row) throw failure('NOT_FOUND', { field: 'id', reason: `no promotion ${id}` });
  return row;
}

export function publishPromotion(live: Services['live'], row: PromotionRow): void {
  live.publish({ workspaceId: row.workspaceId, topic: 'promotion', payload: promotionOf(row) });
}

async function write(tx: Db, before: PromotionRow, after: PromotionRow, at: Date): Promise<void> {
  const ends = isOpen(before) && !isOpen(after);
  const { id, status, error, version, loggedModelId, releaseId, endpoint, modelName } = after;
  await tx`
    update promotions set status = ${status}, steps = ${tx.json(after.steps as unknown as JSONValue)}, error = ${error},
      version = ${version}, logged_model_id = ${loggedModelId}, release_id = ${releaseId},
      made = ${after.made === null ? null : tx.json(after.made)}, heartbeat_at = ${at},
      started_at = case when ${status === 'running'} then coalesce(started_at, ${at}) else started_at end,
      ended_at = ${ends ? at : after.endedAt}
    where id = ${id}`;
  if (!ends) return;
  const data = { model: modelName, version, endpoint, ...(error === null ? {} : { error: error.slice(0, 1_000) }) };
  await appendEvent(tx, askerOf(after), { what: `promotion.${status}`, subject: `promotion:${id}`, data, after: { status, releaseId } });
}

/** It has ended otherwise than well. What was made for it is still to be taken back. */
export function endedAs(row: PromotionRow, status: PromotionStatus, reason: string, now: number): PromotionChange {
  return { status, error: status === 'cancelled' ? null : reason.slice(0, 8_000), steps: endSteps(row.steps, reason, now) };
}
