import type { Snapshot } from '@cellkeep/schema/design';
import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import { ServerConnection } from '@jupyterlab/services';
import { untrustedNotebook } from './untrusted';

/** `flights (14 Nov 10.32).ipynb`: the notebook's own name and when it was so, without characters that a file system refuses. */
export function restoredName(path: string | null, takenAt: number, locale?: string): string {
  const base = path ? PathExt.basename(path, PathExt.extname(path)) : 'notebook';
  const when = new Date(takenAt);
  const day = when.toLocaleDateString(locale, { day: 'numeric', month: 'short' });
  const two = (value: number) => String(value).padStart(2, '0');
  const name = `${base} (${day} ${two(when.getHours())}.${two(when.getMinutes())})`;
  return name.replace(/[/\\:*?"<>|\p{Cc}]/gu, '-').slice(0, 200);
}

/**
 * Writes a notebook as a new file in a folder, untrusted. Nothing is ever overwritten: the file is made under a name that Jupyter chooses, and then
 * renamed, which Jupyter refuses where that name is taken.
 *
 * @param name without its extension; a number is added where it is taken
 * @returns the path of the new file
 */
export async function saveAsNew(contents: Contents.IManager, folder: string, name: string, notebook: unknown): Promise<string> {
  const untitled = await contents.newUntitled({ path: folder, type: 'notebook' });
  await contents.save(untitled.path, { type: 'notebook', format: 'json', content: untrustedNotebook(notebook) });
  for (let number = 1; number <= 100; number++) {
    const path = PathExt.join(folder, `${name}${number === 1 ? '' : ` ${number}`}.ipynb`);
    try {
      return (await contents.rename(untitled.path, path)).path;
    } catch (error) {
      if (!(error instanceof ServerConnection.ResponseError) || error.response.status !== 409) throw error;
    }
  }
  return untitled.path;
}

/** Of all snapshots of a run the one that shows the notebook as it made the run: at its end, with what it had shown, else at its start. */
export function notebookOfRun<S extends Pick<Snapshot, 'reason' | 'hasDocument' | 'takenAt'>>(snapshots: readonly S[]): S | null {
  const kept = snapshots.filter(({ hasDocument }) => hasDocument);
  const rank = ({ reason }: S) => (reason === 'end' ? 0 : reason === 'start' ? 1 : 2);
  return [...kept].sort((a, b) => rank(a) - rank(b) || b.takenAt - a.takenAt)[0] ?? null;
}
