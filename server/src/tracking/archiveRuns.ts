/** Changes of many runs at once: those with these ids, or all that a filter finds. Each run leaves its own trace. */
import type { BulkTags, RunChoice } from '@cellkeep/schema/tracking';
import type { CallContext, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { type Change, type Effects, type RunPlace, runChanged } from './effects.ts';
import { inOneChange } from './inOneChange.ts';
import { noSuchRun } from './readRuns.ts';
import { prepare, unprepared, withinTime } from './search/index.ts';
import { changeTags } from './tags.ts';

interface Chosen extends RunPlace {
  id: string;
  name: string;
}

/** Puts them out of sight, or shows them again. @returns ids of those that were changed */
export function setRunsArchived(context: CallContext, choice: RunChoice, archived: boolean): Promise<string[]> {
  return inOneChange(context, async (tx, effects) => {
    const ids = await chosen(tx, context, choice);
    const changed = await tx<Chosen[]>`
      update runs set archived_at = ${archived ? new Date(context.now()) : null}
      where id = any(${ids}::uuid[]) and ${archived ? tx`archived_at is null` : tx`archived_at is not null`}
      returning replace(id::text, '-', '') as id, name, experiment_id as "experimentId", notebook_id as "notebookId"`;
    const what = archived ? 'run.archived' : 'run.unarchived';
    // For who watches it is as with a delete: the run leaves the lists, or comes back into them.
    for (const run of changed) tell(effects, run, what, { name: run.name }, archived ? 'deleted' : 'restored');
    return changed.map(({ id }) => id);
  });
}

/** Sets and removes tags. @returns ids of those whose tags are other ones now */
export function tagRuns(context: CallContext, { setTags, removeTags, ...choice }: BulkTags): Promise<string[]> {
  if (Object.keys(setTags).length === 0 && removeTags.length === 0)
    throw failure('BAD_REQUEST', { field: 'setTags', reason: 'no tag is set and none removed', remedy: 'name at least one' });
  return inOneChange(context, async (tx, effects) => {
    const ids = await chosen(tx, context, choice);
    const before = await tx<(Chosen & { tags: Record<string, string> })[]>`
      select replace(id::text, '-', '') as id, name, experiment_id as "experimentId", notebook_id as "notebookId", tags
      from runs where id = any(${ids}::uuid[])`;
    const changes = before.map((run) => ({ run, after: changeTags(run.tags, { setTags, removeTags }) }));
    const changed = changes.filter(({ run, after }) => !isSame(run.tags, after));
    const changedIds = changed.map(({ run }) => run.id);
    await tx`
      update runs set tags = (tags || ${tx.json(setTags)}) - ${[...removeTags]}::text[] where id = any(${changedIds}::uuid[])`;
    for (const { run, after } of changed) {
      effects.events.push({
        what: 'run.updated',
        subject: `run:${run.id}`,
        before: { tags: run.tags },
        after: { tags: after },
        data: { changed: ['tags'] },
      });
      runChanged(effects, run.id, run);
    }
    return changedIds;
  });
}

function isSame(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => Object.hasOwn(a, key) && a[key] === b[key]);
}

function tell(effects: Effects, run: Chosen, what: string, data: Record<string, unknown>, change: Change): void {
  effects.events.push({ what, subject: `run:${run.id}`, data });
  runChanged(effects, run.id, run, change);
}

/** Their ids, locked in order, so that two such changes at once wait for each other and never in a circle. */
async function chosen(tx: Db, context: CallContext, { ids, matching }: RunChoice): Promise<string[]> {
  const { workspaceId } = context.caller;
  if ((ids === undefined) === (matching === undefined))
    throw failure('BAD_REQUEST', { field: 'ids', reason: 'runs are chosen by `ids` or by `matching`', remedy: 'send one of them' });
  if (ids) {
    const rows = await tx<{ id: string }[]>`
      select replace(id::text, '-', '') as id from runs
      where id = any(${ids}::uuid[]) and workspace_id = ${workspaceId} order by id for no key update`;
    const known = new Set(rows.map(({ id }) => id));
    const missing = ids.findIndex((id) => !known.has(id));
    if (missing >= 0) throw noSuchRun(ids[missing] as string, `ids[${missing}]`);
    return [...known];
  }
  const { expect, ...scope } = matching as NonNullable<typeof matching>;
  const { matches } = await prepare(tx, workspaceId, { ...scope, userId: context.caller.userId }, context.now());
  const rows = await withinTime(
    unprepared(
      tx<
        { id: string }[]
      >`select replace(r.id::text, '-', '') as id from runs r where ${matches} order by r.id limit ${expect + 1}::int for no key update of r`,
    ),
  );
  if (rows.length !== expect) {
    const found = rows.length > expect ? `more than ${expect}` : String(rows.length);
    const reason = `the filter finds ${found} runs, not the ${expect} that were expected; nothing was changed`;
    throw failure('CONFLICT', { field: 'matching.expect', reason, remedy: 'look at the list again, then send its number' });
  }
  return rows.map(({ id }) => id);
}
