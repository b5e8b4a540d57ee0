import type { RunSource } from '@cellkeep/schema/tracking';
import type { CellModel, KernelPromotion, NotebookContext } from '@cellkeep/web/host';
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { type ISignal, Signal } from '@lumino/signaling';
import { CellRevisions } from './cellRevisions';
import { DocumentFeed } from './documentFeed';
import { KernelLink } from './kernelLink';
import type { KernelRun } from './protocol';

/** One open notebook: its path, its active cell, and what its kernel's bridge says. Lives as long as the panel. */
export class NotebookLink {
  constructor(panel: NotebookPanel, localPath: (path: string) => string) {
    this.panel = panel;
    this.localPath = localPath;
    this.kernel = new KernelLink(panel.sessionContext, () => this.path);
    this.document = new DocumentFeed(panel, this.kernel, this.revisions);
    this.kernel.changed.connect(this.refresh, this);
    panel.context.pathChanged.connect(this.onMoved, this);
    panel.content.activeCellChanged.connect(this.refresh, this);
    panel.disposed.connect(this.dispose, this);
    this.lastContext = this.read();
  }

  readonly panel: NotebookPanel;
  readonly kernel: KernelLink;
  readonly revisions: CellRevisions = new CellRevisions();
  readonly document: DocumentFeed;

  /** Jupyter's contents path, without a drive. */
  get path(): string {
    return this.localPath(this.panel.context.path);
  }

  get activeCell(): Cell | null {
    return this.panel.content.activeCell;
  }

  /** The same object until something in it is different, so that a view may compare. */
  get context(): NotebookContext {
    return this.lastContext;
  }

  get runs(): readonly KernelRun[] {
    return this.kernel.kernelState?.runs ?? [];
  }

  /** What could be promoted: the same list while the kernel says the same. */
  get models(): readonly CellModel[] {
    return this.kernel.models;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  /** The kernel holds other models than before. */
  get modelsChanged(): ISignal<this, void> {
    return this.modelsSignal;
  }

  /** Starts a run in the kernel. False where no bridge listens. */
  startRun(name?: string): boolean {
    return this.kernel.send(name ? { type: 'run.start', name } : { type: 'run.start' });
  }

  /**
   * Ends a run of this kernel; false where it is not one. While the cell that logs it executes, the kernel is interrupted: the bridge
   * ends the run as killed, and a loop does not go on without one.
   *
   * @param source of a running run, as the server tells it: it may tell of a run before the kernel's own list does
   */
  async stopRun(runId: string, source: RunSource | null = null): Promise<boolean> {
    const listed = this.runs.find(({ id }) => id === runId);
    if (listed ? listed.status !== 'running' : !source || source.sessionId !== this.kernel.kernelState?.sessionId) return false;
    if (this.isExecuting(listed?.cellId ?? source?.cellId ?? null)) {
      const kernel = this.panel.sessionContext.session?.kernel;
      if (!kernel) return false;
      await kernel.interrupt();
      return true;
    }
    return this.kernel.send({ type: 'run.stop', runId });
  }

  /** Asks the kernel to promote one of its models. False where no bridge listens. */
  promote(promotion: KernelPromotion): boolean {
    return this.kernel.send({ type: 'promote', ...promotion });
  }

  renameRun(runId: string, name: string): boolean {
    return this.runs.some(({ id }) => id === runId) && this.kernel.send({ type: 'run.rename', runId, name });
  }

  /**
   * Which cell runs now: the one whose prompt is a star, which this page knows before Jupyter says that the kernel is busy. Of a run without
   * a cell the kernel's state must do.
   */
  private isExecuting(cellId: string | null): boolean {
    const cell = this.panel.content.widgets.find(({ model }) => model.id === cellId);
    if (!cell) return this.kernel.kernelStatus === 'busy';
    return (cell.model as { executionState?: string }).executionState !== 'idle';
  }

  private onMoved(): void {
    this.kernel.send({ type: 'moved', notebookPath: this.path });
    this.refresh();
  }

  private refresh(): void {
    if (this.modelsTold !== this.models) {
      this.modelsTold = this.models;
      this.modelsSignal.emit();
    }
    const next = this.read();
    if (JSON.stringify(next) === JSON.stringify(this.lastContext) && this.runsStamp === this.stampOfRuns()) return;
    this.lastContext = next;
    this.runsStamp = this.stampOfRuns();
    this.changedSignal.emit();
  }

  private stampOfRuns(): string {
    return this.runs.map(({ id, status, name, cellId }) => `${id}${status}${name}${cellId}`).join();
  }

  private read(): NotebookContext {
    const { kernel } = this;
    return {
      path: this.path,
      activeCellId: this.activeCell?.model.id ?? null,
      kernel: kernel.kernelStatus,
      // A kernel that has not answered yet is busy rather than without a bridge: `absent` would tell the person to install one.
      bridge: kernel.state === 'absent' ? 'absent' : (kernel.kernelState?.server ?? 'online'),
      waiting: kernel.kernelState?.waiting ?? 0,
      runIds: this.runs.map(({ id }) => id),
    };
  }

  private dispose(): void {
    this.kernel.dispose();
    this.revisions.dispose();
    Signal.clearData(this);
  }

  private readonly localPath: (path: string) => string;
  private lastContext: NotebookContext;
  private runsStamp = '';
  private modelsTold: readonly CellModel[] | null = null;
  private readonly modelsSignal = new Signal<this, void>(this);
  private readonly changedSignal = new Signal<this, void>(this);
}
