import type { Artifact } from '@cellkeep/schema/tracking';
import { byName } from '../run/groups.ts';

export interface PathRow {
  path: string;
  /** By run. */
  byRun: ReadonlyMap<string, Artifact>;
  /** Same content wherever it is. */
  isSame: boolean;
}

/** Paths that several runs have, those whose content differs first; then what only one of them has. */
export function pathRows(artifacts: readonly Artifact[]): PathRow[] {
  const byPath = new Map<string, Map<string, Artifact>>();
  for (const artifact of artifacts) {
    const byRun = byPath.get(artifact.path) ?? new Map<string, Artifact>();
    byPath.set(artifact.path, byRun.set(artifact.runId, artifact));
  }
  const rank = ({ byRun, isSame }: PathRow) => (byRun.size < 2 ? 2 : isSame ? 1 : 0);
  return [...byPath]
    .map(([path, byRun]) => ({ path, byRun, isSame: new Set([...byRun.values()].map(({ digest }) => digest)).size === 1 }))
    .sort((a, b) => rank(a) - rank(b) || byName(a.path, b.path));
}
