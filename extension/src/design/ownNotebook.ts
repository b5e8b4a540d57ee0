import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { INotebooks } from '../notebook/tokens';

/** Of which notebook a snapshot is. */
export interface Origin {
  /** Null: not known. */
  path: string | null;
  /** Whose it is; null: the person's own. Under the same path another person has another notebook. */
  ofOther: string | null;
}

/**
 * The notebook into which a snapshot's cells are put back: the one that they are of, which is opened where it is not. Where that one is not
 * here (renamed, deleted, of somebody else's Jupyter) the notebook in use takes them, if the person says so; cells of two notebooks may
 * carry the same ids, and would be replaced.
 *
 * @returns null: the person would rather not
 */
export async function notebookToRestore(
  app: JupyterFrontEnd,
  notebooks: INotebooks,
  { path, ofOther }: Origin,
  trans: TranslationBundle,
): Promise<NotebookPanel | null> {
  const { current } = notebooks;
  if (path !== null && ofOther === null) {
    const own = current?.path === path ? current : notebooks.open.find((link) => link.path === path);
    if (own) return own.panel;
    if (await isHere(app, path)) return openNotebook(app, path);
  }
  if (!current) throw new Error(trans.__('Open the notebook first: the cells are put into the one in use.'));
  const here = PathExt.basename(current.path);
  const { button } = await showDialog({
    title: trans.__('Put back into %1?', here),
    body: whence({ path, ofOther }, trans),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Put Back') })],
  });
  return button.accept && !current.panel.isDisposed ? current.panel : null;
}

function whence({ path, ofOther }: Origin, trans: TranslationBundle): string {
  if (path === null) return trans.__('It is not known of which notebook the cells are.');
  if (ofOther !== null) return trans.__('The cells are of %1, a notebook of %2.', path, ofOther);
  return trans.__('The cells are of %1, which is not here.', path);
}

/** A snapshot's path may be any text: only one that Jupyter itself finds a notebook under is opened. */
async function isHere({ serviceManager }: JupyterFrontEnd, path: string): Promise<boolean> {
  if (path === '' || path.startsWith('/')) return false;
  const found = await serviceManager.contents.get(path, { content: false }).catch(() => null);
  return found?.type === 'notebook';
}

async function openNotebook({ commands }: JupyterFrontEnd, path: string): Promise<NotebookPanel> {
  const opened = (await commands.execute('docmanager:open', { path, factory: 'Notebook' })) as NotebookPanel;
  await opened.context.ready;
  await opened.revealed;
  return opened;
}
