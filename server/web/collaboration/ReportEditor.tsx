/**
 * Writing a report: source and page side by side. What is typed is kept in this browser until it is saved, also over a reload; where
 * somebody else has saved meanwhile, both are shown side by side before anything is overwritten.
 */
import { MOST_REPORT, type Report } from '@cellkeep/schema/collaboration';
import { limits } from '@cellkeep/schema/wire';
import { type KeyboardEvent, type ReactElement, useDeferredValue, useRef, useState } from 'react';
import { useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { issuesOf } from '../look/refusal.ts';
import { errorText, OfflineBanner } from '../look/states.tsx';
import { InsertMenu } from './InsertMenu.tsx';
import { insertAt } from './insertAt.ts';
import { usePeople } from './queries.ts';
import { ReportBody } from './ReportBody.tsx';
import { ReportConflict } from './ReportConflict.tsx';
import { keepReportDraft, type ReportDraft, reportDraftOf } from './reportDrafts.ts';

type Shown = 'source' | 'both' | 'page';

export function ReportEditor({
  report,
  onlookers,
  onSaved,
  onClose,
}: {
  report: Report;
  onlookers: ReactElement;
  onSaved: (report: Report) => void;
  onClose: () => void;
}): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const people = usePeople().data;
  const { id } = report;
  const asStored = { revision: report.revision, title: report.title, body: report.body };
  const [draft, setDraft] = useState<ReportDraft>(() => reportDraftOf(id) ?? asStored);
  const [base, setBase] = useState(asStored);
  const [state, setState] = useState<'rest' | 'saving'>('rest');
  const [failure, setFailure] = useState('');
  const [shown, setShown] = useState<Shown>('both');
  /** What somebody else has saved since the draft was begun. */
  const [theirs, setTheirs] = useState<Report | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const page = useDeferredValue(draft.body);
  const isChanged = draft.title !== base.title || draft.body !== base.body;
  const isStale = isChanged && draft.revision !== report.revision;
  // Who has typed nothing sees what others save.
  if (!isChanged && report.revision > draft.revision) {
    setDraft(asStored);
    setBase(asStored);
  }

  const write = (change: Partial<ReportDraft>) => {
    const next = { ...draft, ...change };
    setDraft(next);
    keepReportDraft(id, next.title === base.title && next.body === base.body && next.revision === base.revision ? null : next);
  };
  const showTheirs = async () => {
    const newest = await client.collaboration.reports.get({ id });
    onSaved(newest);
    setTheirs(newest);
  };
  const save = async (change: Partial<ReportDraft> = {}) => {
    const next = { ...draft, ...change };
    if (!next.title.trim()) return setFailure(t('A report needs a title.'));
    setState('saving');
    setFailure('');
    try {
      const saved = await client.collaboration.reports.update({ id, ...next });
      setDraft({ revision: saved.revision, title: saved.title, body: saved.body });
      setBase({ revision: saved.revision, title: saved.title, body: saved.body });
      setTheirs(null);
      keepReportDraft(id, null);
      onSaved(saved);
    } catch (error) {
      try {
        if (issuesOf(error)[0]?.field === 'revision') await showTheirs();
        else setFailure(errorText(error, t));
      } catch (second) {
        setFailure(errorText(second, t));
      }
    }
    setState('rest');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || (event.key !== 's' && event.key !== 'Enter')) return;
    event.preventDefault();
    event.stopPropagation();
    if (!theirs && isChanged && state === 'rest') void save();
  };
  const discard = () => {
    keepReportDraft(id, null);
    onClose();
  };
  const insert = (text: string) => {
    const element = field.current;
    const made = insertAt(draft.body, element?.selectionStart ?? draft.body.length, text);
    write({ body: made.text });
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(made.caret, made.caret);
    });
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the fields within
    <div className="ck-page ck-report-page ck-report-editor" onKeyDown={onKeyDown}>
      <OfflineBanner />
      <header className="ck-head ck-report-head">
        <input
          className="ck-field ck-report-title"
          aria-label={t('Title')}
          value={draft.title}
          maxLength={limits.name}
          onChange={(event) => write({ title: event.target.value })}
        />
        {onlookers}
        {!theirs && (
          <>
            <span className="ck-faint ck-report-state" role="status">
              {state === 'saving' ? t('Saving…') : isChanged ? t('Not saved yet; kept in this browser') : t('Saved')}
            </span>
            <button
              type="button"
              className="ck-btn ck-primary"
              disabled={!isChanged || state === 'saving'}
              title={t('Save (Ctrl+S)')}
              onClick={() => void save()}
            >
              {t('Save')}
            </button>
            <button type="button" className="ck-btn" onClick={isChanged ? discard : onClose}>
              {isChanged ? t('Discard') : t('Done')}
            </button>
          </>
        )}
      </header>
      {failure && (
        <p className="ck-run-note ck-bad ck-report-note" role="alert">
          <Icon name="warn" size={14} /> {t('Not saved. Your text is kept in this browser. {reason}', { reason: failure })}
        </p>
      )}
      {theirs ? (
        <ReportConflict
          mine={draft}
          theirs={theirs}
          isSaving={state === 'saving'}
          onSave={(merged) => void save({ ...merged, revision: theirs.revision })}
          onTakeTheirs={() => {
            keepReportDraft(id, null);
            const taken = { revision: theirs.revision, title: theirs.title, body: theirs.body };
            setDraft(taken);
            setBase(taken);
            setTheirs(null);
          }}
          onBack={() => setTheirs(null)}
        />
      ) : (
        <>
          {isStale && (
            <p className="ck-run-note ck-warned ck-report-note" role="status">
              <Icon name="warn" size={14} />
              <span className="ck-grow">
                {t('{name} has saved revision {n} while you write from revision {mine}.', {
                  name: report.updatedBy.name,
                  n: report.revision,
                  mine: draft.revision,
                })}
              </span>
              <button type="button" className="ck-btn ck-small" onClick={() => setTheirs(report)}>
                {t('Bring both together')}
              </button>
            </p>
          )}
          <div className="ck-bar">
            <InsertMenu onInsert={insert} />
            <fieldset className="ck-segments" aria-label={t('Show')}>
              {(['source', 'both', 'page'] as const).map((one) => (
                <button key={one} type="button" aria-pressed={shown === one} onClick={() => setShown(one)}>
                  {{ source: t('Source'), both: t('Both'), page: t('Page') }[one]}
                </button>
              ))}
            </fieldset>
            <span className="ck-grow" />
            <span className="ck-faint ck-wide">
              {t('{n} of {most} characters', { n: groupThousands(draft.body.length), most: groupThousands(MOST_REPORT) })}
            </span>
          </div>
          <div className="ck-report-halves" data-shown={shown}>
            {shown !== 'page' && (
              <textarea
                ref={field}
                className="ck-field ck-mono"
                aria-label={t('Report, in Markdown')}
                value={draft.body}
                maxLength={MOST_REPORT}
                spellCheck
                // biome-ignore lint/a11y/noAutofocus: the person has just asked to write
                autoFocus
                placeholder={t('## What was tried\n\nWrite Markdown. Insert puts in a live chart.')}
                onChange={(event) => write({ body: event.target.value })}
              />
            )}
            {shown !== 'source' && (
              <section className="ck-report-sheet" aria-label={t('Page')}>
                {page.trim() ? (
                  <ReportBody body={page} people={people} />
                ) : (
                  <p className="ck-faint">{t('The page appears here as you write.')}</p>
                )}
              </section>
            )}
          </div>
        </>
      )}
    </div>
  );
}
