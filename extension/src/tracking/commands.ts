import type { View } from '@cellkeep/web/host';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, type ICommandPalette, InputDialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { reason } from '../connection/reason';
import type { IConnection } from '../connection/tokens';
import type { INotebooks } from '../notebook/tokens';
import { CommandIds } from './commandIds';
import { EXAMPLE_CELL } from './exampleCell';
import { experimentsIcon, runIcon } from './icons';
import { insertCell } from './jupyterHost';
import type { Tracking } from './tracking';

export interface CommandParts {
  app: JupyterFrontEnd;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
  connection: IConnection;
  notebooks: INotebooks;
  tracking: Tracking;
  openSidebar: () => void;
}

/** All commands take `{ runId }` or `{ runIds }`; without, they mean the run that `ITracking.meantRunId` says. */
export function addCommands(parts: CommandParts): void {
  const { app, trans, connection, notebooks, tracking } = parts;
  const { client } = connection;
  const mayWrite = () => connection.state === 'live' && connection.proxy?.role !== 'viewer';
  const runOf = (args: ReadonlyPartialJSONObject) => (typeof args.runId === 'string' ? args.runId : tracking.meantRunId());
  /** By the kernel of a notebook that is open here: it ends its run itself, whatever the server lets this person do. */
  const isHeldHere = (runId: string) =>
    notebooks.open.some(({ runs }) => runs.some(({ id, status }) => id === runId && status === 'running'));
  const runsOf = (args: ReadonlyPartialJSONObject) => {
    if (Array.isArray(args.runIds)) return args.runIds.filter((id) => typeof id === 'string');
    return tracking.activeCellRuns();
  };
  const add = (id: string, options: CommandRegistry.ICommandOptions & { label: string }, inPalette = true) => {
    app.commands.addCommand(id, { describedBy: { args: argsSchema }, ...options, execute: (args) => say(options.execute(args), trans) });
    if (inPalette) parts.palette?.addItem({ command: id, category: trans.__('Cellkeep') });
  };

  add(CommandIds.openSidebar, {
    label: trans.__('Show Experiments'),
    caption: trans.__('The runs of this notebook, live'),
    icon: experimentsIcon,
    execute: parts.openSidebar,
  });
  add(
    CommandIds.openView,
    {
      label: trans.__('Open a Cellkeep view'),
      execute: (args) => tracking.open((args.view ?? { view: 'experiments' }) as unknown as View),
    },
    false,
  );
  add(CommandIds.openExperiments, {
    label: trans.__('Open All Experiments'),
    execute: () => tracking.open({ view: 'experiments' }),
  });
  add(CommandIds.openModels, {
    label: trans.__('Open All Models'),
    execute: () => tracking.open({ view: 'models' }),
  });
  add(CommandIds.openCellRun, {
    label: trans.__('Open Run of This Cell'),
    icon: runIcon,
    isEnabled: () => tracking.activeCellRuns().length > 0,
    execute: () => {
      const [id] = tracking.activeCellRuns();
      if (id) tracking.open({ view: 'run', id });
    },
  });
  add(CommandIds.startRun, {
    label: trans.__('Start a Run in This Kernel'),
    isEnabled: () => notebooks.current !== null && connection.proxy?.role !== 'viewer',
    execute: (args) => tracking.host.startRun?.(typeof args.name === 'string' ? args.name : undefined),
  });
  add(CommandIds.stopRun, {
    label: trans.__('Stop Run'),
    caption: trans.__('Ends the run; a cell that is logging it is interrupted'),
    isEnabled: (args) => {
      const id = runOf(args);
      return id !== null && (mayWrite() || isHeldHere(id));
    },
    execute: async (args) => {
      const id = runOf(args);
      if (!id || (await tracking.host.stopRun?.(id))) return;
      const run = await client.tracking.runs.get({ id });
      if (run.status !== 'running') throw new Error(trans.__('%1 has ended already.', run.name));
      await client.tracking.runs.update({ id, status: 'killed' });
    },
  });
  add(CommandIds.renameRun, {
    label: trans.__('Rename Run…'),
    isEnabled: (args) => runOf(args) !== null && mayWrite(),
    execute: async (args) => {
      const id = runOf(args);
      if (!id) return;
      const name =
        typeof args.name === 'string' ? args.name : await ask(trans.__('Rename Run'), (await client.tracking.runs.get({ id })).name, trans);
      if (!name) return;
      if (notebooks.open.some((link) => link.renameRun(id, name))) return;
      await client.tracking.runs.update({ id, name });
    },
  });
  add(CommandIds.tagRun, {
    label: trans.__('Tag Run…'),
    isEnabled: (args) => runOf(args) !== null && mayWrite(),
    execute: async (args) => {
      const id = runOf(args);
      if (!id) return;
      const tag = typeof args.tag === 'string' ? args.tag : await ask(trans.__('Tag Run (key or key=value)'), '', trans);
      if (!tag) return;
      const [key = '', ...value] = tag.split('=');
      await client.tracking.runs.update({ id, setTags: { [key.trim()]: value.join('=').trim() } });
    },
  });
  add(CommandIds.deleteRun, {
    label: trans.__('Delete Run'),
    caption: trans.__('Can be taken back'),
    isEnabled: (args) => (Array.isArray(args.runIds) || runOf(args) !== null) && mayWrite(),
    execute: async (args) => {
      const one = runOf(args);
      const wanted = Array.isArray(args.runIds) ? runsOf(args) : one ? [one] : [];
      if (wanted.length === 0) return;
      const { ids } = await client.tracking.runs.delete({ ids: wanted });
      const restore = () => void say(client.tracking.runs.restore({ ids }), trans);
      Notification.info(trans._n('%1 run was deleted.', '%1 runs were deleted.', ids.length), {
        autoClose: 8_000,
        actions: [{ label: trans.__('Undo'), callback: restore }],
      });
    },
  });
  add(CommandIds.compare, {
    label: trans.__('Compare Selected Runs'),
    isEnabled: (args) => runsOf(args).length > 1,
    execute: (args) => tracking.open({ view: 'compare', runIds: runsOf(args) }),
  });
  add(CommandIds.compareCellRuns, {
    label: trans.__('Compare Runs of This Cell'),
    isEnabled: () => tracking.activeCellRuns().length > 1,
    execute: () => tracking.open({ view: 'compare', runIds: tracking.activeCellRuns() }),
  });
  add(CommandIds.openServerUi, {
    label: trans.__('Open Server UI in a New Browser Tab'),
    execute: () => void window.open(connection.serverPage(''), '_blank', 'noopener'),
  });
  add(CommandIds.insertExample, {
    label: trans.__('Insert Example Cell That Logs a Run'),
    isEnabled: () => notebooks.current !== null,
    execute: () => {
      const panel = notebooks.current?.panel;
      if (panel) insertCell(panel, EXAMPLE_CELL);
    },
  });
  add(CommandIds.showKeys, {
    label: trans.__('Show Keys of the Experiments Sidebar'),
    execute: async () => {
      await showDialog({
        title: trans.__('Keys'),
        body: keysOf(app.commands, trans),
        buttons: [Dialog.okButton({ label: trans.__('Close') })],
      });
    },
  });
}

