import { CellkeepRoot } from '@cellkeep/web/CellkeepRoot';
import { type AskedModel, DeploySidebar } from '@cellkeep/web/deployment/DeploySidebar';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { ReactElement } from 'react';
import type { Around } from '../tracking/viewWidgets';
import { deployIcon } from './icons';

/** Lumino around the sidebar's view: where it docks, its icon and its name. */
export class DeployWidget extends ReactWidget {
  constructor(around: Around, asked: AskedModel) {
    super();
    this.around = around;
    this.asked = asked;
    this.id = 'cellkeep-deploy';
    this.addClass('ck-lumino');
    this.title.icon = deployIcon;
    this.title.caption = around.trans.__('Deploy (Cellkeep)');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', around.trans.__('Deploy'));
  }

  protected override render(): ReactElement {
    const { connection, host } = this.around;
    return (
      <CellkeepRoot connection={connection} host={host}>
        <DeploySidebar asked={this.asked} />
      </CellkeepRoot>
    );
  }

  private readonly around: Around;
  private readonly asked: AskedModel;
}
