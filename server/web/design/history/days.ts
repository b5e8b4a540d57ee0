import type { SnapshotSummary } from '@cellkeep/schema/design';

export interface Day {
  /** Of its first moment, local time. */
  at: number;
  snapshots: SnapshotSummary[];
}

/** Snapshots, newest first, by the local day on which they were taken. */
export function byDay(snapshots: readonly SnapshotSummary[]): Day[] {
  const days = new Map<number, Day>();
  for (const snapshot of snapshots) {
    const at = new Date(snapshot.takenAt).setHours(0, 0, 0, 0);
    const day = days.get(at) ?? { at, snapshots: [] };
    day.snapshots.push(snapshot);
    days.set(at, day);
  }
  return [...days.values()];
}

/** The pair of a difference, the earlier one first; null: not two. */
export function pairOf(chosen: readonly string[], snapshots: readonly SnapshotSummary[]): [string, string] | null {
  const [one, two] = snapshots.filter(({ id }) => chosen.includes(id)).sort((a, b) => a.takenAt - b.takenAt);
  return one && two ? [one.id, two.id] : null;
}

/** Two at most: a third takes the place of the one that was chosen first. */
export function toggle(chosen: readonly string[], id: string): string[] {
  return chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-2);
}