const argsSchema = {
  type: 'object',
  properties: {
    runId: { type: 'string', description: 'Run id, 32 hex digits; absent: the run in front' },
    runIds: { type: 'array', items: { type: 'string' } },
    name: { type: 'string' },
    tag: { type: 'string', description: 'key or key=value' },
    view: { type: 'object', description: '{ view: "run", id } and the like' },
  },
} as const;

/** What went wrong in a command is said to the person who gave it. */
async function say(result: unknown, trans: TranslationBundle): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    Notification.error(trans.__('Cellkeep: %1', reason(error)), { autoClose: 8_000 });
    return undefined;
  }
}

async function ask(title: string, text: string, trans: TranslationBundle): Promise<string | null> {
  const answer = await InputDialog.getText({ title, text, okLabel: trans.__('OK'), required: true });
  return answer.button.accept ? (answer.value?.trim() ?? null) : null;
}

function keysOf(commands: CommandRegistry, trans: TranslationBundle): Widget {
  const inSidebar: [string, string][] = [
    ['↑ ↓', trans.__('go from run to run')],
    ['Enter', trans.__('open the run beside the notebook')],
    ['Space', trans.__('select the run for comparing')],
    ['?', trans.__('show the keys of the view')],
  ];
  const anywhere = commands.keyBindings
    .filter(({ command }) => command.startsWith('cellkeep:'))
    .map(({ keys, command }): [string, string] => [keys.map((key) => key.replaceAll('Accel', 'Ctrl')).join(' '), commands.label(command)]);
  const body = new Widget({ node: document.createElement('table') });
  body.addClass('ck-keys');
  for (const [key, what] of [...anywhere, ...inSidebar]) {
    const row = (body.node as HTMLTableElement).insertRow();
    const kbd = document.createElement('kbd');
    kbd.textContent = key;
    row.insertCell().append(kbd);
    row.insertCell().textContent = what;
  }
  return body;
}
