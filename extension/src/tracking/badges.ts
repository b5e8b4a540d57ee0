import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { PanelLayout } from '@lumino/widgets';
import type { NotebookLink } from '../notebook/notebookLink';
import { onCells, oncePerFrame } from '../notebook/oncePerFrame';
import type { CellRun, CellRuns } from './cellRuns';
import { type BadgeActions, RunBadge } from './runBadge';

export interface BadgeLook {
  shown(): boolean;
  metric(run: CellRun): { key: string; value: string } | null;
  color(runId: string): string;
}

/**
 * Keeps a badge on each cell of one notebook that made a run. Cells are known by their id and found anew on every change: a moved cell, an
 * undone deletion and a cell that scrolls into a windowed notebook are all new widgets.
 */
export class NotebookBadges {
  constructor(link: NotebookLink, runs: CellRuns, look: BadgeLook, trans: TranslationBundle, actions: BadgeActions) {
    this.link = link;
    this.runs = runs;
    this.look = look;
    this.trans = trans;
    this.actions = actions;
    this.updateSoon = oncePerFrame(link.panel, () => this.update());
    const soon = this.updateSoon;
    runs.changed.connect(soon);
    onCells(link.panel, soon);
    void link.panel.revealed.then(soon);
    soon();
  }

  /** Once a frame at most, however many cells changed. */
  readonly updateSoon: () => void;

  private update(): void {
    const { panel } = this.link;
    const byCell = this.look.shown() ? this.runs.byCell() : new Map<string, readonly CellRun[]>();
    for (const cell of panel.content.widgets) {
      const made = byCell.get(cell.model.id);
      if (made?.[0]) this.put(cell, made, made[0]);
      else this.take(cell);
    }
  }

  private put(cell: Cell, made: readonly CellRun[], newest: CellRun): void {
    let badge = this.badges.get(cell);
    if (!badge || badge.isDisposed) {
      // A cell outside of the window has no parts yet; it comes back with cellInViewportChanged.
      const layout = cell.layout as PanelLayout | null;
      const input = layout?.widgets.findIndex((widget) => widget.hasClass('jp-Cell-inputWrapper')) ?? -1;
      if (!layout || input < 0) return;
      badge = new RunBadge(this.trans, this.actions);
      layout.insertWidget(input + 1, badge);
      this.badges.set(cell, badge);
    }
    badge.set({ runs: made, metric: this.look.metric(newest), color: this.look.color(newest.id) });
  }

  private take(cell: Cell): void {
    this.badges.get(cell)?.dispose();
    this.badges.delete(cell);
  }

  private readonly link: NotebookLink;
  private readonly runs: CellRuns;
  private readonly look: BadgeLook;
  private readonly trans: TranslationBundle;
  private readonly actions: BadgeActions;
  private readonly badges = new WeakMap<Cell, RunBadge>();
}
