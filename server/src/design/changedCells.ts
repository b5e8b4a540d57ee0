/** How many cells differ between two states of a notebook: for lists, where the whole comparison (diff/) would cost too much. */
import type { CellEntry, SnapshotSummary } from '@cellkeep/schema/design';
import type { Db } from '../core/context.ts';
import { readManifest } from './manifest.ts';

type Changed = NonNullable<SnapshotSummary['changed']>;
type Cell = Pick<CellEntry, 'id' | 'cell'>;

/** By id; a cell that only got another id is none that was removed and none that was added. */
export function changedCells(before: readonly Cell[], after: readonly Cell[]): Changed {
  const old = new Map(before.map(({ id, cell }) => [id, cell]));
  const ids = new Set(after.map(({ id }) => id));
  const removed = before.filter(({ id }) => !ids.has(id));
  const added = after.filter(({ id }) => !old.has(id));
  const edited = after.filter(({ id, cell }) => old.has(id) && old.get(id) !== cell).length;
  const left = new Map<string, number>();
  for (const { cell } of removed) left.set(cell, (left.get(cell) ?? 0) + 1);
  let renamed = 0;
  for (const { cell } of added) {
    const n = left.get(cell) ?? 0;
    if (n === 0) continue;
    left.set(cell, n - 1);
    renamed += 1;
  }
  return { added: added.length - renamed, removed: removed.length - renamed, edited };
}

/** Two states of a notebook by the digests of their manifests, with snapshots that hold them. */
export interface Step {
  before: { id: string; digest: string };
  after: { id: string; digest: string };
}

const MOST_KNOWN = 10_000;
/** Neither of the two ever changes: what was counted once stays right. */
const known = new Map<string, Changed>();
const nameOf = ({ before, after }: Step) => `${before.digest} ${after.digest}`;

/** In the order of the steps. */
export async function countChanges(db: Db, steps: readonly Step[]): Promise<Changed[]> {
  const cells = new Map<string, Cell[]>();
  const cellsOf = async ({ id, digest }: Step['before']): Promise<Cell[]> => {
    const there = cells.get(digest);
    if (there) return there;
    const [row] = await db<{ document: Buffer | null }[]>`select document from snapshots where id = ${id}`;
    const read = row?.document ? (await readManifest(row.document)).cells : []; // deleted meanwhile
    cells.clear(); // neighbours in a list share one manifest; more of them would be held for nothing
    cells.set(digest, read);
    return read;
  };
  const counts: Changed[] = [];
  for (const step of steps) {
    let changed = step.before.digest === step.after.digest ? { added: 0, removed: 0, edited: 0 } : known.get(nameOf(step));
    if (!changed) {
      const after = await cellsOf(step.after);
      changed = changedCells(await cellsOf(step.before), after);
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(nameOf(step), changed);
    }
    counts.push(changed);
  }
  return counts;
}
