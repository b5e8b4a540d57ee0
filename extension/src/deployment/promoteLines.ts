import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { PanelLayout } from '@lumino/widgets';
import type { NotebookLink } from '../notebook/notebookLink';
import { onCells, oncePerFrame } from '../notebook/oncePerFrame';
import { modelsByCell } from './modelsByCell';
import { PromoteLine } from './promoteLine';

/**
 * Keeps a line on each cell of one notebook that made a model which the kernel still holds. Cells are found anew on every change, as for
 * their badges (tracking/badges.ts).
 */
export class PromoteLines {
  constructor(link: NotebookLink, trans: TranslationBundle, onPromote: (variable: string) => void) {
    this.link = link;
    this.trans = trans;
    this.onPromote = onPromote;
    const soon = oncePerFrame(link.panel, () => this.update());
    link.modelsChanged.connect(soon);
    onCells(link.panel, soon);
    void link.panel.revealed.then(soon);
    soon();
  }

  private update(): void {
    const byCell = modelsByCell(this.link.models);
    for (const cell of this.link.panel.content.widgets) {
      const models = byCell.get(cell.model.id);
      if (models) this.put(cell)?.set(models);
      else {
        this.lines.get(cell)?.dispose();
        this.lines.delete(cell);
      }
    }
  }

  private put(cell: Cell): PromoteLine | null {
    const there = this.lines.get(cell);
    if (there && !there.isDisposed) return there;
    // A cell outside of the window has no parts yet; it comes back with cellInViewportChanged.
    const layout = cell.layout as PanelLayout | null;
    const at = layout?.widgets.findLastIndex((widget) => widget.hasClass('jp-Cell-inputWrapper') || widget.hasClass('ck-badge-line')) ?? -1;
    if (!layout || at < 0) return null;
    const line = new PromoteLine(this.trans, this.onPromote);
    layout.insertWidget(at + 1, line);
    this.lines.set(cell, line);
    return line;
  }

  private readonly link: NotebookLink;
  private readonly trans: TranslationBundle;
  private readonly onPromote: (variable: string) => void;
  private readonly lines = new WeakMap<Cell, PromoteLine>();
}
