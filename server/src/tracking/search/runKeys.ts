import type { Db } from '../../core/context.ts';
import { scopeOf } from './scope.ts';

export interface RunKeys {
  metrics: string[];
  params: string[];
  tags: string[];
}

/** The keys in use by active runs, sorted by code point: what columns there are to choose from. */
export async function runKeys(db: Db, workspaceId: string, experimentIds: string[] | undefined): Promise<RunKeys> {
  const scope = await scopeOf(db, workspaceId, { experimentIds, lifecycle: 'active' });
  const [metrics, texts] = await Promise.all([
    // From key to key through the index: a few steps for each key instead of a row for each run and key.
    db<{ key: string }[]>`
      with recursive walk (experiment_id, key) as (
        select e.id, (select s.key from series s where s.experiment_id = e.id order by s.key limit 1)
        from unnest(${scope.experimentIds}::bigint[]) as e (id)
        union all
        select w.experiment_id,
          (select s.key from series s where s.experiment_id = w.experiment_id and s.key > w.key order by s.key limit 1)
        from walk w where w.key is not null
      )
      select distinct w.key collate "C" as key from walk w
      where exists (
        select from series s join runs r on r.id = s.run_id
        where s.experiment_id = w.experiment_id and s.key = w.key and r.deleted_at is null)
      order by 1`,
    db<{ isParam: boolean; key: string }[]>`
      select distinct k.is_param as "isParam", k.key collate "C" as key
      from runs r cross join lateral (
        select true as is_param, jsonb_object_keys(r.params) as key union all select false, jsonb_object_keys(r.tags)
      ) k
      where ${scope.condition} order by 1, 2`,
  ]);
  return {
    metrics: metrics.map(({ key }) => key),
    params: texts.filter(({ isParam }) => isParam).map(({ key }) => key),
    tags: texts.filter(({ isParam }) => !isParam).map(({ key }) => key),
  };
}
