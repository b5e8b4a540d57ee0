import type { SearchInput, SearchOutput } from '@cellkeep/schema/tracking';
import type { CallContext } from '../core/context.ts';
import { readRuns } from './readRuns.ts';
import { searchAndRead } from './search/index.ts';

/** A page of a search with the runs themselves. */
export async function foundRuns({ sql, caller, now }: CallContext, input: SearchInput): Promise<SearchOutput> {
  const { metrics, params, tags, details } = input;
  const read = (ids: string[]) => readRuns(sql, caller.workspaceId, ids, { metrics, params, tags, details });
  const { ids: _, read: runs, ...page } = await searchAndRead(sql, caller.workspaceId, { ...input, userId: caller.userId }, read, now());
  return { runs, ...page };
}
