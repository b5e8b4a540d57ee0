import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { type StatusFacts, type StatusText, statusText } from './statusText';

/** `Cellkeep ● 2 running` in the status bar. */
export class StatusItem extends Widget {
  constructor(trans: TranslationBundle, onClick: () => void) {
    super({ node: document.createElement('button') });
    this.trans = trans;
    this.addClass('ck-status');
    this.node.setAttribute('type', 'button');
    this.node.addEventListener('click', onClick);
    this.mark.className = 'ck-status-mark';
    this.mark.setAttribute('aria-hidden', 'true');
    // Only the words are announced, and only when they change; a count that ticks is not.
    this.spoken.className = 'ck-status-spoken';
    this.spoken.setAttribute('role', 'status');
    this.node.append('Cellkeep ', this.mark, ' ', this.words, this.spoken);
  }

  set(facts: StatusFacts): void {
    const { mark, tone, text, details } = statusText(facts, this.trans);
    this.mark.textContent = mark;
    this.words.textContent = text;
    this.node.dataset.tone = tone;
    this.node.title = `Cellkeep: ${text}\n${details}`;
    if (tone !== this.tone) {
      if (this.tone !== null) this.spoken.textContent = tone === 'live' ? this.trans.__('Cellkeep is connected') : `Cellkeep: ${text}`;
      this.tone = tone;
    }
  }

  private readonly trans: TranslationBundle;
  private readonly mark = document.createElement('span');
  private readonly words = document.createElement('span');
  private readonly spoken = document.createElement('span');
  private tone: StatusText['tone'] | null = null;
}
