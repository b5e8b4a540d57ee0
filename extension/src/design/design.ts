import { antiForgery } from '@cellkeep/web/connection';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IConnection } from '../connection/tokens';
import type { NotebookLink } from '../notebook/notebookLink';
import type { INotebooks } from '../notebook/tokens';
import type { Around } from '../tracking/viewWidgets';
import { FindingsItem } from './findingsItem';
import { NotebookMarks } from './notebookMarks';
import { NotebookSnapshots } from './notebookSnapshots';
import { createPartMaker } from './partMaker';
import { SnapshotQueue } from './snapshotQueue';
import { createSourceDiff } from './sourceDiff';

export interface DesignParts {
  app: JupyterFrontEnd;
  connection: IConnection;
  notebooks: INotebooks;
  around: Around;
  trans: TranslationBundle;
}

interface Followed {
  snapshots: NotebookSnapshots;
  marks: NotebookMarks;
}

/** Joins the open notebooks and the server: each notebook gets what takes its snapshots, and its marks. */
export class Design {
  constructor({ app, connection, notebooks, around, trans }: DesignParts) {
    this.app = app;
    this.notebooks = notebooks;
    this.around = around;
    this.trans = trans;
    const maker = createPartMaker({ base: connection.connection.baseUrl, headers: () => antiForgery() });
    this.queue = new SnapshotQueue(connection, maker);
    this.maker = maker;
    for (const link of notebooks.open) this.follow(link);
    notebooks.added.connect((_, link) => this.follow(link));
  }

  readonly queue: SnapshotQueue;
  readonly trans: TranslationBundle;

  get showsMarks(): boolean {
    return this.marksShown;
  }

  set showsMarks(shown: boolean) {
    this.marksShown = shown;
    for (const link of this.notebooks.open) this.followed.get(link)?.marks.updateSoon();
  }

  snapshotsOf(link: NotebookLink): NotebookSnapshots | undefined {
    return this.followed.get(link)?.snapshots;
  }

  marksOf(link: NotebookLink): NotebookMarks | undefined {
    return this.followed.get(link)?.marks;
  }

  /** What stands in a notebook's toolbar: the count of its findings. */
  createFindingsItem(panel: NotebookPanel): FindingsItem {
    const linkOf = () => this.notebooks.open.find((link) => link.panel === panel);
    const item = new FindingsItem(this.trans, {
      placeOf: (cellId) => {
        const index = panel.content.widgets.findIndex(({ model }) => model.id === cellId);
        return index < 0 ? null : this.trans.__('Cell %1', index + 1);
      },
      goTo: (cellId) => void goToCell(panel, cellId),
    });
    const follow = () => {
      const marks = this.followed.get(linkOf() as NotebookLink)?.marks;
      if (!marks) return;
      const update = () => item.set(marks.marks);
      marks.changed.connect(update);
      item.disposed.connect(() => marks.changed.disconnect(update));
      this.items.set(panel, item);
      update();
    };
    // The toolbar may be made before the notebook is known here.
    if (linkOf()) follow();
    else this.waitingItems.set(panel, follow);
    return item;
  }

  /** Opens the list of findings, as a press on their count does. False where there are none. */
  openFindings(link: NotebookLink): boolean {
    const item = this.items.get(link.panel);
    if (!item || item.isHidden) return false;
    item.open(true);
    return true;
  }

  private follow(link: NotebookLink): void {
    const snapshots = new NotebookSnapshots(link, this.maker, this.queue);
    const marks: NotebookMarks = new NotebookMarks(link, () => this.marksShown, this.trans, {
      rerun: (cellId) => void this.rerun(link, cellId),
      showDiff: (cellId) => void this.showDiff(link, marks, cellId),
    });
    this.followed.set(link, { snapshots, marks });
    this.waitingItems.get(link.panel)?.();
    this.waitingItems.delete(link.panel);
    link.panel.disposed.connect(() => this.followed.delete(link));
  }

  private async rerun(link: NotebookLink, cellId: string): Promise<void> {
    await goToCell(link.panel, cellId);
    this.app.shell.activateById(link.panel.id);
    await this.app.commands.execute('notebook:run-cell');
  }

  private async showDiff(link: NotebookLink, marks: NotebookMarks, cellId: string): Promise<void> {
    const now = link.panel.content.widgets.find(({ model }) => model.id === cellId)?.model.sharedModel.getSource();
    if (now === undefined) return;
    const ran = marks.executedSource(cellId) ?? (await this.askForSource(link, cellId));
    if (ran === null) {
      Notification.info(this.trans.__('What this cell ran as is not known any more: the server does not have that execution yet.'), {
        autoClose: 5_000,
      });
      return;
    }
    const index = link.panel.content.widgets.findIndex(({ model }) => model.id === cellId);
    const widget = createSourceDiff(this.around, { cellId, ran, now, title: this.trans.__('Cell %1, as it ran and now', index + 1) });
    this.app.shell.add(widget, 'main', { mode: 'split-right', ref: link.panel.id });
  }

  /** A page that was loaded again has not seen the execution; the server has its source. */
  private async askForSource(link: NotebookLink, cellId: string): Promise<string | null> {
    const sessionId = link.kernel.kernelState?.sessionId;
    if (!sessionId) return null;
    const { client } = this.around.connection;
    try {
      const { executions } = await client.design.executions.list({ sessionId, cellId, limit: 1_000 });
      return executions.at(-1)?.source ?? null;
    } catch {
      return null; // it is away: what is not known is said by the caller
    }
  }

  private readonly app: JupyterFrontEnd;
  private readonly notebooks: INotebooks;
  private readonly around: Around;
  private readonly maker: ReturnType<typeof createPartMaker>;
  private readonly followed = new Map<NotebookLink, Followed>();
  private readonly items = new WeakMap<NotebookPanel, FindingsItem>();
  private readonly waitingItems = new Map<NotebookPanel, () => void>();
  private marksShown = true;
}

async function goToCell(panel: NotebookPanel, cellId: string): Promise<void> {
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(({ model }) => model.id === cellId);
  if (index < 0) return;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  notebook.mode = 'command';
  notebook.node.focus();
  await notebook.scrollToItem(index);
}
