/** What a single request adds to a run: points alone share a commit with others' points; with params and tags it is one transaction. */
import { limits } from '@cellkeep/schema/wire';
import { requireRole } from '../access/index.ts';
import type { CallContext } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { appendPoints } from './appendPoints.ts';
import { beat, changeLockedRun, type LockedRun, type RunChange } from './changeRuns.ts';
import type { Columns } from './chunks.ts';
import { findPlace } from './ingest.ts';
import { inOneChange } from './inOneChange.ts';
import { noSuchRun } from './readRuns.ts';
import { runIsDeleted } from './runIsDeleted.ts';
import type { KnownPlace, Tracking } from './tracking.ts';

export interface RunLog extends Omit<RunChange, 'id'> {
  /** 32 hex digits */
  runId: string;
  series: readonly { key: string; points: Columns }[];
  /** Sees the run before anything is stored, and may refuse by an error; absent: one that is deleted is refused. `whole` is absent where it is not to be changed. */
  check?: (run: { deleted: boolean; whole?: LockedRun }) => void;
}

/**
 * @returns how many points were new, once they are committed
 * @throws NOT_FOUND where there is no such run; FORBIDDEN below editor; PAYLOAD_TOO_LARGE past `limits.pointsPerRequest`
 */
export async function logToRun(
  tracking: Tracking,
  context: CallContext,
  { runId, series, check = requireActive(runId), ...change }: RunLog,
): Promise<number> {
  requireRole(context, 'editor');
  const { caller, now } = context;
  requireFew(series.reduce((sum, { points: { steps } }) => sum + steps.length, 0));
  const place = await placeOf(tracking, context, runId);
  check(place);
  const added = series.map((one) => ({ ...one, runId, experimentId: place.experimentId }));
  if (!changesAnything(change)) {
    if (tracking.beats.isDue(runId)) await inOneChange(context, (tx, effects) => beat(tx, caller, [runId], { now: now(), effects }));
    return added.length === 0 ? 0 : tracking.points.add(added);
  }
  return inOneChange(context, async (tx, effects) => {
    const decide = (whole: LockedRun) => {
      check({ deleted: whole.deleted, whole });
      return change;
    };
    await changeLockedRun(tx, caller, runId, decide, { now: now(), effects });
    await beat(tx, caller, [runId], { now: now(), effects });
    const { appended, crowded } = await appendPoints(tx, added);
    effects.points.push(...appended.map((one) => ({ ...one, ...place })));
    tracking.crowded(crowded);
    return appended.reduce((sum, one) => sum + one.points.steps.length, 0);
  });
}

const requireActive =
  (runId: string): NonNullable<RunLog['check']> =>
  ({ deleted }) => {
    if (deleted) throw runIsDeleted(runId, 'id');
  };

function changesAnything(change: Omit<RunChange, 'id'>): boolean {
  return Object.values(change).some((value) => value !== undefined && (typeof value !== 'object' || Object.keys(value ?? {}).length > 0));
}

/** Remembered, so that a stream of small requests costs no query each. */
async function placeOf(tracking: Tracking, { sql, caller: { workspaceId } }: CallContext, runId: string): Promise<KnownPlace> {
  const known = tracking.places.get(runId);
  if (known?.workspaceId === workspaceId) return known;
  const place = await tracking.places.learn(runId, async () => {
    const found = await findPlace(sql, workspaceId, runId);
    return found && { ...found, workspaceId };
  });
  if (!place) throw noSuchRun(runId);
  return place;
}

function requireFew(points: number): void {
  if (points <= limits.pointsPerRequest) return;
  const reason = `${points} points in one request; at most ${limits.pointsPerRequest} are taken`;
  throw failure('PAYLOAD_TOO_LARGE', { field: 'series', reason, remedy: 'send them in several requests' });
}
