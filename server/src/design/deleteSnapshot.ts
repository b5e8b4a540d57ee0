import { mayAct, requireRole } from '../access/index.ts';
import type { CallContext } from '../core/context.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { ownRuns } from './readSnapshots.ts';
import { type SnapshotNews, snapshotNews } from './snapshotNews.ts';

/**
 * Its parts follow when nothing else names them (sweepParts.ts).
 * @returns null where there was none; removing twice is no error
 * @throws FORBIDDEN where another user took it and the caller is no owner; CONFLICT where a run that is not deleted, a verdict or a checkpoint needs it
 */
export async function deleteSnapshot(context: CallContext, id: string): Promise<SnapshotNews | null> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  return sql.begin(async (tx) => {
    const [there] = await tx<{ digest: string | null; reason: string; userId: string; userName: string }[]>`
      select encode(s.document_digest, 'hex') as digest, s.reason, s.user_id as "userId", u.name as "userName"
      from snapshots s join users u on u.id = s.user_id
      where s.id = ${id} and s.workspace_id = ${caller.workspaceId} for update of s`;
    if (!there) return null;
    if (there.userId !== caller.userId && !mayAct(caller.role, 'owner')) {
      const remedy = `ask ${there.userName}, or an owner of this workspace`;
      throw failure('FORBIDDEN', { field: 'id', reason: `${there.userName} took this snapshot`, remedy });
    }
    const needs = await tx<{ what: string }[]>`
      (select distinct 'run ' || replace(r.id::text, '-', '') as what from ${ownRuns(tx)}
        where x.snapshot_id = ${id} and r.workspace_id = ${caller.workspaceId} and r.deleted_at is null order by 1 limit 5)
      union all (select 'verification ' || v.id from verdicts v where v.snapshot_id = ${id} limit 5)
      union all (select 'checkpoint ' || c.id from checkpoints c where c.snapshot_id = ${id} and c.workspace_id = ${caller.workspaceId} limit 5)`;
    if (needs.length > 0) {
      const reason = `it is needed by ${needs.map(({ what }) => what).join(', ')}`;
      throw failure('CONFLICT', { field: 'id', reason, remedy: 'delete the runs first; what was verified keeps its snapshot' });
    }
    const news = await snapshotNews(tx, caller.workspaceId, id, 'deleted');
    await tx`delete from snapshots where id = ${id}`;
    await appendEvent(tx, caller, {
      what: 'snapshot.deleted',
      subject: `snapshot:${id}`,
      before: there.digest ?? undefined,
      data: { reason: there.reason },
    });
    return news;
  });
}
