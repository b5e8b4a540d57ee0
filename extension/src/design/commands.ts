import type { SnapshotSummary } from '@cellkeep/schema/design';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { type ICommandPalette, InputDialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { reason } from '../connection/reason';
import type { IConnection } from '../connection/tokens';
import type { NotebookLink } from '../notebook/notebookLink';
import type { INotebooks } from '../notebook/tokens';
import type { ITracking } from '../tracking/tokens';
import { DesignCommandIds } from './commandIds';
import type { Design } from './design';
import { diffIcon, snapshotIcon } from './icons';
import type { Restoring } from './restoring';
import { isName } from './sliceOfName';
import type { Outcome } from './snapshotQueue';

export interface DesignCommandParts {
  app: JupyterFrontEnd;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
  connection: IConnection;
  notebooks: INotebooks;
  tracking: ITracking;
  design: Design;
  restoring: Restoring;
  showHistory(): void;
}

const MARKS_ARRIVE = 1_500; // ms; the bridge answers in a few, where it can

export function addDesignCommands(parts: DesignCommandParts): void {
  const { app, trans, connection, notebooks, tracking, design, restoring } = parts;
  const { client } = connection;
  const isOpen = () => notebooks.current !== null;
  const add = (id: string, options: CommandRegistry.ICommandOptions, inPalette = true) => {
    app.commands.addCommand(id, {
      describedBy: { args: argsSchema },
      ...options,
      execute: (args) => say(() => options.execute(args), trans),
    });
    if (inPalette) parts.palette?.addItem({ command: id, category: trans.__('Cellkeep') });
  };
  const take = async (label: string) => {
    const link = inUse(notebooks, trans);
    const outcome = await design.snapshotsOf(link)?.takeNow(label);
    if (outcome) tellOutcome(outcome, trans, parts.showHistory);
  };

  add(DesignCommandIds.takeSnapshot, {
    label: trans.__('Take Snapshot'),
    caption: trans.__('Snapshot: keep this notebook as it is now, and what ran'),
    icon: snapshotIcon,
    isEnabled: isOpen,
    execute: (args) => take(typeof args.label === 'string' ? args.label : ''),
  });
  add(DesignCommandIds.takeLabelled, {
    label: trans.__('Take Snapshot with a Label…'),
    isEnabled: isOpen,
    execute: async () => {
      const answer = await InputDialog.getText({ title: trans.__('Label of the snapshot'), okLabel: trans.__('Take Snapshot') });
      if (answer.button.accept) await take(answer.value?.trim() ?? '');
    },
  });
  add(DesignCommandIds.showHistory, {
    label: trans.__('Show History of This Notebook'),
    caption: trans.__('Its snapshots, newest first'),
    execute: parts.showHistory,
  });
  add(DesignCommandIds.check, {
    label: trans.__('Check Notebook for Hidden State'),
    caption: trans.__('Which results does the notebook no longer explain?'),
    isEnabled: isOpen,
    execute: async () => {
      const link = inUse(notebooks, trans);
      if (link.kernel.state === 'absent') {
        const remedy = trans.__('Install the Python package cellkeep in its environment and restart it.');
        throw new Error(`${trans.__('The kernel of this notebook cannot say what ran: it has no Cellkeep bridge.')} ${remedy}`);
      }
      link.document.flush();
      await marksOrTime(link);
      if (design.openFindings(link)) return;
      if (link.kernel.findings === null) {
        throw new Error(trans.__('The kernel did not answer: it is busy, or its package cellkeep is older than this page.'));
      }
      Notification.success(trans.__('Nothing hidden: this notebook explains every result that it shows.'), { autoClose: 4_000 });
    },
  });
  add(DesignCommandIds.compareWithLast, {
    label: trans.__('Compare Notebook with Last Snapshot'),
    caption: trans.__('Takes one now, and shows what is different'),
    icon: diffIcon,
    isEnabled: isOpen,
    execute: async () => {
      const link = inUse(notebooks, trans);
      const before = await newest(link.path);
      if (!before) throw new Error(trans.__('There is no snapshot of this notebook yet: take one first.'));
      const outcome = await design.snapshotsOf(link)?.takeNow('');
      if (outcome && !outcome.ok) throw new Error(outcome.message);
      const after = await newest(link.path);
      if (after && after.id !== before.id) tracking.open({ view: 'snapshotDiff', before: before.id, after: after.id });
    },
  });
  add(
    DesignCommandIds.openSnapshot,
    {
      label: trans.__('Open Snapshot as a New Notebook'),
      execute: (args) => (typeof args.snapshotId === 'string' ? restoring.open(args.snapshotId) : undefined),
    },
    false,
  );
  add(DesignCommandIds.openNotebookOfRun, {
    label: trans.__('Open Notebook as It Was for This Run'),
    isEnabled: (args) => typeof args.runId === 'string' || tracking.meantRunId() !== null,
    execute: (args) => {
      const runId = typeof args.runId === 'string' ? args.runId : tracking.meantRunId();
      return runId ? restoring.openOfRun(runId) : undefined;
    },
  });
  add(DesignCommandIds.slice, {
    label: trans.__('Slice of a Variable to a New Notebook…'),
    caption: trans.__('The cells that the variable under the cursor depends on, in the order in which they ran'),
    isEnabled: isOpen,
    execute: async (args) => {
      const link = inUse(notebooks, trans);
      const name = typeof args.name === 'string' ? args.name : await askForName(link, trans);
      if (name) await restoring.openSlice(link, name);
    },
  });
  add(
    DesignCommandIds.restoreCells,
    {
      label: trans.__('Restore Cells of a Snapshot'),
      execute: (args) => {
        if (typeof args.snapshotId !== 'string') return;
        const cellIds = Array.isArray(args.cellIds) ? args.cellIds.filter((id): id is string => typeof id === 'string') : null;
        return restoring.restore(args.snapshotId, cellIds, args.outputs !== false);
      },
    },
    false,
  );

  async function newest(notebookPath: string): Promise<SnapshotSummary | null> {
    const { snapshots } = await client.design.snapshots.list({ notebookPath, limit: 20 });
    return snapshots.find(({ hasDocument }) => hasDocument) ?? null;
  }
}

const argsSchema = {
  type: 'object',
  properties: {
    label: { type: 'string', description: 'Name of the snapshot' },
    name: { type: 'string', description: 'Variable; absent: the one under the cursor is offered' },
    runId: { type: 'string', description: 'Run id, 32 hex digits; absent: the run in front' },
    snapshotId: { type: 'string' },
    cellIds: { type: 'array', items: { type: 'string' }, description: 'Absent: all cells' },
    outputs: { type: 'boolean', description: 'Whether their outputs come with them; default true' },
  },
} as const;

function inUse(notebooks: INotebooks, trans: TranslationBundle): NotebookLink {
  if (!notebooks.current) throw new Error(trans.__('No notebook is open.'));
  return notebooks.current;
}

function tellOutcome(outcome: Outcome, trans: TranslationBundle, showHistory: () => void): void {
  if (outcome.ok) {
    Notification.success(trans.__('Snapshot taken.'), {
      autoClose: 3_000,
      actions: [{ label: trans.__('History'), callback: showHistory }],
    });
  } else if (outcome.reason === 'away') {
    const text = trans.__(
      'The Cellkeep server is away: the snapshot waits in this page, and is stored when it is back. Keep the page open.',
    );
    Notification.warning(text, { autoClose: 8_000 });
  } else {
    Notification.error(trans.__('Cellkeep: the snapshot could not be stored: %1', outcome.message), { autoClose: 8_000 });
  }
}

/** The next word of the bridge; a busy one without a shell for messages says nothing, and what it said last stands. */
function marksOrTime(link: NotebookLink): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      link.kernel.marked.disconnect(done);
      requestAnimationFrame(() => resolve()); // the marks are drawn in the next frame
    };
    const timer = setTimeout(done, MARKS_ARRIVE);
    link.kernel.marked.connect(done);
  });
}

async function askForName({ activeCell }: NotebookLink, trans: TranslationBundle): Promise<string | null> {
  const token = activeCell?.editor?.getTokenAtCursor().value.trim() ?? '';
  const answer = await InputDialog.getText({
    title: trans.__('Slice of which variable?'),
    text: isName(token) ? token : '',
    okLabel: trans.__('Slice'),
    required: true,
  });
  return answer.button.accept ? (answer.value?.trim() ?? null) : null;
}

/** What went wrong in a command is said to the person who gave it. */
async function say(run: () => unknown, trans: TranslationBundle): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    Notification.error(trans.__('Cellkeep: %1', reason(error)), { autoClose: 8_000 });
    return undefined;
  }
}
