import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** How the snapshots that this page takes are doing. */
export interface IDesign {
  /** How many wait for the server, in this page. */
  waiting(): number;
  /** `waiting` is different. */
  readonly changed: ISignal<unknown, void>;
}

export const IDesign = new Token<IDesign>('@cellkeep/jupyterlab:IDesign', 'How many snapshots of this page wait for the Cellkeep server.');
