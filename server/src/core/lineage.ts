/** Edges between versions: what was made from what. */
import type { Db } from './context.ts';

export interface NewEdge {
  /** Kind and id: "execution:<uuid>", "run:<id>", "artifact:<sha256>". */
  from: string;
  relation: 'produced' | 'used' | 'part-of' | 'parent-of';
  to: string;
}

/** Adds edges; one that is there already stays as it is. */
export async function addEdges(_db: Db, _workspaceId: string, _edges: NewEdge[]): Promise<void> {
  throw new Error('lineage: being built');
}
