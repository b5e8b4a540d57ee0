/** The sidebar's groups: what runs now stands first, the rest by the day on which it started. */
import type { Run } from '@cellkeep/schema/tracking';

export type GroupName = 'running' | 'today' | 'yesterday' | 'week' | 'earlier';

export interface Group {
  name: GroupName;
  ids: string[];
}

const ORDER: GroupName[] = ['running', 'today', 'yesterday', 'week', 'earlier'];
const DAY = 86_400_000; // ms

/** Keeps the order of the runs within each group; groups without runs are left out. */
export function groupRuns(runs: readonly Pick<Run, 'id' | 'status' | 'startedAt'>[], now: number): Group[] {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const groups = new Map<GroupName, string[]>(ORDER.map((name) => [name, []]));
  for (const run of runs) groups.get(nameOf(run, midnight))?.push(run.id);
  return ORDER.map((name) => ({ name, ids: groups.get(name) ?? [] })).filter(({ ids }) => ids.length > 0);
}

function nameOf({ status, startedAt }: Pick<Run, 'status' | 'startedAt'>, midnight: number): GroupName {
  if (status === 'running') return 'running';
  if (startedAt >= midnight) return 'today';
  // Half a day of room: a day on which clocks change has 23 or 25 hours.
  if (startedAt >= new Date(midnight - DAY / 2).setHours(0, 0, 0, 0)) return 'yesterday';
  if (startedAt >= midnight - 6 * DAY) return 'week';
  return 'earlier';
}

/**
 * What is shown while the pointer is in the list: every run where it was, those that are gone left out, those that came counted but not
 * put in yet.
 */
export function settle(held: readonly Group[], fresh: readonly Group[]): { groups: Group[]; news: number } {
  const now = new Set(fresh.flatMap(({ ids }) => ids));
  const groups = held.map(({ name, ids }) => ({ name, ids: ids.filter((id) => now.has(id)) })).filter(({ ids }) => ids.length > 0);
  const shown = groups.reduce((sum, { ids }) => sum + ids.length, 0);
  return { groups, news: now.size - shown };
}
