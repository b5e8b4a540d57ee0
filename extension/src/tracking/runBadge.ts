import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { CellRun } from './cellRuns';

export interface BadgeContent {
  runs: readonly CellRun[];
  /** `auc 0.8123`, or null while there is no metric. */
  metric: { key: string; value: string } | null;
  color: string;
}

export interface BadgeActions {
  openRun(runId: string): void;
  openAll(runIds: string[]): void;
}

const MARK: Record<string, string> = { running: '●', scheduled: '○', finished: '✓', failed: '✕', killed: '✕', lost: '◌' };

/**
 * The line below a cell's input that names the run it made. Plain DOM and no React root: a notebook may have hundreds of them, and they
 * are written to ten times a second while a cell trains.
 */
export class RunBadge extends Widget {
  constructor(trans: TranslationBundle, actions: BadgeActions) {
    super();
    this.addClass('ck-badge-line');
    this.trans = trans;
    this.actions = actions;
    this.chip = document.createElement('button');
    this.chip.className = 'ck-badge';
    this.chip.type = 'button';
    for (const part of ['mark', 'name', 'value'] as const) {
      const span = document.createElement('span');
      span.className = `ck-badge-${part}`;
      span.setAttribute('aria-hidden', 'true');
      this.parts[part] = span;
      this.chip.append(span);
    }
    this.more = document.createElement('button');
    this.more.type = 'button';
    this.more.className = 'ck-badge-more';
    this.node.append(this.chip, this.more);
    this.chip.addEventListener('click', () => this.openNewest());
    this.more.addEventListener('click', () => this.actions.openAll(this.content?.runs.map(({ id }) => id) ?? []));
    // A click or a key here is not meant for the cell: it would start a selection, or leave edit mode.
    for (const type of ['mousedown', 'keydown', 'dblclick'] as const) this.node.addEventListener(type, (event) => event.stopPropagation());
  }

  set(content: BadgeContent): void {
    this.content = content;
    const newest = content.runs[0];
    if (!newest) return;
    const { trans, parts, chip } = this;
    const state = this.stateWord(newest.status);
    chip.dataset.status = newest.status;
    chip.dataset.runId = newest.id;
    chip.style.setProperty('--ck-badge-color', content.color);
    setText(parts.mark, MARK[newest.status] ?? '●');
    setText(parts.name, newest.name);
    setText(parts.value, content.metric?.value ?? '');
    const metric = content.metric ? `${content.metric.key} ${content.metric.value}` : '';
    const label = metric
      ? trans.__('Run %1, %2, %3. Open it beside the notebook.', newest.name, state, metric)
      : trans.__('Run %1, %2. Open it beside the notebook.', newest.name, state);
    if (chip.getAttribute('aria-label') !== label) chip.setAttribute('aria-label', label);
    chip.title = metric ? `${newest.name} · ${state}\n${metric}` : `${newest.name} · ${state}`;
    const others = content.runs.length - 1;
    this.more.hidden = others === 0;
    if (others > 0) {
      setText(this.more, `+${others}`);
      this.more.title = trans._n('%1 earlier run of this cell: compare', '%1 earlier runs of this cell: compare', others);
      this.more.setAttribute('aria-label', this.more.title);
    }
  }

  private openNewest(): void {
    const newest = this.content?.runs[0];
    if (newest) this.actions.openRun(newest.id);
  }

  private stateWord(status: string): string {
    const { trans } = this;
    if (status === 'running') return trans.__('running');
    if (status === 'finished') return trans.__('finished');
    if (status === 'failed') return trans.__('failed');
    if (status === 'killed') return trans.__('stopped');
    if (status === 'scheduled') return trans.__('scheduled');
    return trans.__('lost');
  }

  private readonly trans: TranslationBundle;
  private readonly actions: BadgeActions;
  private readonly chip: HTMLButtonElement;
  private readonly more: HTMLButtonElement;
  private readonly parts: Record<'mark' | 'name' | 'value', HTMLSpanElement> = { mark: blank(), name: blank(), value: blank() };
  private content: BadgeContent | null = null;
}

const blank = () => document.createElement('span');

function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
