import type { CellChange, ISharedCell } from '@jupyter/ydoc';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

/**
 * Counts the changes of each cell's own content (source, metadata, attachments; not its outputs), so that others need not read a cell
 * again that is as they know it. A cell is watched from the first time it is asked for.
 */
export class CellRevisions implements IDisposable {
  /** A watched cell has changed. */
  get changed(): ISignal<this, ISharedCell> {
    return this.changedSignal;
  }

  of(cell: ISharedCell): number {
    const known = this.revisions.get(cell);
    if (known !== undefined) return known;
    cell.changed.connect(this.onCell, this);
    this.revisions.set(cell, 0);
    return 0;
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    Signal.clearData(this);
  }

  private onCell(cell: ISharedCell, change: CellChange): void {
    if (!change.sourceChange && !change.metadataChange && !change.attachmentsChange) return;
    this.revisions.set(cell, (this.revisions.get(cell) ?? 0) + 1);
    this.changedSignal.emit(cell);
  }

  private disposed = false;
  private readonly revisions = new WeakMap<ISharedCell, number>();
  private readonly changedSignal = new Signal<this, ISharedCell>(this);
}
