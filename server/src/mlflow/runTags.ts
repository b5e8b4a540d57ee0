/** Tags of a run that have a place of their own here: its name, notes and parent, and where it came from. */

import type { RunSource } from '@cellkeep/schema/tracking';
import { limits } from '@cellkeep/schema/wire';
import { mayBeParent, type RunChange } from '../tracking/index.ts';
import type { MlflowContext } from './call.ts';
import { checkedTag, type Entry, isRunId } from './keys.ts';
import {
  BRANCH,
  CELL,
  COMMIT,
  DIRTY,
  EXECUTION,
  EXECUTION_COUNT,
  NOTE,
  PARENT,
  REPOSITORY,
  RUN_NAME,
  SESSION,
  SOURCE_NAME,
  USER,
} from './tagNames.ts';

type Tags = Record<string, string>;

/** The last one of a key counts. @param list where they stand in the request, for its errors; absent: there is one only */
export function tagsOf(entries: readonly Entry[], list?: string): Tags {
  return Object.fromEntries(entries.map((entry, i) => [entry.key, checkedTag(entry, list === undefined ? '' : `${list}[${i}].`)]));
}

/** What setting these tags changes. A parent that is no run of ours, or stands below this one, stays a tag. */
export async function changeBy(
  { sql, caller }: Pick<MlflowContext, 'sql' | 'caller'>,
  tags: Tags,
  runId: string | null,
): Promise<Omit<RunChange, 'id'>> {
  const { [RUN_NAME]: name, [NOTE]: notes, ...others } = tags;
  const change: Omit<RunChange, 'id'> = { setTags: others };
  if (name) change.name = name;
  if (notes !== undefined) change.notes = notes;
  const parent = others[PARENT];
  if (parent === undefined) return change;
  if (!isRunId(parent) || !(await mayBeParent(sql, caller.workspaceId, parent, runId))) return { ...change, parentRunId: null };
  const { [PARENT]: _, ...rest } = others;
  return { ...change, setTags: rest, parentRunId: parent, removeTags: [PARENT] };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Where a new run came from, as its tags say: the cell, by the tags of our bridge, which then are tags no more; script and commit, by
 * those that MLflow's client sets everywhere. In a kernel with our bridge nobody but the account is meant, unless the person says
 * so: whom the process runs as there is often "jovyan" to all of a team.
 */
export function sourceOf(tags: Tags, userId: string | undefined, account: string): { source: RunSource; tags: Tags } {
  const { [SESSION]: session, [EXECUTION]: execution, [CELL]: cell, [EXECUTION_COUNT]: count, ...others } = tags;
  const isOurs = session !== undefined && UUID.test(session);
  const inCell = isOurs && execution !== undefined && UUID.test(execution);
  const short = (text: string | undefined) => (text ?? '').slice(0, limits.name);
  const user = userId || others[USER];
  const commit = others[COMMIT]?.slice(0, 64);
  const source: RunSource = {
    sessionId: isOurs ? session : null,
    executionId: inCell ? execution : null,
    cellId: isOurs && cell ? short(cell) : null,
    executionCount: isOurs && count && /^\d{1,9}$/.test(count) ? Number(count) : null,
    entrypoint: (others[SOURCE_NAME] ?? '').slice(0, 4_096),
    host: '',
    git: commit
      ? { commit, branch: short(others[BRANCH]), dirty: /^true$/i.test(others[DIRTY] ?? ''), remote: others[REPOSITORY] ?? '' }
      : null,
    ...(user ? { user: short(user) } : {}),
  };
  if (!isOurs) return { source, tags };
  return { source, tags: others[USER] === '' ? { ...others, [USER]: account } : others };
}
