/**
 * What happened? The runs of the notebook beside it: a sidebar, tabs for runs and comparisons, a badge on each cell that made a run.
 *
 * The views are those of the server UI (`@cellkeep/web`); here they get a Lumino shell (viewWidgets.tsx) and a `Host` that can do what only
 * JupyterLab can (jupyterHost.ts). Badges follow the notebook by cell id (badges.ts) and the server by a live query (cellRuns.ts).
 */
import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IConnection } from '../connection/tokens';
import { INotebooks } from '../notebook/tokens';
import { CommandIds } from './commandIds';
import { addCommands } from './commands';
import { readSettings } from './settings';
import { ITracking } from './tokens';
import { Tracking } from './tracking';
import { ExperimentsSidebar } from './viewWidgets';

const PLUGIN_ID = '@cellkeep/jupyterlab:tracking';

export const trackingPlugin: JupyterFrontEndPlugin<ITracking> = {
  id: PLUGIN_ID,
  description: 'Experiments and runs beside the notebook: sidebar, tabs, badges on cells, commands.',
  requires: [IConnection, INotebooks],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ISettingRegistry, ITranslator],
  provides: ITracking,
  autoStart: true,
  activate: (
    app: JupyterFrontEnd,
    connection: IConnection,
    notebooks: INotebooks,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    settingRegistry: ISettingRegistry | null,
    translator: ITranslator | null,
  ): ITracking => {
    const trans = (translator ?? nullTranslator).load('cellkeep');
    const showHistory = () => {
      sidebar.tab.set('history');
      openSidebar(app, labShell, sidebar.id);
    };
    const tracking = new Tracking({ app, labShell, connection, notebooks, trans, showHistory });
    const sidebar: ExperimentsSidebar = new ExperimentsSidebar(tracking.around);
    app.shell.add(sidebar, 'left', { rank: 250, type: 'Experiments' });
    restorer?.add(sidebar, sidebar.id);
    addCommands({ app, palette, trans, connection, notebooks, tracking, openSidebar: () => openSidebar(app, labShell, sidebar.id) });
    if (restorer) tracking.restoreWith(restorer, CommandIds.openView);

    settingRegistry
      ?.load(PLUGIN_ID)
      .then((found) => {
        const read = () => {
          tracking.settings = readSettings(found.composite);
        };
        found.changed.connect(read);
        read();
      })
      .catch((error: unknown) => console.error('The settings of Cellkeep cannot be read; their defaults apply.', error));
    return tracking;
  },
};

/** The shell of Notebook 7 activates by id only what is not in a side bar; there it takes the id to expand it with. */
function openSidebar(app: JupyterFrontEnd, labShell: ILabShell | null, id: string): void {
  const shell = app.shell as { expandLeft?: (id: string) => void };
  if (labShell || !shell.expandLeft) app.shell.activateById(id);
  else shell.expandLeft(id);
}
