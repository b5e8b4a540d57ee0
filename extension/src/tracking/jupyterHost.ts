import {
  type CellModel,
  fillIn,
  type Host,
  type KernelPromotion,
  type KernelPromotionNews,
  type NotebookContext,
  type Readable,
  type View,
  type ViewSettings,
  viewPath,
} from '@cellkeep/web/host';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { reason } from '../connection/reason';
import type { IConnection } from '../connection/tokens';
import { DesignCommandIds } from '../design/commandIds';
import type { NotebookLink } from '../notebook/notebookLink';
import type { INotebooks } from '../notebook/tokens';

export interface HostParts {
  app: JupyterFrontEnd;
  connection: IConnection;
  notebooks: INotebooks;
  trans: TranslationBundle;
  settings: Readable<ViewSettings>;
  open(view: View): void;
}

/** What only JupyterLab can do for the views: run in this kernel, insert a cell, open a notebook, open a tab. */
export function createJupyterHost(parts: HostParts): Host {
  const { app, connection, notebooks, trans } = parts;
  return {
    kind: 'jupyterlab',
    navigate: parts.open,
    href: (view) => connection.serverPage(viewPath(view)),
    notebook: readCurrent<NotebookContext | null>(
      notebooks,
      (link) => link.changed,
      (link) => link?.context ?? null,
    ),
    insertCell: (code) => {
      const panel = notebooks.current?.panel;
      if (panel) insertCell(panel, code);
      else Notification.info(trans.__('Open a notebook first: the cell is inserted below its active cell.'), { autoClose: 5_000 });
    },
    openNotebook: (path, cellId) => {
      void openNotebook(app, path, cellId ?? null).catch((error: unknown) => {
        Notification.error(trans.__('%1 cannot be opened: %2', path, reason(error)), { autoClose: 8_000 });
      });
    },
    startRun: (name) => startRun(notebooks.current, name, trans),
    stopRun: async (runId) => {
      for (const link of notebooks.open) {
        if (await link.stopRun(runId)) return true;
      }
      const { status, source } = await connection.client.tracking.runs.get({ id: runId });
      for (const link of status === 'running' ? notebooks.open : []) {
        if (await link.stopRun(runId, source)) return true;
      }
      return false;
    },
    // The design room brings notebooks back; it stands on this one, so it is asked by its commands.
    openSnapshot: (snapshotId) => void app.commands.execute(DesignCommandIds.openSnapshot, { snapshotId }),
    openNotebookOfRun: (runId) => void app.commands.execute(DesignCommandIds.openNotebookOfRun, { runId }),
    restoreCells: (snapshotId, cellIds, outputs) =>
      void app.commands.execute(DesignCommandIds.restoreCells, { snapshotId, cellIds, outputs }),
    models: readCurrent(
      notebooks,
      (link) => link.modelsChanged,
      (link) => link?.models ?? NO_MODELS,
    ),
    promotionNews: readPromotionNews(notebooks),
    promote: async (promotion) => promote(notebooks.current, promotion, trans),
    notify: (message, kind) => {
      if (kind === 'error') Notification.error(message, { autoClose: 8_000 });
      else Notification.info(message, { autoClose: 4_000 });
    },
    settings: parts.settings,
    translate: (text, values) => fillIn(trans.__(text), values),
  };
}

/** What whichever notebook is in use says; told when it says something else, and when another one is used. */
function readCurrent<T>(
  notebooks: INotebooks,
  changedOf: (link: NotebookLink) => ISignal<NotebookLink, void>,
  read: (link: NotebookLink | null) => T,
): Readable<T> {
  return {
    get: () => read(notebooks.current),
    subscribe: (listener) => {
      let link: NotebookLink | null = null;
      const leave = () => {
        if (link) changedOf(link).disconnect(listener);
      };
      const follow = () => {
        leave();
        link = notebooks.current;
        if (link) changedOf(link).connect(listener);
      };
      const onCurrent = () => {
        follow();
        listener();
      };
      follow();
      notebooks.currentChanged.connect(onCurrent);
      return () => {
        notebooks.currentChanged.disconnect(onCurrent);
        leave();
      };
    },
  };
}

const NO_MODELS: readonly CellModel[] = [];

const MOST_NEWS = 50; // promotions; who looks for older ones asks the server

/** What the kernels of all open notebooks tell of promotions; the steps of one stay beside its end, which names none. */
function readPromotionNews(notebooks: INotebooks): Readable<ReadonlyMap<string, KernelPromotionNews>> {
  let told: ReadonlyMap<string, KernelPromotionNews> = new Map();
  const listeners = new Set<() => void>();
  const take = (news: KernelPromotionNews) => {
    const steps = news.steps.length > 0 ? news.steps : (told.get(news.id)?.steps ?? []);
    told = new Map([...told, [news.id, { ...news, steps }] as const].slice(-MOST_NEWS));
    for (const listener of [...listeners]) listener();
  };
  const follow = (link: NotebookLink) => link.kernel.promotionTold.connect((_, news) => take(news));
  for (const link of notebooks.open) follow(link);
  notebooks.added.connect((_, link) => follow(link));
  return {
    get: () => told,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function promote(link: NotebookLink | null, promotion: KernelPromotion, trans: TranslationBundle): void {
  requireKernel(link, trans.__('The notebook has no kernel: the model is gone with it. Run the cell that makes it again.'), trans);
  if (!link?.promote(promotion)) throw new Error(noBridge(trans));
}

export function insertCell(panel: NotebookPanel, code: string): void {
  const notebook = panel.content;
  // An empty cell is filled rather than pushed away.
  const active = notebook.activeCell;
  if (active?.model.type !== 'code' || active.model.sharedModel.getSource().trim() !== '') NotebookActions.insertBelow(notebook);
  notebook.activeCell?.model.sharedModel.setSource(code);
  panel.content.node.focus();
  void notebook.scrollToItem(notebook.activeCellIndex);
}

async function openNotebook(app: JupyterFrontEnd, path: string, cellId: string | null): Promise<void> {
  const opened: unknown = await app.commands.execute('docmanager:open', { path });
  const panel = opened as NotebookPanel | undefined;
  if (!panel?.context || cellId === null) return;
  await panel.revealed;
  const index = panel.content.widgets.findIndex(({ model }) => model.id === cellId);
  if (index < 0) return;
  panel.content.activeCellIndex = index;
  await panel.content.scrollToItem(index, 'center');
}

async function startRun(link: NotebookLink | null, name: string | undefined, trans: TranslationBundle): Promise<void> {
  requireKernel(link, trans.__('The notebook has no kernel: start one, then start the run.'), trans);
  if (!link?.startRun(name)) throw new Error(noBridge(trans));
}

function requireKernel(link: NotebookLink | null, without: string, trans: TranslationBundle): void {
  if (!link) throw new Error(trans.__('No notebook is open.'));
  if (link.kernel.kernelStatus === 'none' || link.kernel.kernelStatus === 'dead') throw new Error(without);
}

const noBridge = (trans: TranslationBundle): string =>
  trans.__('This kernel has no Cellkeep bridge: install the Python package cellkeep in its environment and restart it.');
