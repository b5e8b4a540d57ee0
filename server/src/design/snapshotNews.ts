/** A snapshot that was taken, completed or deleted, for whoever watches its notebook or one of its runs. */
import type { Db, Services } from '../core/context.ts';
import { ownRuns } from './readSnapshots.ts';

export interface SnapshotNews {
  change: 'taken' | 'completed' | 'deleted';
  snapshotId: string;
  notebookId: string | null;
  runs: { id: string; experimentId: string }[];
}

const MOST_RUNS = 100;

export async function snapshotNews(db: Db, workspaceId: string, snapshotId: string, change: SnapshotNews['change']): Promise<SnapshotNews> {
  const [row] = await db<{ notebookId: string | null }[]>`select notebook_id as "notebookId" from snapshots where id = ${snapshotId}`;
  const runs = await db<SnapshotNews['runs']>`
    select distinct replace(r.id::text, '-', '') as id, r.experiment_id as "experimentId"
    from ${ownRuns(db)}
    where x.snapshot_id = ${snapshotId} and r.workspace_id = ${workspaceId} limit ${MOST_RUNS}`;
  return { change, snapshotId, notebookId: row?.notebookId ?? null, runs };
}

/** After the commit. One message for each run, since a watcher's filter looks at one. */
export function publishSnapshot({ live }: Pick<Services, 'live'>, workspaceId: string, { runs, ...news }: SnapshotNews): void {
  const { notebookId, change, snapshotId } = news;
  const about = runs.length > 0 ? runs.map(({ id, experimentId }) => ({ runId: id, experimentId })) : [{}];
  for (const place of about) live.publish({ workspaceId, topic: 'snapshot', notebookId, ...place, payload: { change, snapshotId } });
}
