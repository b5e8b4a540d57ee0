/**
 * The rows of a table as stretches, one after the other: the head of a group, or the runs of a search, of which only those on screen are
 * held. A table without groups is one stretch of runs.
 */
import type { RunSearch } from '../queries.ts';
import type { Group } from './groups.ts';

export interface RunStretch {
  is: 'runs';
  /** Row of its first run. */
  from: number;
  length: number;
  search: RunSearch;
  depth: number;
}

export interface GroupStretch {
  is: 'group';
  from: number;
  length: 1;
  group: Group;
  isOpen: boolean;
}

/** A line that says something of the group above it: that its groups are on their way, or that there are more than are listed. */
export interface NoteStretch {
  is: 'note';
  from: number;
  length: 1;
  depth: number;
  note: 'loading' | { more: number } | { error: unknown };
  /** Of the group whose content it stands for. */
  path: string;
}

export type Stretch = RunStretch | GroupStretch | NoteStretch;

export interface Laid {
  stretches: Stretch[];
  count: number;
}

/** Without groups: all the runs there are. */
export function layRuns(search: RunSearch, total: number): Laid {
  return { stretches: [{ is: 'runs', from: 0, length: total, search, depth: 0 }], count: total };
}

export interface Level {
  groups: readonly Group[];
  /** Groups there are, listed or not; null: not known yet. */
  total: number | null;
  error?: unknown;
}

/** Groups with what is open below them. `levelOf` is asked for the groups within a group, or, with '', for the outermost. */
export function layGroups(depths: number, open: ReadonlySet<string>, levelOf: (path: string) => Level): Laid {
  const stretches: Stretch[] = [];
  let count = 0;
  const note = (path: string, depth: number, said: NoteStretch['note']) => {
    stretches.push({ is: 'note', from: count++, length: 1, depth, note: said, path });
  };
  const lay = (path: string, depth: number) => {
    const { groups, total, error } = levelOf(path);
    for (const group of groups) {
      const isOpen = open.has(group.path);
      stretches.push({ is: 'group', from: count++, length: 1, group, isOpen });
      if (!isOpen) continue;
      if (depth + 1 < depths) lay(group.path, depth + 1);
      else {
        stretches.push({ is: 'runs', from: count, length: group.count, search: group.search, depth: depth + 1 });
        count += group.count;
      }
    }
    if (error) note(path, depth, { error });
    else if (total === null) note(path, depth, 'loading');
    else if (total > groups.length) note(path, depth, { more: total - groups.length });
  };
  lay('', 0);
  return { stretches, count };
}

/** The stretch that a row lies in. */
export function stretchAt(stretches: readonly Stretch[], row: number): Stretch | undefined {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((stretches[middle]?.from ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  const found = stretches[low];
  return found && row >= found.from && row < found.from + found.length ? found : undefined;
}

export interface WantedPage {
  search: RunSearch;
  page: number;
}

/** Pages of runs that lie in rows `from` … `to`. */
export function pagesIn(stretches: readonly Stretch[], from: number, to: number, size: number): WantedPage[] {
  const wanted: WantedPage[] = [];
  for (const stretch of stretches) {
    if (stretch.is !== 'runs' || stretch.from >= to || stretch.from + stretch.length <= from) continue;
    const first = Math.floor(Math.max(0, from - stretch.from) / size);
    const last = Math.floor((Math.min(stretch.from + stretch.length, to) - 1 - stretch.from) / size);
    for (let page = first; page <= last; page++) wanted.push({ search: stretch.search, page });
  }
  return wanted;
}
