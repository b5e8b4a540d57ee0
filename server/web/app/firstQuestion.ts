/** What the page of an address asks the server first: known before any of its code is read. */
import type { SearchInput } from '@cellkeep/schema/tracking';
import { searchOfRuns } from '../charts/fetchRuns.ts';
import { comparedIds } from '../tracking/compare/comparedIds.ts';
import { columnSample } from '../tracking/table/columnSample.ts';

/** `path`: below the base. Null: nothing that has to be there before the page is. */
export function firstQuestion(path: string, search: string): { path: string; input: Partial<SearchInput> } | null {
  const experimentId = experimentOf(path);
  if (experimentId) return { path: 'api/v1/runs/search', input: columnSample(experimentId) };
  const ids = path === '/compare' ? comparedIds(search) : [];
  return ids.length > 0 ? { path: 'api/v1/runs/search', input: searchOfRuns(ids) } : null;
}

export const experimentOf = (path: string): string | undefined => /^\/experiments\/(\d+)$/.exec(path)?.[1];
