import type { Finding } from '@cellkeep/schema/design';
import type { TranslationBundle } from '@jupyterlab/translation';
import { findingReason, findingWord } from './marks';

export interface MarkActions {
  rerun(cellId: string): void;
  showDiff(cellId: string): void;
}

/** A shape for each kind, so that colour is never alone. 12 px grid. */
const SHAPE: Record<Finding['kind'], string> = {
  stale: '<circle cx="6" cy="6" r="4"/>',
  edited: '<path d="M6 1.5 10.5 6 6 10.5 1.5 6z"/>',
  gone: '<path d="M2.5 2.5l7 7m0-7l-7 7" style="fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round"/>',
  order: '<path d="M6 1.5 10.8 10H1.2z"/>',
  undefined: '<path d="M2 2h8v8H2z"/>',
};

/** The worst first: what a cell shows was made by something that is not there, then by something else than stands there. */
const RANK: readonly Finding['kind'][] = ['gone', 'undefined', 'edited', 'stale', 'order'];

/**
 * The line and the dot at the left of a cell whose result the notebook no longer explains. Why, and what can be done, opens on hover, focus
 * or a press. Plain DOM, as a notebook may have hundreds of them.
 */
export class GutterMark {
  constructor(cellId: string, trans: TranslationBundle, actions: MarkActions) {
    this.cellId = cellId;
    this.trans = trans;
    this.node.className = 'ck-mark';
    this.dot.type = 'button';
    this.dot.className = 'ck-mark-dot';
    this.dot.setAttribute('aria-expanded', 'false');
    this.reasons.className = 'ck-mark-reasons';
    const act = (what: (cellId: string) => void) => () => {
      this.open(false);
      what(this.cellId);
    };
    const rerun = button(trans.__('Re-run'), act(actions.rerun));
    this.diff = button(trans.__('Show diff'), act(actions.showDiff));
    const row = document.createElement('div');
    row.className = 'ck-mark-actions';
    row.append(rerun, this.diff);
    this.card.className = 'ck-mark-card';
    this.card.append(this.reasons, row);
    this.node.append(this.dot, this.card);
    this.dot.addEventListener('click', () => this.open(this.node.dataset.open === undefined));
    this.node.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        this.open(false);
        this.dot.focus();
      }
    });
    this.node.addEventListener('focusout', ({ relatedTarget }) => {
      if (!this.node.contains(relatedTarget as Node | null)) this.open(false);
    });
    // A click or a key here is not meant for the cell: it would start a selection, or leave edit mode.
    for (const type of ['mousedown', 'keydown', 'dblclick', 'contextmenu'] as const) {
      this.node.addEventListener(type, (event) => event.stopPropagation());
    }
  }

  readonly node = document.createElement('div');

  set(findings: readonly Finding[]): void {
    const stamp = JSON.stringify(findings);
    if (stamp === this.shown) return;
    this.shown = stamp;
    const sorted = [...findings].sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind));
    const [worst] = sorted;
    if (!worst) return;
    const { trans } = this;
    this.node.dataset.kind = worst.kind;
    this.dot.innerHTML = `<svg viewBox="0 0 12 12" aria-hidden="true">${SHAPE[worst.kind]}</svg>`;
    const lines = sorted.map((finding) => [findingWord(finding.kind, trans), findingReason(finding, trans)] as const);
    this.dot.setAttribute('aria-label', lines.map(([word, why]) => (why ? `${word}: ${why}` : word)).join('. '));
    this.reasons.replaceChildren(...lines.map(([word, why]) => reasonOf(word, why)));
    this.diff.hidden = !sorted.some(({ kind }) => kind === 'edited');
  }

  remove(): void {
    this.node.remove();
  }

  private open(isOpen: boolean): void {
    if (isOpen) this.node.dataset.open = '';
    else delete this.node.dataset.open;
    this.dot.setAttribute('aria-expanded', String(isOpen));
  }

  private readonly cellId: string;
  private readonly trans: TranslationBundle;
  private readonly dot = document.createElement('button');
  private readonly card = document.createElement('div');
  private readonly reasons = document.createElement('div');
  private readonly diff: HTMLButtonElement;
  private shown = '';
}

function button(label: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  made.addEventListener('click', onClick);
  return made;
}

function reasonOf(word: string, why: string): HTMLElement {
  const line = document.createElement('p');
  const strong = document.createElement('b');
  strong.textContent = word;
  line.append(strong, why ? `: ${why}` : '');
  return line;
}
