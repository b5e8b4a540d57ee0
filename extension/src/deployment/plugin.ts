/**
 * What serves now, and what of this notebook could? A sidebar with the notebook's models and endpoints, *Promote…* below each cell that made
 * a model, and the pages of endpoints, promotions and predictions as tabs.
 *
 * Which variables are models is the bridge's to say (comm message `models`, notebook/protocol.ts); promoting is its work too, asked for by
 * the message `promote`. The views are those of the server UI (`@cellkeep/web/deployment`); tabs of this room open as those of all others
 * (tracking/viewTabs.ts). The browser holds no token: endpoints are asked through Jupyter's port, as everything is.
 */
import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IConnection } from '../connection/tokens';
import type { NotebookLink } from '../notebook/notebookLink';
import { INotebooks } from '../notebook/tokens';
import { ITracking } from '../tracking/tokens';
import { createAskedModel } from './askedModel';
import { addDeploymentCommands } from './commands';
import { DeployWidget } from './DeployWidget';
import { PromoteLines } from './promoteLines';

export const deploymentPlugin: JupyterFrontEndPlugin<void> = {
  id: '@cellkeep/jupyterlab:deployment',
  description: 'Endpoints beside the notebook: sidebar, tabs, Promote below the cells that made a model.',
  requires: [IConnection, INotebooks, ITracking],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ITranslator],
  autoStart: true,
  activate: (
    app: JupyterFrontEnd,
    connection: IConnection,
    notebooks: INotebooks,
    tracking: ITracking,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load('cellkeep');
    const asked = createAskedModel();
    const sidebar = new DeployWidget({ connection: connection.connection, host: tracking.host, trans }, asked);
    app.shell.add(sidebar, 'left', { rank: 260, type: 'Deploy' });
    restorer?.add(sidebar, sidebar.id);
    const open = (variable: string | null) => {
      if (variable !== null) asked.set(variable);
      openSidebar(app, labShell, sidebar.id);
    };
    addDeploymentCommands({ app, palette, trans, notebooks, tracking, open });
    const follow = (link: NotebookLink) => new PromoteLines(link, trans, open);
    for (const link of notebooks.open) follow(link);
    notebooks.added.connect((_, link) => follow(link));
    // Another notebook has other models: the form of one of them is not meant for it.
    notebooks.currentChanged.connect(() => asked.set(null));
  },
};

/** The shell of Notebook 7 activates by id only what is not in a side bar; there it takes the id to expand it with. */
function openSidebar(app: JupyterFrontEnd, labShell: ILabShell | null, id: string): void {
  const shell = app.shell as { expandLeft?: (id: string) => void };
  if (labShell || !shell.expandLeft) app.shell.activateById(id);
  else shell.expandLeft(id);
}
