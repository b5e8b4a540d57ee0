import type { ReactElement } from 'react';
import { useRef, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import type { RunActions } from '../runActions.ts';
import { UndoBar } from '../UndoBar.tsx';

/** What can be done with the selected runs, and nothing else; without a selection it says what is shown. */
export function SelectionBar({
  selected,
  actions,
  onClear,
  areDeleted,
  children,
}: {
  selected: readonly string[];
  actions: RunActions;
  onClear: () => void;
  areDeleted: boolean;
  children: React.ReactNode;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const n = selected.length;
  return (
    <footer className="ck-selection">
      {n > 0 ? (
        <>
          <b>{t('{n} selected', { n })}</b>
          {areDeleted ? (
            <button type="button" className="ck-btn ck-primary" onClick={() => void actions.restore(selected).then(onClear)}>
              <Icon name="undo" size={14} /> {t('Restore')}
            </button>
          ) : (
            <>
              <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate({ view: 'compare', runIds: [...selected] })}>
                <Icon name="compare" size={14} /> {t('Compare')}
              </button>
              <TagButton onTag={(key, value) => actions.tag(selected, key, value)} />
              <button type="button" className="ck-btn" onClick={() => void actions.delete(selected).then(onClear)}>
                <Icon name="bin" size={14} /> {t('Delete')}
              </button>
            </>
          )}
          <button type="button" className="ck-btn ck-quiet" onClick={onClear}>
            {t('Clear')}
          </button>
        </>
      ) : (
        <UndoBar undo={actions.undo} onClose={actions.forgetUndo} />
      )}
      <span className="ck-grow" />
      <span className="ck-dim ck-selection-note">{children}</span>
    </footer>
  );
}

/** One field, `key` or `key=value`, as on the command line. */
export function TagButton({ onTag, label }: { onTag: (key: string, value: string) => Promise<boolean>; label?: string }): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
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
