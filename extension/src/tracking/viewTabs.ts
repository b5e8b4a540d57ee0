import type { View } from '@cellkeep/web/host';
import type { ILabShell, ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebooks } from '../notebook/tokens';
import { followRunName } from './runTitle';
import { type Around, createViewWidget, type ViewWidget, viewId } from './viewWidgets';

/** The views that are open as tabs. They come back with the workspace. */
export class ViewTabs {
  constructor(app: JupyterFrontEnd, labShell: ILabShell | null, notebooks: INotebooks) {
    this.app = app;
    this.labShell = labShell;
    this.notebooks = notebooks;
  }

  /** @param command the one that opens a view from `{ view }` */
  restoreWith(restorer: ILayoutRestorer, command: string): void {
    void restorer.restore(this.tracker, {
      command,
      args: ({ view }) => ({ view: { ...view } }) as never,
      name: ({ view }) => viewId(view),
    });
  }

  open(around: Around, view: View): void {
    const there = this.tracker.find((widget) => widget.id === viewId(view));
    const widget = there ?? createViewWidget(around, view);
    there?.showView(view);
    if (!there) {
      if (view.view === 'run') followRunName(widget, view.id, around.connection);
      void this.tracker.add(widget);
    }
    if (!widget.isAttached) this.place(widget);
    this.app.shell.activateById(widget.id);
  }

  get inFront(): View | null {
    const front = this.app.shell.currentWidget;
    return this.tracker.find((widget) => widget === front)?.view ?? null;
  }

  /** The first tab splits the notebook's place, the next ones join it: the notebook stays where it is. */
  private place(widget: ViewWidget): void {
    if (!this.labShell) {
      // Notebook 7 shows one document; beside it is its right side bar.
      this.app.shell.add(widget, 'right');
      return;
    }
    const ours = this.tracker.find((other) => other !== widget && other.isAttached && other.isVisible);
    const panel = this.notebooks.current?.panel;
    const options: DocumentRegistry.IOpenOptions = ours
      ? { mode: 'tab-after', ref: ours.id }
      : panel?.isVisible
        ? { mode: 'split-right', ref: panel.id }
        : {};
    this.labShell.add(widget, 'main', options);
  }

  private readonly app: JupyterFrontEnd;
  private readonly labShell: ILabShell | null;
  private readonly notebooks: INotebooks;
  private readonly tracker = new WidgetTracker<ViewWidget>({ namespace: 'cellkeep-tracking' });
}
