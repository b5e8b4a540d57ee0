/** Edges between versions: what was made from what. */
import type { Db } from './context.ts';

export interface NewEdge {
  /** Kind and id: "execution:<uuid>", "run:<id>", "artifact:<sha256>". */
  from: string;
  relation: 'produced' | 'used' | 'part-of' | 'parent-of';
  to: string;
}

/** Adds edges; one that is there already stays as it is. */
export async function addEdges(db: Db, workspaceId: string, edges: NewEdge[]): Promise<void> {
  if (edges.length === 0) return;
  // In one order for everybody: two writers of the same edges must not wait for each other in a circle.
  const sorted = [...edges].sort((a, b) => compare(a.from, b.from) || compare(a.relation, b.relation) || compare(a.to, b.to));
  await db`
    insert into edges (workspace_id, "from", relation, "to", at)
    select ${workspaceId}, e."from", e.relation, e."to", clock_timestamp()
    from unnest(${sorted.map((edge) => edge.from)}::text[], ${sorted.map((edge) => edge.relation)}::text[], ${sorted.map((edge) => edge.to)}::text[])
      as e ("from", relation, "to")
    on conflict do nothing`;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
