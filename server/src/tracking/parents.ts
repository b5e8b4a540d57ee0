import type { Db } from '../core/context.ts';

/** Whether the one run is there and may stand above the other: no run stands above itself, at any distance. */
export async function mayBeParent(db: Db, workspaceId: string, parentId: string, runId: string | null): Promise<boolean> {
  const [found] = await db<{ free: boolean }[]>`
    with recursive above (id, parent) as (
      select id, parent_run_id from runs where id = ${parentId} and workspace_id = ${workspaceId}
      union
      select r.id, r.parent_run_id from above a join runs r on r.id = a.parent
    )
    select exists (select from above) and not exists (select from above where id = ${runId}::uuid) as free`;
  return found?.free ?? false;
}
