/**
 * Which notebooks are open, and what do their kernels say?
 *
 * Each open notebook has a `NotebookLink`: its path as Jupyter knows it now (the kernel's own idea goes stale with a rename), its active
 * cell, and a `KernelLink`, the comm with the bridge. A rename is told to the kernel, which goes on logging under the new path, and to the
 * server, for notebooks that no kernel speaks for.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { IConnection } from '../connection/tokens';
import { NotebookMoves, readMove } from './moves';
import { NotebookLink } from './notebookLink';
import { INotebooks } from './tokens';

export const notebookPlugin: JupyterFrontEndPlugin<INotebooks> = {
  id: '@cellkeep/jupyterlab:notebook',
  description: 'Follows open notebooks and talks with the bridge in their kernels.',
  requires: [INotebookTracker, IConnection],
  provides: INotebooks,
  autoStart: true,
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker, connection: IConnection): INotebooks => {
    const { contents } = app.serviceManager;
    const localPath = (path: string) => contents.localPath(path);
    const notebooks = new OpenNotebooks(tracker, localPath);
    const moves = new NotebookMoves(connection);
    contents.fileChanged.connect((_, change) => {
      const move = readMove(change, localPath);
      if (move) moves.add(move);
    });
    return notebooks;
  },
};

class OpenNotebooks implements INotebooks {
  constructor(tracker: INotebookTracker, localPath: (path: string) => string) {
    const add = (panel: NotebookPanel) => {
      if (this.links.has(panel) || panel.isDisposed) return;
      const link = new NotebookLink(panel, localPath);
      this.links.set(panel, link);
      panel.disposed.connect(() => {
        this.links.delete(panel);
        this.choose(tracker.currentWidget);
      });
      this.added.emit(link);
    };
    tracker.forEach(add);
    tracker.widgetAdded.connect((_, panel) => {
      add(panel);
      this.choose(tracker.currentWidget);
    });
    tracker.currentChanged.connect((_, panel) => this.choose(panel));
    this.choose(tracker.currentWidget);
  }

  get current(): NotebookLink | null {
    return this.currentLink;
  }

  get open(): readonly NotebookLink[] {
    return [...this.links.values()];
  }

  readonly currentChanged: Signal<INotebooks, NotebookLink | null> = new Signal(this);
  readonly added: Signal<INotebooks, NotebookLink> = new Signal(this);

  private choose(panel: NotebookPanel | null): void {
    const link = (panel && this.links.get(panel)) ?? null;
    if (link === this.currentLink) return;
    this.currentLink = link;
    this.currentChanged.emit(link);
  }

  private readonly links = new Map<NotebookPanel, NotebookLink>();
  private currentLink: NotebookLink | null = null;
}
