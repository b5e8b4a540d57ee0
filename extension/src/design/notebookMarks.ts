import type { Finding } from '@cellkeep/schema/design';
import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';
import type { NotebookLink } from '../notebook/notebookLink';
import { onCells, oncePerFrame } from '../notebook/oncePerFrame';
import { ExecutedSources } from './executedSources';
import { GutterMark, type MarkActions } from './gutterMark';
import { type Marks, marksOf } from './marks';

const NONE: Marks = { byCell: new Map(), elsewhere: [] };

/** Keeps a gutter mark on each cell of one notebook whose result the notebook no longer explains. */
export class NotebookMarks {
  constructor(link: NotebookLink, shown: () => boolean, trans: TranslationBundle, actions: MarkActions) {
    this.link = link;
    this.shown = shown;
    this.trans = trans;
    this.actions = actions;
    this.executed = new ExecutedSources(link.panel, link.kernel);
    this.updateSoon = oncePerFrame(link.panel, () => this.update());
    const soon = this.updateSoon;
    link.kernel.changed.connect(soon);
    link.revisions.changed.connect(soon);
    onCells(link.panel, soon);
    link.panel.disposed.connect(() => Signal.clearData(this));
  }

  get marks(): Marks {
    return this.current;
  }

  /** Source of the last execution of a cell that this page has seen. */
  executedSource(cellId: string): string | undefined {
    return this.executed.sources.get(cellId);
  }

  /** Cells are marked otherwise than before. */
  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  /** Once a frame at most, however much is typed. */
  readonly updateSoon: () => void;

  private update(): void {
    const { panel } = this.link;
    const before = this.current;
    this.current = this.shown() ? this.read() : NONE;
    const { byCell } = this.current;
    if (byCell.size > 0 || this.marked.size > 0) {
      for (const cell of panel.content.widgets) {
        const findings = byCell.get(cell.model.id);
        if (findings) this.put(cell, findings);
        else this.take(cell);
      }
    }
    if (stampOf(before) !== stampOf(this.current)) this.changedSignal.emit();
  }

  private read(): Marks {
    const { panel, kernel } = this.link;
    const findings = kernel.findings ?? [];
    // The state `pending` is that of a kernel that has not answered yet: it has said nothing that could be marked.
    if (kernel.state !== 'open') return NONE;
    const isDeaf = kernel.kernelStatus === 'busy' && !kernel.hearsNow;
    const { sources } = this.executed;
    if (findings.length === 0 && !(isDeaf && sources.size > 0)) return NONE;
    const edited = new Set(findings.filter(({ kind }) => kind === 'edited').map(({ cellId }) => cellId));
    const cells = (panel.content.model?.sharedModel.cells ?? []).map((cell) => {
      const id = cell.getId();
      return { id, source: sources.has(id) && (isDeaf || edited.has(id)) ? cell.getSource() : '' };
    });
    return marksOf({ findings, cells, executed: sources, isDeaf });
  }

  private put(cell: Cell, findings: readonly Finding[]): void {
    let mark = this.marked.get(cell);
    if (!mark) {
      mark = new GutterMark(cell.model.id, this.trans, this.actions);
      this.marked.set(cell, mark);
      cell.disposed.connect(() => this.marked.delete(cell));
    }
    if (mark.node.parentElement !== cell.node) cell.node.append(mark.node);
    mark.set(findings);
  }

  private take(cell: Cell): void {
    this.marked.get(cell)?.remove();
    this.marked.delete(cell);
  }

  private readonly link: NotebookLink;
  private readonly shown: () => boolean;
  private readonly trans: TranslationBundle;
  private readonly actions: MarkActions;
  private readonly executed: ExecutedSources;
  private readonly marked = new Map<Cell, GutterMark>();
  private current: Marks = NONE;
  private readonly changedSignal = new Signal<this, void>(this);
}

const stampOf = ({ byCell, elsewhere }: Marks): string =>
  [...[...byCell.values()].flat(), ...elsewhere].map(({ cellId, kind }) => `${cellId} ${kind}`).join('\n');
