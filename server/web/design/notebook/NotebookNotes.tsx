import type { Snapshot } from '@cellkeep/schema/design';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';

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
  if (notes.length === 0) return null;
  return (
    <div className="ck-nb-warnings" role="status">
      {notes.slice(0, 10).map((note) => (
        <p key={note} className="ck-run-note">
          <Icon name="warn" size={14} /> {note}
        </p>
      ))}
      {notes.length > 10 && <p className="ck-run-none">{t('{n} more', { n: notes.length - 10 })}</p>}
    </div>
  );
}
