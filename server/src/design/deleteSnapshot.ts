import { requireRole } from '../access/index.ts';
import type { CallContext } from '../core/context.ts';
import { appendEvent } from '../core/events.ts';
import { failure } from '../core/failure.ts';
import { ownRuns } from './readSnapshots.ts';
import { type SnapshotNews, snapshotNews } from './snapshotNews.ts';

/**
 * Its parts follow when nothing else names them (sweepParts.ts).
 * @returns null where there was none; removing twice is no error
 * @throws CONFLICT where a run that is not deleted, a verdict or a checkpoint needs it
 */
export async function deleteSnapshot(context: CallContext, id: string): Promise<SnapshotNews | null> {
  requireRole(context, 'editor');
  const { sql, caller } = context;
  return sql.begin(async (tx) => {
    const [there] = await tx<{ digest: string | null; reason: string }[]>`
      select encode(document_digest, 'hex') as digest, reason from snapshots
      where id = ${id} and workspace_id = ${caller.workspaceId} for update`;
    if (!there) return null;
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
