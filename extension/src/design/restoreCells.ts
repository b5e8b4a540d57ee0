import type { CellType, ICell } from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { untrustedMetadata } from './untrusted';

/** A cell of a notebook as it was, of nbformat 4.5. */
export type KeptCell = ICell & { id: string; cell_type: CellType };

/** Where a cell goes: in the place of the one with its id, or behind the one that it followed. */
export interface Placing {
  cell: KeptCell;
  /** Index in the notebook as it is now. */
  at: number;
  replaces: boolean;
}

/**
 * Says where the chosen cells of a kept notebook go. One that is still there is replaced; one that was deleted comes back behind the
 * nearest cell before it that is there, or at the top.
 *
 * @param now ids of the notebook's cells as it is
 * @param chosen null: all
 */
export function placeCells(now: readonly string[], kept: readonly KeptCell[], chosen: ReadonlySet<string> | null): Placing[] {
  const index = new Map(now.map((id, at) => [id, at]));
  const placings: Placing[] = [];
  let behind = -1;
  for (const cell of kept) {
    const at = index.get(cell.id);
    if (!chosen || chosen.has(cell.id))
      placings.push(at === undefined ? { cell, at: behind + 1, replaces: false } : { cell, at, replaces: true });
    if (at !== undefined) behind = at;
  }
  return placings;
}

export interface Restored {
  /** How many cells were put back. */
  count: number;
  /** Whether it is the last change of the notebook's cells: then it can be undone. */
  isLast(): boolean;
  /** False, and nothing is changed, where something else was changed since: undoing would undo that. */
  undo(): boolean;
}

/**
 * Puts cells as they were into the open notebook, all in one step, so that one undo takes all of them out again.
 */
export function restoreCells(
  panel: NotebookPanel,
  kept: readonly KeptCell[],
  { chosen, withOutputs }: { chosen: ReadonlySet<string> | null; withOutputs: boolean },
): Restored {
  const notebook = panel.content;
  const model = notebook.model;
  if (!model || model.readOnly) throw new Error('the notebook cannot be written');
  const shared = model.sharedModel;
  const placings = placeCells(
    shared.cells.map((cell) => cell.getId()),
    kept,
    chosen,
  );
  const [first] = placings;
  if (!first) return { count: 0, isLast: () => false, undo: () => false };
  const { undoManager } = shared as { undoManager?: { stopCapturing(): void; undoStack: unknown[] } };
  // Changes close together in time count as one; what was typed before is not to be undone with this.
  undoManager?.stopCapturing();
  shared.transact(() => {
    // From the end, so that the places before stay what they are. Cells for the same place keep their order.
    for (const { cell, at, replaces } of [...placings].sort((a, b) => a.at - b.at || Number(a.replaces) - Number(b.replaces)).reverse()) {
      if (replaces) shared.deleteCell(at);
      shared.insertCell(at, freshCell(cell, withOutputs) as never);
    }
  });
  undoManager?.stopCapturing();
  notebook.deselectAll();
  notebook.activeCellIndex = shared.cells.findIndex((cell) => cell.getId() === first.cell.id);
  notebook.mode = 'command';
  notebook.node.focus();
  const step = undoManager?.undoStack.at(-1);
  const isLast = () => step !== undefined && !panel.isDisposed && undoManager?.undoStack.at(-1) === step;
  const undo = () => {
    if (!isLast()) return false;
    shared.undo();
    return true;
  };
  return { count: placings.length, isLast, undo };
}

function freshCell(cell: KeptCell, withOutputs: boolean): Record<string, unknown> {
  const source = Array.isArray(cell.source) ? cell.source.join('') : cell.source;
  const common = { id: cell.id, cell_type: cell.cell_type, source, metadata: untrustedMetadata(cell.metadata) };
  if (cell.cell_type !== 'code') return cell.attachments ? { ...common, attachments: cell.attachments } : common;
  return {
    ...common,
    outputs: withOutputs ? (cell.outputs ?? []) : [],
    execution_count: withOutputs ? (cell.execution_count ?? null) : null,
  };
}
