import type { Run, SearchInput } from '@cellkeep/schema/tracking';
import type { Connection } from '../connection.ts';

/** Ids in one filter: 40 characters each, of the 10,000 that a filter may have. */
export const PER_REQUEST = 200;

/** Many runs in few requests, in the order of their ids; those that are not there are named. */
export async function fetchRuns(
  connection: Connection,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<{ runs: Run[]; missing: string[] }> {
  // Only what is an id goes into a filter.
  const wanted = [...new Set(ids)].filter((id) => /^[0-9a-f]{32}$/.test(id));
  const parts = Array.from({ length: Math.ceil(wanted.length / PER_REQUEST) }, (_, i) =>
    wanted.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST),
  );
  const pages = await Promise.all(
    parts.map(async (part) => {
      const answer = await connection.post('api/v1/runs/search', searchOfRuns(part), { signal });
      return (await answer.json()) as { runs: Run[] };
    }),
  );
  const found = new Map(pages.flatMap(({ runs }) => runs).map((run) => [run.id, run]));
  return { runs: ids.flatMap((id) => found.get(id) ?? []), missing: ids.filter((id) => !found.has(id)) };
}

/** Of at most `PER_REQUEST` ids. */
export const searchOfRuns = (ids: readonly string[]): Partial<SearchInput> => ({
  filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
  lifecycle: 'all',
  limit: ids.length,
});
