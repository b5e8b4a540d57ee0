/** Two people saved the same report: theirs at the left, one's own at the right, where both are brought together. */

import type { Report } from '@cellkeep/schema/collaboration';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import { Ago } from '../look/Time.tsx';
import type { ReportDraft } from './reportDrafts.ts';

type Content = Pick<ReportDraft, 'title' | 'body'>;

export function ReportConflict({
  mine,
  theirs,
  isSaving,
  onSave,
  onTakeTheirs,
  onBack,
}: {
  mine: Content;
  theirs: Report;
  isSaving: boolean;
  onSave: (merged: Content) => void;
  onTakeTheirs: () => void;
  onBack: () => void;
}): ReactElement {
  const t = useTranslate();
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<MergeView | null>(null);
  const [title, setTitle] = useState(mine.title);
  const start = useRef(mine.body);
  useEffect(() => {
    const parent = box.current;
    if (!parent) return;
    const common = [EditorView.lineWrapping, lineNumbers()];
    const made = new MergeView({
      parent,
      a: {
        doc: theirs.body,
        extensions: [...common, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ 'aria-label': t('Theirs') })],
      },
      b: { doc: start.current, extensions: [...common, EditorView.contentAttributes.of({ 'aria-label': t('Yours') })] },
      revertControls: 'a-to-b',
      renderRevertControl: () => {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'ck-take';
        button.textContent = '→';
        button.title = t('Take this from theirs');
        button.setAttribute('aria-label', t('Take this from theirs'));
        return button;
      },
      collapseUnchanged: { margin: 3, minSize: 6 },
      gutter: true,
    });
    view.current = made;
    made.b.focus();
    return () => {
      // What was brought together so far is the beginning of the next try, should they save yet again.
      start.current = made.b.state.doc.toString();
      view.current = null;
      made.destroy();
    };
  }, [theirs, t]);
  return (
    <div className="ck-conflict">
      <p className="ck-run-note ck-warned ck-report-note" role="alert">
        <Icon name="warn" size={14} />
        <span className="ck-grow">
          {t('{name} saved revision {n}', { name: theirs.updatedBy.name, n: theirs.revision })} (<Ago at={theirs.updatedAt} />
          ). {t('Nothing of either is lost: take from theirs with the arrows, write at the right, then save.')}
        </span>
      </p>
      {theirs.title !== mine.title && (
        <fieldset className="ck-conflict-title">
          <legend className="ck-dim">{t('Title')}</legend>
          {[theirs.title, mine.title].map((one, at) => (
            <label key={at === 0 ? 'theirs' : 'mine'}>
              <input type="radio" name="title" checked={title === one} onChange={() => setTitle(one)} /> {one}{' '}
              <span className="ck-faint">{at === 0 ? t('theirs') : t('yours')}</span>
            </label>
          ))}
        </fieldset>
      )}
      <div className="ck-conflict-heads">
        <h2>{t('Theirs')}</h2>
        <h2>{t('Yours, to be saved')}</h2>
      </div>
      <div ref={box} className="ck-conflict-view" />
      <footer className="ck-conflict-foot">
        <button
          type="button"
          className="ck-btn ck-primary"
          disabled={isSaving}
          onClick={() => onSave({ title, body: view.current?.b.state.doc.toString() ?? mine.body })}
        >
          {isSaving ? t('Saving…') : t('Save what is at the right')}
        </button>
        <button type="button" className="ck-btn" disabled={isSaving} onClick={onTakeTheirs}>
          {t('Take theirs, drop mine')}
        </button>
        <button type="button" className="ck-btn ck-quiet" disabled={isSaving} onClick={onBack}>
          {t('Back to writing')}
        </button>
      </footer>
    </div>
  );
}
