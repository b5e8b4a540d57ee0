import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { NotebookLink } from './notebookLink';

/** What Cellkeep knows of the notebooks that are open here. */
export interface INotebooks {
  /** The notebook that is, or was last, in use; null where none is open. */
  readonly current: NotebookLink | null;
  /** Another notebook came into use, or none is left. */
  readonly currentChanged: ISignal<INotebooks, NotebookLink | null>;
  /** All that are open. */
  readonly open: readonly NotebookLink[];
  readonly added: ISignal<INotebooks, NotebookLink>;
}

export const INotebooks = new Token<INotebooks>(
  '@cellkeep/jupyterlab:INotebooks',
  'The open notebooks: where each lies, which cell is active, and a link to the bridge in its kernel that tells of the runs it holds.',
);
