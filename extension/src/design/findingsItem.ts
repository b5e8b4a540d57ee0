import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { findingReason, findingWord, type Marks } from './marks';

export interface FindingsActions {
  /** The cell's number in the notebook from 1, and its name for people; null where it is gone. */
  placeOf(cellId: string | null): string | null;
  goTo(cellId: string): void;
}

/**
 * How many results the notebook no longer explains, in its toolbar; a press lists them, those of deleted cells among them, which have no
 * place of their own. There is nothing where there are none.
 */
export class FindingsItem extends Widget {
  constructor(trans: TranslationBundle, actions: FindingsActions) {
    super();
    this.addClass('ck-findings');
    this.trans = trans;
    this.actions = actions;
    this.count.type = 'button';
    this.count.className = 'ck-findings-count';
    this.count.setAttribute('aria-expanded', 'false');
    this.count.addEventListener('click', () => this.open(this.list.hidden === true));
    this.list.className = 'ck-findings-list';
    this.list.hidden = true;
    this.list.popover = 'manual'; // above all panels of the page, each of which would place it within itself and cut it off
    this.node.append(this.count, this.list);
    this.node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      this.open(false);
      this.count.focus();
    });
    this.node.addEventListener('focusout', ({ relatedTarget }) => {
      if (!this.node.contains(relatedTarget as Node | null)) this.open(false);
    });
    this.set({ byCell: new Map(), elsewhere: [] });
  }

  set(marks: Marks): void {
    const findings = [...[...marks.byCell.values()].flat(), ...marks.elsewhere];
    this.setHidden(findings.length === 0);
    if (findings.length === 0) this.open(false);
    const text = this.trans._n('%1 finding', '%1 findings', findings.length);
    this.count.textContent = text;
    this.count.title = this.trans.__('Results that this notebook no longer explains');
    this.list.replaceChildren(
      ...findings.map((finding) => {
        const { cellId } = finding;
        const place = this.actions.placeOf(cellId);
        const row = document.createElement(place && cellId ? 'button' : 'div');
        row.className = 'ck-findings-row';
        row.dataset.kind = finding.kind;
        const head = document.createElement('b');
        head.textContent = [place, findingWord(finding.kind, this.trans)].filter(Boolean).join(' · ');
        const why = document.createElement('span');
        why.textContent = findingReason(finding, this.trans);
        row.append(head, why);
        if (place && cellId) {
          row.addEventListener('click', () => {
            this.open(false);
            this.actions.goTo(cellId);
          });
        }
        return row;
      }),
    );
  }

  /** @param isOpen whether the list is shown; it takes the focus, so that Escape and a press elsewhere close it */
  open(isOpen: boolean): void {
    if (this.list.hidden !== isOpen) return;
    this.list.hidden = !isOpen;
    this.count.setAttribute('aria-expanded', String(isOpen));
    if (this.list.isConnected) this.list.togglePopover(isOpen);
    if (!isOpen) return;
    const { bottom, left } = this.count.getBoundingClientRect();
    this.list.style.top = `${bottom + 4}px`;
    this.list.style.left = `${Math.max(4, Math.min(left, window.innerWidth - 380))}px`;
    this.count.focus();
  }

  private readonly trans: TranslationBundle;
  private readonly actions: FindingsActions;
  private readonly count = document.createElement('button');
  private readonly list = document.createElement('div');
}
