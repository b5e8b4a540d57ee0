/** Among which runs a search looks, before its filter. */
import type { RunLifecycle, SearchInput } from '@cellkeep/schema/tracking';
import type { Db } from '../../core/context.ts';
import { notebooksAt } from '../../design/index.ts';
import type { Fragment } from './sqlValues.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';

export interface Scope {
  /** Ids, decimal, of the experiments whose runs may be found. */
  experimentIds: string[];
  /** On the run `r`. */
  condition: Fragment;
}

/** Who asks: by a notebook's path everybody means the own one. */
export interface Asker {
  userId?: string;
}

export type Asked = Pick<SearchInput, 'experimentIds' | 'lifecycle'> & Partial<Pick<SearchInput, 'notebookPath' | 'parentRunId'>> & Asker;

/** A search for active or archived runs passes over deleted experiments; an id that the workspace does not have matches nothing. */
export async function scopeOf(db: Db, workspaceId: string, asked: Asked): Promise<Scope> {
  const experiments = await db<{ id: string; deleted: boolean }[]>`
    select id::text, deleted_at is not null as deleted from experiments
    where workspace_id = ${workspaceId} ${asked.experimentIds ? db`and id = any(${asked.experimentIds}::bigint[])` : db``}`;
  const searched =
    asked.lifecycle === 'active' || asked.lifecycle === 'archived' ? experiments.filter(({ deleted }) => !deleted) : experiments;
  const experimentIds = searched.map(({ id }) => id);
  const isWhole = !asked.experimentIds && searched.length === experiments.length;
  const conditions = [
    isWhole ? db`r.workspace_id = ${workspaceId}` : within(db, experimentIds),
    withinLifecycle(db, asked.lifecycle),
    asked.parentRunId === undefined ? db`` : db` and r.parent_run_id = ${asked.parentRunId}::uuid`,
    asked.notebookPath === undefined
      ? db``
      : db` and r.notebook_id in (${notebooksAt(db, { workspaceId, userId: asked.userId ?? NOBODY }, asked.notebookPath)})`,
  ];
  return { experimentIds, condition: db`${conditions}` };
}

function withinLifecycle(db: Db, lifecycle: RunLifecycle): Fragment {
  switch (lifecycle) {
    case 'active':
      return db` and r.deleted_at is null and r.archived_at is null`;
    case 'archived':
      return db` and r.deleted_at is null and r.archived_at is not null`;
    case 'deleted':
      return db` and r.deleted_at is not null`;
    case 'all':
      return db``;
  }
}

/** One experiment by =, so that its index gives the order; the ids are of this workspace, which need not be said again. */
function within(db: Db, experimentIds: string[]): Fragment {
  const [only, ...others] = experimentIds;
  if (only !== undefined && others.length === 0) return db`r.experiment_id = ${only}::bigint`;
  return db`r.experiment_id = any(${experimentIds}::bigint[])`;
}
