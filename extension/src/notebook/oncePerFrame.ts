import type { NotebookPanel } from '@jupyterlab/notebook';

/** `run`, once a frame at most, however often it is asked for; never again once the panel is gone. */
export function oncePerFrame(panel: NotebookPanel, run: () => void): () => void {
  let frame = 0;
  panel.disposed.connect(() => cancelAnimationFrame(frame));
  return () => {
    if (frame || panel.isDisposed) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (!panel.isDisposed) run();
    });
  };
}

/** Calls `soon` when cells of the notebook come, go, change their place or come into view: what hangs on cells is found anew. */
export function onCells({ content }: NotebookPanel, soon: () => void): void {
  content.modelContentChanged.connect(soon);
  content.cellInViewportChanged.connect(soon);
  content.modelChanged.connect(soon);
}
