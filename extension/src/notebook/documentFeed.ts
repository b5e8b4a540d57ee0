import type { ISharedCell } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { CellRevisions } from './cellRevisions';
import type { KernelLink } from './kernelLink';
import type { DocumentCell } from './protocol';

const GATHER = 300; // ms; while somebody types, the kernel hears three times a second

/**
 * Tells the kernel's bridge what the notebook looks like, unsaved changes included: the whole once, then what is new. It is from this that
 * the bridge says which results are stale, edited or gone.
 */
export class DocumentFeed {
  constructor(panel: NotebookPanel, kernel: KernelLink, revisions: CellRevisions) {
    this.panel = panel;
    this.kernel = kernel;
    this.revisions = revisions;
    panel.content.modelContentChanged.connect(this.soon, this);
    panel.content.modelChanged.connect(this.anew, this);
    revisions.changed.connect(this.soon, this);
    kernel.opened.connect(this.anew, this);
    kernel.changed.connect(this.onKernel, this);
    void panel.context.ready.then(() => this.anew());
    panel.disposed.connect(() => clearTimeout(this.timer));
  }

  /** For a check that is to know the last key that was pressed. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.send();
  }

  private anew(): void {
    this.told.clear();
    this.toldOrder = '';
    this.isDue = true;
    this.soon();
  }

  private soon(): void {
    this.isDue = true;
    this.timer ??= setTimeout(() => this.flush(), GATHER);
  }

  /** A kernel without a shell for messages hears nothing while a cell runs: it is told afterwards, once. */
  private onKernel(): void {
    if (this.isDue && this.timer === undefined && this.kernel.hearsNow) this.soon();
  }

  private send(): void {
    const cells = this.panel.content.model?.sharedModel.cells;
    if (!this.isDue || !cells || !this.panel.context.isReady || !this.kernel.hearsNow) return;
    this.isDue = false;
    const changed: Record<string, DocumentCell> = {};
    const order: string[] = [];
    for (const cell of cells) {
      const id = cell.getId();
      const revision = this.revisions.of(cell);
      const told = this.told.get(id);
      order.push(id);
      if (told?.cell === cell && told.revision === revision) continue;
      this.told.set(id, { cell, revision });
      changed[id] = { type: cell.cell_type, source: cell.getSource() };
    }
    if (this.told.size > order.length) {
      const there = new Set(order);
      for (const id of this.told.keys()) if (!there.has(id)) this.told.delete(id);
    }
    const orderText = order.join('\n');
    if (Object.keys(changed).length === 0 && orderText === this.toldOrder) return; // only outputs have changed
    this.toldOrder = orderText;
    this.version += 1;
    if (!this.kernel.send({ type: 'document', version: this.version, order, cells: changed })) this.anew();
  }

  private readonly panel: NotebookPanel;
  private readonly kernel: KernelLink;
  private readonly revisions: CellRevisions;
  private readonly told = new Map<string, { cell: ISharedCell; revision: number }>();
  private toldOrder = '';
  private version = 0;
  private isDue = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
}
