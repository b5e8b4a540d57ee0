/** What the room of notebooks says of a run: whether it could be made again. */
import type { Run } from '@cellkeep/schema/tracking';
import type { JSONValue } from 'postgres';
import type { Db, Services } from '../core/context.ts';
import type { RunPlace } from './effects.ts';

/**
 * For the verification's own transaction. One that ended earlier never takes the place of a later one.
 * @returns tells whoever watches the run; to be called after the commit
 */
export async function setVerdict(
  { live }: Pick<Services, 'live'>,
  db: Db,
  workspaceId: string,
  runId: string,
  verdict: NonNullable<Run['verdict']>,
): Promise<() => void> {
  const [place] = await db<RunPlace[]>`
    update runs set verdict = ${db.json(verdict as unknown as JSONValue)}
    where id = ${runId} and workspace_id = ${workspaceId} and coalesce((verdict ->> 'at')::float8, 0) <= ${verdict.at}
    returning experiment_id as "experimentId", notebook_id as "notebookId"`;
  return () => {
    if (place) live.publish({ workspaceId, topic: 'run', runId, ...place, payload: { change: 'updated' } });
  };
}
