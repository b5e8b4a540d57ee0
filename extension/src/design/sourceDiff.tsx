import { CellkeepRoot } from '@cellkeep/web/CellkeepRoot';
import TextDiff from '@cellkeep/web/tracking/compare/TextDiff';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { ReactElement } from 'react';
import type { Around } from '../tracking/viewWidgets';
import { diffIcon } from './icons';

export interface SourceDiff {
  cellId: string;
  title: string;
  ran: string;
  now: string;
}

/** A cell's source as it ran, and as it stands now, beside the notebook. */
export function createSourceDiff(around: Around, diff: SourceDiff): MainAreaWidget<ReactWidget> {
  const widget = new MainAreaWidget({ content: new SourceDiffContent(around, diff) });
  widget.id = `cellkeep-source-diff-${diff.cellId}`;
  widget.toolbar.hide();
  widget.title.label = diff.title;
  widget.title.icon = diffIcon;
  widget.title.closable = true;
  return widget;
}

class SourceDiffContent extends ReactWidget {
  constructor(around: Around, diff: SourceDiff) {
    super();
    this.around = around;
    this.diff = diff;
    this.addClass('ck-lumino');
  }

  protected override render(): ReactElement {
    const { connection, host, trans } = this.around;
    return (
      <CellkeepRoot connection={connection} host={host}>
        <div className="ck-source-diff">
          <TextDiff before={this.diff.ran} after={this.diff.now} names={[trans.__('As it ran'), trans.__('Now')]} />
        </div>
      </CellkeepRoot>
    );
  }

  private readonly around: Around;
  private readonly diff: SourceDiff;
}
