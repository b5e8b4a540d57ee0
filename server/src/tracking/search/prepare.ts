/** What a search, groups of runs, an export and a change of many runs have in common: a place to look, and a filter. */
import type { Db } from '../../core/context.ts';
import { conditionOf, onSeries } from './condition.ts';
import { parseFilter } from './parse.ts';
import { resolve } from './resolve.ts';
import { type Asked, type Scope, scopeOf } from './scope.ts';
import { type Fragment, unprepared } from './sqlValues.ts';
import type { Leaf, Tree } from './tree.ts';
import { withinTime } from './withinTime.ts';

export interface Prepared {
  scope: Scope;
  /** Scope and filter, on the run `r`. */
  matches: Fragment;
  /** The filter alone; null: there is none. */
  filter: Fragment | null;
  isFiltered: boolean;
  /** The filter names its runs: they are found by their ids, wherever they stand in an order. */
  isByIds: boolean;
}

/** `now` (ms since the epoch) is what relative times count from. Throws BAD_REQUEST with field `filter` and the column. */
export async function prepare(db: Db, workspaceId: string, asked: Asked & { filter: string }, now: number): Promise<Prepared> {
  const tree = parseFilter(asked.filter, now);
  const scope = await scopeOf(db, workspaceId, asked);
  const isFiltered = tree !== null || asked.parentRunId !== undefined || asked.notebookPath !== undefined;
  if (!tree) return { scope, matches: scope.condition, filter: null, isFiltered, isByIds: false };
  const resolved = await resolve(db, workspaceId, scope.experimentIds, tree);
  const condition = conditionOf(db, workspaceId, resolved);
  const few = await fewRuns(db, scope.experimentIds, resolved);
  const filter = few ? db`r.id = any(${few}::uuid[]) and ${condition}` : condition;
  return { scope, matches: db`${scope.condition} and ${filter}`, filter, isFiltered, isByIds: partsOf(resolved).some(isOfIds) };
}

/** What all runs that a tree finds have in common. */
const partsOf = (tree: Tree): Tree[] => (tree.is === 'and' ? tree.parts : [tree]);

function isOfIds(tree: Tree): boolean {
  if (tree.is !== 'in' && tree.is !== 'compare') return false;
  const isEqual = tree.is === 'in' ? !tree.negated : tree.operator === '=';
  return isEqual && tree.field.of === 'attribute' && tree.field.name === 'id';
}

/** Runs that are named one by one rather than left to a join. */
const FEW = 5_000;
/** Conditions on metrics that are tried. */
const TRIED = 3;

type OnMetric = Extract<Leaf, { is: 'compare' | 'in' }>;

/**
 * The runs that a condition on a metric leaves, where they are few; null otherwise. The index of the metric knows them, but Postgres does
 * not know that they are few: it takes the values of all metrics for one heap of numbers (679 of 100,000 runs: 200 ms as a join).
 */
async function fewRuns(db: Db, experimentIds: string[], tree: Tree): Promise<string[] | null> {
  for (const part of partsOf(tree).filter(isOnMetric).slice(0, TRIED)) {
    const rows = await withinTime(
      unprepared(db<{ id: string }[]>`
        select p.id from unnest(${experimentIds}::bigint[]) as e (id) cross join lateral (
          -- In the order of the index, so that it is that index which is read.
          select s.run_id as id from series s where s.experiment_id = e.id and ${onSeries(db, part)} order by s.last limit ${FEW + 1}::int
        ) p limit ${FEW + 1}::int`),
    );
    if (rows.length <= FEW) return rows.map(({ id }) => id);
  }
  return null;
}

function isOnMetric(tree: Tree): tree is OnMetric {
  return (tree.is === 'compare' || tree.is === 'in') && tree.field.of === 'metric' && (tree.field.stat ?? 'last') === 'last';
}
