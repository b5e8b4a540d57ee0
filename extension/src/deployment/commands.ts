import type { JupyterFrontEnd } from '@jupyterlab/application';
import { type ICommandPalette, InputDialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { INotebooks } from '../notebook/tokens';
import type { ITracking } from '../tracking/tokens';
import { DeploymentCommandIds } from './commandIds';
import { deployIcon } from './icons';
import { modelsByCell } from './modelsByCell';

export interface DeploymentCommandParts {
  app: JupyterFrontEnd;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
  notebooks: INotebooks;
  tracking: ITracking;
  /** Shows the sidebar; with the form of a model where one is named. */
  open: (variable: string | null) => void;
}

export function addDeploymentCommands({ app, palette, trans, notebooks, tracking, open }: DeploymentCommandParts): void {
  const { commands } = app;
  /** The one that is named, else that of the active cell, else the last one of the notebook. */
  const meant = (named: unknown): string | null => {
    const models = notebooks.current?.models ?? [];
    if (typeof named === 'string') return models.some(({ variable }) => variable === named) ? named : null;
    const cell = notebooks.current?.activeCell?.model.id;
    const ofCell = cell ? modelsByCell(models).get(cell)?.[0] : undefined;
    const newest = [...models].sort((a, b) => (b.executionOrder ?? -1) - (a.executionOrder ?? -1))[0];
    return (ofCell ?? newest)?.variable ?? null;
  };
  commands.addCommand(DeploymentCommandIds.openSidebar, {
    label: trans.__('Show Deploy'),
    caption: trans.__('The endpoints of this notebook, and its models'),
    icon: deployIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => open(null),
  });
  commands.addCommand(DeploymentCommandIds.promote, {
    label: trans.__('Promote Model to an Endpoint…'),
    icon: deployIcon,
    describedBy: {
      args: { type: 'object', properties: { variable: { type: 'string', description: 'Absent: the model of the active cell' } } },
    },
    isEnabled: (args) => meant(args.variable) !== null,
    execute: (args) => {
      const variable = meant(args.variable);
      if (variable) open(variable);
      else Notification.info(trans.__('This notebook holds no model yet: run the cell that fits one.'), { autoClose: 5_000 });
    },
  });
  commands.addCommand(DeploymentCommandIds.openEndpoints, {
    label: trans.__('Open All Endpoints'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => tracking.open({ view: 'endpoints' }),
  });
  commands.addCommand(DeploymentCommandIds.findPrediction, {
    label: trans.__('Find Prediction by Its Id…'),
    describedBy: { args: { type: 'object', properties: { id: { type: 'string', description: '32 hex digits' } } } },
    execute: async (args) => {
      const given = typeof args.id === 'string' ? args.id : await ask(trans);
      const id = /[0-9a-f]{32}/i.exec(given ?? '')?.[0]?.toLowerCase();
      if (id) tracking.open({ view: 'prediction', id });
      else if (given) Notification.error(trans.__('A prediction id has 32 hex digits.'), { autoClose: 5_000 });
    },
  });
  for (const command of Object.values(DeploymentCommandIds)) palette?.addItem({ command, category: trans.__('Cellkeep') });
}

async function ask(trans: TranslationBundle): Promise<string | null> {
  const answer = await InputDialog.getText({
    title: trans.__('Find Prediction'),
    label: trans.__('From the header x-cellkeep-prediction-id of an answer'),
    okLabel: trans.__('Open'),
    required: true,
  });
  return answer.button.accept ? (answer.value ?? null) : null;
}
