import type { Db } from '../../core/context.ts';
import { type Scope, scopeOf } from './scope.ts';
import { unprepared } from './sqlValues.ts';

export interface RunKeys {
  metrics: string[];
  params: string[];
  tags: string[];
}

/** Runs whose documents are read for an answer: 8 ms. No index lists the keys of a jsonb. */
const READ = 4_000;
/** ms for which the keys of all runs of a scope are taken as known. */
const KNOWN_FOR = 60_000;

type Texts = Pick<RunKeys, 'params' | 'tags'>;

interface Known {
  at: number;
  keys: Texts | null;
  reading: Promise<Texts> | null;
}

const known = new WeakMap<object, Map<string, Known>>();

/**
 * The keys in use by active runs, sorted by code point: what columns there are to choose from. Params and tags are those of the newest
 * runs and, in a larger scope, of what all runs had within the last minute; `whole` waits where that is not known yet, else it is found
 * in the background, and a key that only old runs have is missing in the first answer.
 */
export async function runKeys(db: Db, workspaceId: string, experimentIds: string[] | undefined, whole = false): Promise<RunKeys> {
  const scope = await scopeOf(db, workspaceId, { experimentIds, lifecycle: 'active' });
  const [metrics, newest] = await Promise.all([metricKeys(db, scope), textKeys(db, scope, READ)]);
  if (newest.runs < READ) return { metrics, params: newest.params, tags: newest.tags };
  const all = await keysOfAll(db, scope, workspaceId, whole);
  return { metrics, params: joined(newest.params, all.params), tags: joined(newest.tags, all.tags) };
}

async function keysOfAll(db: Db, scope: Scope, workspaceId: string, whole: boolean): Promise<Texts> {
  const scopes = known.get(db) ?? new Map<string, Known>();
  known.set(db, scopes);
  const name = `${workspaceId} ${scope.experimentIds.join()}`;
  const one = scopes.get(name) ?? { at: Number.NEGATIVE_INFINITY, keys: null, reading: null };
  scopes.set(name, one);
  if (performance.now() - one.at > KNOWN_FOR && !one.reading) {
    one.reading = textKeys(db, scope, null)
      .then((keys) => {
        one.at = performance.now();
        one.keys = keys;
        return keys;
      })
      .finally(() => {
        one.reading = null;
      });
    one.reading.catch(() => {}); // the server stops, or the next call tries again
  }
  if (whole && one.reading) return one.reading;
  return one.keys ?? { params: [], tags: [] };
}

/** By code point, as Postgres has them in the collation "C". */
function joined(a: string[], b: string[]): string[] {
  return [...new Set([...a, ...b])].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
}

async function metricKeys(db: Db, scope: Scope): Promise<string[]> {
  // From key to key through the index: a few steps for each key instead of a row for each run and key.
  const rows = await db<{ key: string }[]>`
    with recursive walk (experiment_id, key) as (
      select e.id, (select s.key from series s where s.experiment_id = e.id order by s.key limit 1)
      from unnest(${scope.experimentIds}::bigint[]) as e (id)
      union all
      select w.experiment_id,
        (select s.key from series s where s.experiment_id = w.experiment_id and s.key > w.key order by s.key limit 1)
      from walk w where w.key is not null
    )
    select distinct w.key collate "C" as key from walk w
    -- One probe of the index for each key: EXISTS would be planned as a join with all series, and without the order the first match
    -- is looked for by reading them one by one (10,000 runs: 13 ms a key).
    where (
      select true from series s join runs r on r.id = s.run_id
      where s.experiment_id = w.experiment_id and s.key = w.key and r.deleted_at is null and r.archived_at is null
        order by s.last limit 1)
    order by 1`;
  return rows.map(({ key }) => key);
}

/** Of the newest `most` runs, or of all. */
async function textKeys(db: Db, { condition }: Scope, most: number | null): Promise<Texts & { runs: number }> {
  const rows = await unprepared(
    db<{ params: string[]; tags: string[]; runs: number }[]>`
      with read as materialized (
        select r.params, r.tags from runs r where ${condition} ${most === null ? db`` : db`order by r.started_at desc limit ${most}::int`}
      )
      select (select coalesce(json_agg(key order by key), '[]') from (select distinct jsonb_object_keys(params) collate "C" as key from read) p) as params,
        (select coalesce(json_agg(key order by key), '[]') from (select distinct jsonb_object_keys(tags) collate "C" as key from read) t) as tags,
        (select count(*)::int from read) as runs`,
  );
  return rows[0] ?? { params: [], tags: [], runs: 0 };
}
