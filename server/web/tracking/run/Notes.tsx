import type { Run } from '@cellkeep/schema/tracking';
import { limits } from '@cellkeep/schema/wire';
import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Markdown } from '../../look/Markdown.tsx';
import { Empty } from '../../look/states.tsx';
import { draftOf, keepDraft } from './drafts.ts';

/** What people say about the run, in Markdown. Saved when one says so; what is not saved stays here, also when saving fails. */
export function Notes({ run, onSave }: { run: Run; onSave: (notes: string) => Promise<boolean> }): ReactElement {
  const t = useTranslate();
  const mayWrite = useMayWrite();
  const [draft, setDraft] = useState<string | null>(() => draftOf(run.id));
  /** What the draft was begun from: notes that are other now were changed by somebody else. */
  const [base, setBase] = useState(run.notes);
  const [state, setState] = useState<'rest' | 'saving' | 'failed'>('rest');
  const isEditing = draft !== null;
  const isChanged = isEditing && draft !== run.notes;
  const write = (text: string | null) => {
    setDraft(text);
    keepDraft(run.id, text === run.notes ? null : text);
  };
  const edit = () => {
    setBase(run.notes);
    setState('rest');
    setDraft(run.notes);
  };
  const save = async () => {
    if (draft === null) return;
    setState('saving');
    const isSaved = await onSave(draft);
    setState(isSaved ? 'rest' : 'failed');
    if (!isSaved) return;
    setDraft(null);
    keepDraft(run.id, null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || (event.key !== 's' && event.key !== 'Enter')) return;
    event.preventDefault();
    event.stopPropagation();
    void save();
  };
  if (!isEditing) {
    return run.notes ? (
      <div className="ck-notes-read">
        {mayWrite && (
          <div className="ck-run-bar">
            <button type="button" className="ck-btn" onClick={edit}>
              <Icon name="pencil" size={14} /> {t('Edit')}
            </button>
          </div>
        )}
        <Markdown source={run.notes} />
      </div>
    ) : (
      <Empty
        icon="log"
        title={t('No notes yet')}
        actions={
          mayWrite && (
            <button type="button" className="ck-btn ck-primary" onClick={edit}>
              <Icon name="pencil" size={14} /> {t('Write notes')}
            </button>
          )
        }
      >
        <p>{t('Why this run was made, what it showed, what to try next. Markdown, seen by everybody here.')}</p>
      </Empty>
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the field within
    <div className="ck-notes" onKeyDown={onKeyDown}>
      {base !== run.notes && isChanged && (
        <p className="ck-run-note ck-warned" role="status">
          <Icon name="warn" size={14} /> {t('The notes were changed meanwhile. Saving puts yours in their place.')}
        </p>
      )}
      {state === 'failed' && (
        <p className="ck-run-note ck-bad" role="alert">
          <Icon name="warn" size={14} /> {t('Not saved. Your text is kept here; save it again when the server answers.')}
        </p>
      )}
      <div className="ck-notes-halves">
        <textarea
          className="ck-field ck-mono"
          aria-label={t('Notes, in Markdown')}
          value={draft}
          maxLength={limits.notes}
          spellCheck
          // biome-ignore lint/a11y/noAutofocus: the person has just asked to write
          autoFocus
          placeholder={t('# What this run showed')}
          onChange={(event) => write(event.target.value)}
        />
        <section className="ck-notes-preview" aria-label={t('Preview')}>
          {draft.trim() ? <Markdown source={draft} /> : <p className="ck-faint">{t('Preview')}</p>}
        </section>
      </div>
      <footer className="ck-run-bar">
        <button type="button" className="ck-btn ck-primary" disabled={!isChanged || state === 'saving'} onClick={() => void save()}>
          {state === 'saving' ? t('Saving…') : t('Save')}
        </button>
        <button
          type="button"
          className="ck-btn ck-quiet"
          disabled={state === 'saving'}
          onClick={() => {
            setState('rest');
            write(null);
          }}
        >
          {isChanged ? t('Discard') : t('Close')}
        </button>
        <span className="ck-faint" role="status">
          {isChanged ? t('Not saved yet') : ''}
        </span>
        <span className="ck-grow" />
        <span className="ck-faint ck-num">
          {t('{n} of {most} characters', { n: groupThousands(draft.length), most: groupThousands(limits.notes) })}
        </span>
      </footer>
    </div>
  );
}
