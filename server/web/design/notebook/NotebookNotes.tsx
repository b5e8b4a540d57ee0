import type { Snapshot } from '@cellkeep/schema/design';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { findingWord } from './FindingMark.tsx';

/** What of the snapshot is missing or was repaired; nothing where it is whole. */
export function NotebookNotes({ snapshot: { document, kernel } }: { snapshot: Snapshot }): ReactElement | null {
  const t = useTranslate();
  const notes: string[] = [];
  if (!document)
    notes.push(
      t('Only what ran was kept: there was no document of the notebook to read. With the JupyterLab extension it comes from the editor.'),
    );
  if (!kernel)
    notes.push(
      t('Only the document was kept: no Cellkeep package was in the kernel, so nothing is known of what ran and of what it ran on.'),
    );
  notes.push(...(document?.warnings ?? []));
  // What is wrong with a cell that is not there any more has no place of its own.
  const there = new Set(document?.cells.map(({ id }) => id));
  for (const { cellId, kind, reason } of kernel?.findings ?? []) {
    if (cellId === null || !there.has(cellId)) notes.push(`${findingWord(kind, t)}: ${reason}`);
  }
  if (notes.length === 0) return null;
  return (
    <div className="ck-nb-warnings" role="status">
      {notes.slice(0, 10).map((note, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two notes may say the same
        <p key={`${i} ${note}`} className="ck-run-note">
          <Icon name="warn" size={14} /> {note}
        </p>
      ))}
      {notes.length > 10 && <p className="ck-run-none">{t('{n} more', { n: notes.length - 10 })}</p>}
    </div>
  );
}
