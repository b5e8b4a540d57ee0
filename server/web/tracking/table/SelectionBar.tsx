import { type ReactElement, type ReactNode, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { AddToReport } from '../../collaboration/AddToReport.tsx';
import { blocksOfIds } from '../../collaboration/writeBlocks.ts';
import { useHost, useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import { UndoBar } from '../UndoBar.tsx';
import type { Lifecycle } from './tableState.ts';
import type { BulkActions, Choice } from './useBulkActions.ts';

const MOST_COMPARED = 200; // runs; an address has no room for more, and nobody reads them

/** What can be done with the selected runs, and nothing else; without a selection it says what is shown. */
export function SelectionBar({
  selected,
  choice,
  allMatching,
  actions,
  onClear,
  lifecycle,
  tagKey,
  children,
}: {
  selected: readonly string[];
  /** What the actions are for. */
  choice: Choice;
  /** Offers all that match, where they are more than the selected ones. */
  allMatching: { total: number; isChosen: boolean; onChoose: () => void } | null;
  actions: BulkActions;
  onClear: () => void;
  lifecycle: Lifecycle;
  /** Opens the field for a tag each time that it is another number. */
  tagKey: number;
  children: ReactNode;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const mayWrite = useMayWrite();
  const n = allMatching?.isChosen ? allMatching.total : selected.length;
  const areTooMany = n > MOST_COMPARED;
  const whenDone = (work: Promise<boolean>) => void work.then((isDone) => isDone && onClear());
  return (
    <footer className="ck-selection" aria-busy={actions.isBusy}>
      {selected.length > 0 ? (
        <>
          <b>{t('{n} selected', { n: groupThousands(n) })}</b>
          {allMatching && !allMatching.isChosen && (
            <button type="button" className="ck-link ck-all-matching" onClick={allMatching.onChoose}>
              {t('Select all {n} that match', { n: groupThousands(allMatching.total) })}
            </button>
          )}
          {lifecycle === 'deleted' && mayWrite && (
            <button type="button" className="ck-btn ck-primary" disabled={actions.isBusy} onClick={() => whenDone(actions.restore(choice))}>
              <Icon name="undo" size={14} /> {t('Restore')}
            </button>
          )}
          {lifecycle !== 'deleted' && (
            <>
              <button
                type="button"
                className="ck-btn ck-primary"
                disabled={areTooMany}
                title={areTooMany ? t('At most {n} runs are compared at once.', { n: MOST_COMPARED }) : undefined}
                onClick={() => host.navigate({ view: 'compare', runIds: [...selected] })}
              >
                <Icon name="compare" size={14} /> {t('Compare')}
              </button>
              <AddToReport blocks={() => blocksOfIds(selected)} disabled={areTooMany} />
            </>
          )}
          {lifecycle !== 'deleted' && mayWrite && (
            <>
              <TagButton openKey={tagKey} onTag={(key, value) => actions.tag(choice, key, value)} />
              <button
                type="button"
                className="ck-btn"
                disabled={actions.isBusy}
                onClick={() => whenDone(lifecycle === 'archived' ? actions.unarchive(choice) : actions.archive(choice))}
              >
                <Icon name={lifecycle === 'archived' ? 'undo' : 'archive'} size={14} />{' '}
                {lifecycle === 'archived' ? t('Unarchive') : t('Archive')}
              </button>
              <button type="button" className="ck-btn" disabled={actions.isBusy} onClick={() => whenDone(actions.delete(choice))}>
                <Icon name="bin" size={14} /> {t('Delete')}
              </button>
            </>
          )}
          <button type="button" className="ck-btn ck-quiet" onClick={onClear}>
            {t('Clear')}
          </button>
        </>
      ) : null}
      <UndoBar undo={actions.undo} onClose={actions.forgetUndo} />
      <span className="ck-grow" />
      <span className="ck-dim ck-selection-note">{children}</span>
    </footer>
  );
}

/** One field, `key` or `key=value`, as on the command line. */
export function TagButton({
  onTag,
  label,
  openKey = 0,
}: {
  onTag: (key: string, value: string) => Promise<boolean>;
  label?: string;
  /** Opens the field each time that it is another number, for a key of the keyboard. */
  openKey?: number;
}): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const [seen, setSeen] = useState(openKey);
  if (seen !== openKey) {
    setSeen(openKey);
    setOpen(true);
  }
  const button = useRef<HTMLButtonElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const submit = async () => {
    const [key = '', ...value] = (field.current?.value ?? '').split('=');
    if (key.trim() && (await onTag(key.trim(), value.join('=').trim()))) setOpen(false);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={label === '+' ? 'ck-chip ck-chip-btn' : 'ck-btn'}
        aria-label={t('Add a tag')}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {label === '+' ? <Icon name="plus" size={12} /> : <Icon name="tag" size={14} />} {label === '+' ? t('tag') : t('Tag')}
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={t('Add a tag')} className="ck-form-popover">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void submit();
            }}
          >
            <input
              ref={field}
              data-first
              className="ck-field ck-mono"
              aria-label={t('Tag: key or key=value')}
              placeholder="key=value"
              maxLength={8_000}
            />
            <button type="submit" className="ck-btn ck-primary">
              {t('Add')}
            </button>
          </form>
        </Popover>
      )}
    </>
  );
}
