import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IConnection } from '../connection/tokens';
import type { NotebookLink } from '../notebook/notebookLink';
import type { INotebooks } from '../notebook/tokens';
import { notebookToRestore } from './ownNotebook';
import { type KeptCell, type Restored, restoreCells } from './restoreCells';
import { notebookOfRun, restoredName, saveAsNew } from './restoreNotebook';
import { askForSlice } from './sliceOfName';

/** Brings notebooks and cells back as they were: as a new document beside, or into the one that they are of. */
export interface Restoring {
  open(snapshotId: string): Promise<void>;
  openOfRun(runId: string): Promise<void>;
  /** A new notebook with the cells that a variable of the notebook's kernel depends on. */
  openSlice(link: NotebookLink, name: string): Promise<void>;
  /** @param cellIds null: all */
  restore(snapshotId: string, cellIds: string[] | null, withOutputs: boolean): Promise<void>;
}

export function createRestoring(app: JupyterFrontEnd, connection: IConnection, notebooks: INotebooks, trans: TranslationBundle): Restoring {
  const { contents } = app.serviceManager;

  const fetchNotebook = async (snapshotId: string): Promise<INotebookContent> => {
    const answer = await connection.connection.request(`api/v1/snapshots/${encodeURIComponent(snapshotId)}/notebook`);
    if (answer.ok) return (await answer.json()) as INotebookContent;
    const said = ((await answer.json().catch(() => null)) as { message?: string } | null)?.message;
    throw new Error(said ?? trans.__('the server answered %1', answer.status));
  };

  const open = async (snapshotId: string) => {
    const { takenAt, notebookPath } = await connection.client.design.snapshots.get({ id: snapshotId });
    const notebook = await fetchNotebook(snapshotId);
    const folder = await existingFolder(notebookPath ? PathExt.dirname(notebookPath) : '');
    await openAsNew(folder, restoredName(notebookPath, takenAt), notebook);
  };

  const openAsNew = async (folder: string, name: string, notebook: unknown) => {
    const path = await saveAsNew(contents, folder, name, notebook);
    await app.commands.execute('docmanager:open', { path, options: { mode: 'tab-after' } });
  };

  /** The folder may have gone since, or be of somebody else's Jupyter: then the file browser's root. */
  const existingFolder = async (folder: string): Promise<string> => {
    if (folder === '' || folder.startsWith('/')) return '';
    const found = await contents.get(folder, { content: false }).catch(() => null);
    return found?.type === 'directory' ? folder : '';
  };

  return {
    open,

    openOfRun: async (runId) => {
      const { snapshots } = await connection.client.design.snapshots.list({ runId, limit: 100 });
      const found = notebookOfRun(snapshots);
      if (!found)
        throw new Error(trans.__('No snapshot of this run holds its notebook: it was made by a script, or by an older kernel package.'));
      await open(found.id);
    },

    openSlice: async (link, name) => {
      const kernel = link.panel.sessionContext.session?.kernel;
      if (!kernel || link.kernel.state === 'absent') throw new Error(trans.__('The kernel of this notebook has no Cellkeep bridge.'));
      const notebook = await askForSlice(kernel, name);
      const base = PathExt.basename(link.path, PathExt.extname(link.path));
      await openAsNew(PathExt.dirname(link.path), `${base} (${name})`, notebook);
    },

    restore: async (snapshotId, cellIds, withOutputs) => {
      const { client } = connection;
      const [{ notebookPath, userName }, { user }] = await Promise.all([
        client.design.snapshots.get({ id: snapshotId }),
        client.access.me(),
      ]);
      const { cells } = await fetchNotebook(snapshotId);
      const origin = { path: notebookPath, ofOther: userName === user.name ? null : userName };
      const panel = await notebookToRestore(app, notebooks, origin, trans);
      if (!panel) return;
      const chosen = cellIds && new Set(cellIds);
      const restored = restoreCells(panel, cells as KeptCell[], { chosen, withOutputs });
      app.shell.activateById(panel.id);
      const { count, undo } = restored;
      if (count === 0) throw new Error(trans.__('None of these cells is in the snapshot.'));
      undoByKeys(panel, restored);
      Notification.success(trans._n('%1 cell is as it was.', '%1 cells are as they were.', count), {
        autoClose: 8_000,
        actions: [
          {
            label: trans.__('Undo'),
            callback: () => {
              if (!undo())
                Notification.info(trans.__('The notebook was changed since: use Undo Cell Operation (Z).'), { autoClose: 5_000 });
            },
          },
        ],
      });
    },
  };
}

/**
 * Ctrl+Z too takes the cells out again. JupyterLab undoes with it what was typed into one cell; a restored cell has nothing of that kind, and
 * the person means the restoring. It listens before JupyterLab's own keys, for as long as there is something to undo.
 */
function undoByKeys(panel: NotebookPanel, restored: Restored): void {
  const stop = () => window.removeEventListener('keydown', onKey, true);
  const onKey = (event: KeyboardEvent) => {
    if (!restored.isLast()) return stop();
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'z';
    if (!isUndo || !panel.content.node.contains(event.target as Node | null)) return;
    if (panel.content.activeCell?.model.sharedModel.canUndo()) return;
    event.preventDefault();
    event.stopPropagation();
    restored.undo();
    stop();
  };
  window.addEventListener('keydown', onKey, true);
  panel.disposed.connect(stop);
}
