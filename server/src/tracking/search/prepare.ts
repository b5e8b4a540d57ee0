/** What a search, groups of runs, an export and a change of many runs have in common: a place to look, and a filter. */
import type { Db } from '../../core/context.ts';
import { conditionOf } from './condition.ts';
import { parseFilter } from './parse.ts';
import { resolve } from './resolve.ts';
import { type Asked, type Scope, scopeOf } from './scope.ts';
import type { Fragment } from './sqlValues.ts';

export interface Prepared {
  scope: Scope;
  /** Scope and filter, on the run `r`. */
  matches: Fragment;
  isFiltered: boolean;
}

/** `now` (ms since the epoch) is what relative times count from. Throws BAD_REQUEST with field `filter` and the column. */
export async function prepare(db: Db, workspaceId: string, asked: Asked & { filter: string }, now: number): Promise<Prepared> {
  const tree = parseFilter(asked.filter, now);
  const scope = await scopeOf(db, workspaceId, asked);
  const isFiltered = tree !== null || asked.parentRunId !== undefined || asked.notebookPath !== undefined;
  if (!tree) return { scope, matches: scope.condition, isFiltered };
  const resolved = await resolve(db, workspaceId, scope.experimentIds, tree);
  return { scope, matches: db`${scope.condition} and ${conditionOf(db, workspaceId, resolved)}`, isFiltered };
}
