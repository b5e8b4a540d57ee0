/** Where a comment is written: Markdown, with the names of users offered behind an "@". Ctrl+Enter sends. */
import { MOST_COMMENT } from '@cellkeep/schema/collaboration';
import { type KeyboardEvent, type ReactElement, useId, useRef, useState } from 'react';
import { useTranslate } from '../host.ts';
import { groupThousands } from '../look/format.ts';
import { Markdown } from '../look/Markdown.tsx';
import { Popover } from '../look/Popover.tsx';
import { Avatar } from './Avatars.tsx';
import { completeMention, type Mentioning, mentioningAt } from './completeMention.ts';
import { usePeople } from './queries.ts';

export function CommentField({
  value,
  onChange,
  onSend,
  onCancel,
  sendLabel,
  isSending,
  autoFocus = false,
}: {
  value: string;
  onChange: (value: string) => void;
  onSend: () => void;
  onCancel?: () => void;
  sendLabel: string;
  isSending: boolean;
  autoFocus?: boolean;
}): ReactElement {
  const t = useTranslate();
  const field = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const people = usePeople().data ?? [];
  const [mentioning, setMentioning] = useState<Mentioning | null>(null);
  const [chosen, setChosen] = useState(0);
  const [isPreview, setPreview] = useState(false);
  const offered = mentioning ? people.filter(({ name }) => name.toLowerCase().includes(mentioning.typed.toLowerCase())).slice(0, 8) : [];
  const isOffering = mentioning !== null && offered.length > 0;
  const canSend = value.trim() !== '' && !isSending;

  const look = () => {
    const element = field.current;
    const next = element && element.selectionStart === element.selectionEnd ? mentioningAt(element.value, element.selectionStart) : null;
    if (next?.typed !== mentioning?.typed) setChosen(0);
    setMentioning(next);
  };
  const take = (name: string) => {
    const element = field.current;
    if (!element || !mentioning) return;
    const { text, caret } = completeMention(element.value, mentioning, name);
    onChange(text);
    setMentioning(null);
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(caret, caret);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isOffering) {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by) setChosen((chosen + by + offered.length) % offered.length);
      else if (event.key === 'Enter' || event.key === 'Tab') take(offered[chosen]?.name ?? '');
      else if (event.key === 'Escape') setMentioning(null);
      else return;
    } else if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      if (canSend) onSend();
    } else if (event.key === 'Escape' && onCancel) onCancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="ck-comment-field">
      {isPreview ? (
        <section className="ck-comment-preview" aria-label={t('Preview')}>
          <Markdown source={value} people={people} />
        </section>
      ) : (
        <textarea
          ref={field}
          className="ck-field"
          rows={3}
          aria-label={t('Comment, in Markdown')}
          aria-autocomplete="list"
          aria-controls={isOffering ? list : undefined}
          aria-activedescendant={isOffering ? `${list}-${chosen}` : undefined}
          placeholder={t('What do you think? @name tells somebody.')}
          value={value}
          maxLength={MOST_COMMENT}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked to write
          autoFocus={autoFocus}
          onChange={(event) => {
            onChange(event.target.value);
            look();
          }}
          onKeyDown={onKeyDown}
          onKeyUp={(event) => {
            if (event.key.startsWith('Arrow') && !isOffering) look();
          }}
          onBlur={() => setMentioning(null)}
        />
      )}
      {isOffering && (
        <Popover
          anchor={field}
          onClose={() => setMentioning(null)}
          label={t('People')}
          role="listbox"
          takesFocus={false}
          className="ck-completions"
        >
          <div id={list}>
            {offered.map(({ id, name }, at) => (
              <button
                key={id}
                id={`${list}-${at}`}
                type="button"
                role="option"
                tabIndex={-1}
                aria-selected={at === chosen}
                className="ck-menu-item"
                // Before the field loses the focus to it.
                onPointerDown={(event) => {
                  event.preventDefault();
                  take(name);
                }}
              >
                <Avatar id={id} name={name} /> <span className="ck-grow">{name}</span>
              </button>
            ))}
          </div>
        </Popover>
      )}
      <footer>
        <button type="button" className="ck-btn ck-primary" disabled={!canSend} onClick={onSend}>
          {isSending ? t('Sending…') : sendLabel}
        </button>
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={isPreview}
          disabled={!value.trim()}
          onClick={() => setPreview(!isPreview)}
        >
          {t('Preview')}
        </button>
        {onCancel && (
          <button type="button" className="ck-btn ck-quiet" onClick={onCancel}>
            {t('Cancel')}
          </button>
        )}
        <span className="ck-grow" />
        {value.length > MOST_COMMENT * 0.9 && (
          <span className="ck-faint">
            {t('{n} of {most} characters', { n: groupThousands(value.length), most: groupThousands(MOST_COMMENT) })}
          </span>
        )}
        <span className="ck-faint ck-wide">
          <kbd>Ctrl</kbd> <kbd>↵</kbd> {t('sends')}
        </span>
      </footer>
    </div>
  );
}
