import type { CellModel } from '@cellkeep/web/host';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

const MOST_MODELS = 3; // on one line below a cell; all of them stand in the sidebar

/** The quiet line below a cell that made models: each with its *Promote…*. Plain DOM, as the badge beside it (tracking/runBadge.ts). */
export class PromoteLine extends Widget {
  constructor(trans: TranslationBundle, onPromote: (variable: string) => void) {
    super();
    this.addClass('ck-promote-line');
    this.trans = trans;
    this.onPromote = onPromote;
    // A click or a key here is not meant for the cell: it would start a selection, or leave edit mode.
    for (const type of ['mousedown', 'keydown', 'dblclick'] as const) this.node.addEventListener(type, (event) => event.stopPropagation());
  }

  set(models: readonly CellModel[]): void {
    const stamp = models.map(({ variable, className }) => `${variable}\n${className}`).join('\n\n');
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    this.node.replaceChildren(...models.slice(0, MOST_MODELS).flatMap((model) => this.partsOf(model)));
  }

  private partsOf({ variable, className }: CellModel): Node[] {
    const { trans } = this;
    const what = document.createElement('span');
    what.className = 'ck-promote-what';
    what.textContent = `${variable} · ${className}`;
    what.title = className;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'ck-promote-btn';
    button.textContent = trans.__('Promote…');
    button.dataset.variable = variable;
    button.setAttribute('aria-label', trans.__('Promote %1 to an endpoint', variable));
    button.title = trans.__('Put %1 behind an endpoint', variable);
    button.addEventListener('click', () => this.onPromote(variable));
    return [what, button];
  }

  private readonly trans: TranslationBundle;
  private readonly onPromote: (variable: string) => void;
  private stamp = '';
}
