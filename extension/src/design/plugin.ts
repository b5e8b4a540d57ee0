/**
 * Which cells and hidden state made this? Snapshots of the open notebooks, marks on what they no longer explain, their history, and the way
 * back.
 *
 * A snapshot has two halves, joined by its id; this page sends the document's (notebookSnapshots.ts): the notebook as it stands in the
 * editor, taken apart into parts (documentParts.ts) that a worker serialises, names by digest and sends (partWorker.ts), so that only what
 * changed since the last one is touched, and the page stays free. What the server cannot take now waits (snapshotQueue.ts). The marks are
 * the bridge's (marks.ts), drawn at the left of the cells (notebookMarks.ts). restoring.ts brings notebooks and cells back.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IConnection } from '../connection/tokens';
import { INotebooks } from '../notebook/tokens';
import { ITracking } from '../tracking/tokens';
import { addDesignCommands } from './commands';
import { Design } from './design';
import { createRestoring } from './restoring';
import { IDesign } from './tokens';

const PLUGIN_ID = '@cellkeep/jupyterlab:design';

export const designPlugin: JupyterFrontEndPlugin<IDesign> = {
  id: PLUGIN_ID,
  description: 'Snapshots of notebooks, marks on cells that they no longer explain, their history, and the way back.',
  requires: [IConnection, INotebooks, ITracking],
  optional: [IToolbarWidgetRegistry, ICommandPalette, ISettingRegistry, ITranslator],
  provides: IDesign,
  autoStart: true,
  activate: (
    app: JupyterFrontEnd,
    connection: IConnection,
    notebooks: INotebooks,
    tracking: ITracking,
    toolbar: IToolbarWidgetRegistry | null,
    palette: ICommandPalette | null,
    settingRegistry: ISettingRegistry | null,
    translator: ITranslator | null,
  ): IDesign => {
    const trans = (translator ?? nullTranslator).load('cellkeep');
    const around = { connection: connection.connection, host: tracking.host, trans };
    const design = new Design({ app, connection, notebooks, around, trans });
    const restoring = createRestoring(app, connection, notebooks, trans);
    // Which items stand in the toolbar, and where, is settings/design.json.
    toolbar?.addFactory<NotebookPanel>('Notebook', 'cellkeep-findings', (panel) => design.createFindingsItem(panel));
    const showHistory = () => tracking.showHistory();
    addDesignCommands({ app, palette, trans, connection, notebooks, tracking, design, restoring, showHistory });

    settingRegistry
      ?.load(PLUGIN_ID)
      .then((found) => {
        const read = () => {
          design.showsMarks = found.composite.marks !== false;
        };
        found.changed.connect(read);
        read();
      })
      .catch((error: unknown) => console.error('The settings of Cellkeep snapshots cannot be read; their defaults apply.', error));
    return { waiting: () => design.queue.waiting, changed: design.queue.changed };
  },
};
