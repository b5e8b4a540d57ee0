/** Is what I log arriving? One item in the status bar, fed by the page's own connection and by the kernels of the open notebooks. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IConnection } from '../connection/tokens';
import { IDesign } from '../design/tokens';
import { INotebooks } from '../notebook/tokens';
import { CommandIds } from '../tracking/commandIds';
import { RunningCount } from './runningCount';
import { StatusItem } from './statusItem';

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: '@cellkeep/jupyterlab:status',
  description: 'Shows in the status bar how the connection to the Cellkeep server is doing.',
  requires: [IConnection, INotebooks],
  optional: [IDesign, IStatusBar, ITranslator],
  autoStart: true,
  activate: (
    app: JupyterFrontEnd,
    connection: IConnection,
    notebooks: INotebooks,
    design: IDesign | null,
    statusBar: IStatusBar | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('cellkeep');
    const running = new RunningCount(connection);
    const item = new StatusItem(trans, () => void app.commands.execute(CommandIds.openSidebar));
    const update = () => {
      const links = notebooks.open.map(({ context }) => context);
      item.set({
        state: connection.state,
        proxy: connection.proxy,
        running: running.value,
        waiting: links.reduce((sum, { waiting }) => sum + waiting, 0),
        snapshots: design?.waiting() ?? 0,
        kernelOffline: links.some(({ bridge }) => bridge === 'offline'),
      });
    };
    connection.changed.connect(update);
    running.changed.connect(update);
    design?.changed.connect(update);
    for (const link of notebooks.open) link.changed.connect(update);
    notebooks.added.connect((_, link) => {
      link.changed.connect(update);
      link.panel.disposed.connect(update);
    });
    update();
    if (statusBar) {
      statusBar.registerStatusItem('@cellkeep/jupyterlab:status', { item, align: 'left', rank: 50 });
    } else {
      // Notebook 7 has no status bar; it keeps such things at the right of its menu.
      item.id = 'cellkeep-status';
      app.shell.add(item, 'menu', { rank: 9_000 });
    }
  },
};
