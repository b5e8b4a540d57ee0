import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { KernelLink } from '../notebook/kernelLink';

/** The source of each cell of one notebook as it was when it was last run from this page, for as long as that kernel lives. */
export class ExecutedSources {
  constructor(panel: NotebookPanel, kernel: KernelLink) {
    const onScheduled: Parameters<typeof NotebookActions.executionScheduled.connect>[0] = (_, { notebook, cell }) => {
      if (notebook === panel.content) this.sources.set(cell.model.id, cell.model.sharedModel.getSource());
    };
    NotebookActions.executionScheduled.connect(onScheduled);
    let session: string | null = null;
    kernel.changed.connect(() => {
      const next = kernel.kernelState?.sessionId ?? null;
      if (session !== null && next !== session) this.sources.clear();
      session = next;
    });
    panel.disposed.connect(() => NotebookActions.executionScheduled.disconnect(onScheduled));
  }

  readonly sources = new Map<string, string>();
}
