import { type KeyboardEvent, type ReactElement, useEffect, useId, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import { issuesOf } from '../../look/refusal.ts';
import type { RunKeys } from '../queries.ts';
import { type Completion, complete, errorPlace, tokenize } from './filterGrammar.ts';

const NO_KEYS: RunKeys = { metrics: [], params: [], tags: [] };
const TYPING = 350; // ms without a key before the table follows

/**
 * The search field: pieces coloured as they are understood, completions from the keys in use, the server's complaint under the column
 * that it names. The table follows while typing; Enter does not wait.
 */
export function FilterField({
  value,
  onChange,
  keys = NO_KEYS,
  error,
  placeholder,
  children,
}: {
  value: string;
  onChange: (filter: string) => void;
  keys?: RunKeys;
  /** The answer to the filter that stands here. */
  error?: unknown;
  placeholder?: string;
  children?: React.ReactNode;
}): ReactElement {
  const t = useTranslate();
  const [text, setText] = useState(value);
  const [cursor, setCursor] = useState(0);
  const [chosen, setChosen] = useState(-1);
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const listId = useId();
  const offers = isOpen ? complete(text, cursor, keys) : [];

  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TYPING);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);

  const issue = text === value ? issuesOf(error).find(({ field: name }) => name === '' || name.startsWith('filter')) : undefined;
  const place = issue ? errorPlace(issue.reason) : null;

  const take = (offer: Completion) => {
    const next = text.slice(0, offer.from) + offer.text + text.slice(offer.to).replace(/^ /, '');
    setText(next);
    setChosen(-1);
    const at = offer.from + offer.text.length;
    requestAnimationFrame(() => {
      field.current?.setSelectionRange(at, at);
      setCursor(at);
    });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const offer = offers[chosen];
    if (event.key === 'ArrowDown' && offers.length > 0) setChosen((chosen + 1) % offers.length);
    else if (event.key === 'ArrowUp' && offers.length > 0) setChosen((chosen - 1 + offers.length) % offers.length);
    else if ((event.key === 'Enter' || event.key === 'Tab') && offer) take(offer);
    else if (event.key === 'Enter') {
      setOpen(false);
      onChange(text);
    } else if (event.key === 'Escape' && offers.length > 0) setOpen(false);
    else if (event.key === 'Escape') field.current?.blur();
    else return;
    if (event.key !== 'Tab' || offer) event.preventDefault();
  };

  return (
    <div className="ck-filter" ref={box} data-invalid={issue ? '' : undefined}>
      <div className="ck-query">
        <Icon name="search" size={14} />
        <div className="ck-query-text">
          <div className="ck-query-mirror" ref={mirror} aria-hidden="true">
            {tokenize(text).map((piece) => (
              <span
                key={piece.at}
                data-kind={piece.kind}
                data-bad={place !== null && piece.at <= place && place < piece.at + piece.text.length ? '' : undefined}
              >
                {piece.text}
              </span>
            ))}
          </div>
          <input
            ref={field}
            type="text"
            role="combobox"
            className="ck-filter-input"
            aria-label={t('Filter runs')}
            aria-expanded={offers.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={offers[chosen] ? `${listId}-${chosen}` : undefined}
            aria-invalid={issue !== undefined}
            spellCheck={false}
            autoComplete="off"
            placeholder={placeholder ?? "metrics.auc > 0.8 and params.model = 'forest'"}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setCursor(event.target.selectionStart ?? event.target.value.length);
              setChosen(-1);
              setOpen(true);
            }}
            onScroll={(event) => {
              if (mirror.current) mirror.current.style.transform = `translateX(${-event.currentTarget.scrollLeft}px)`;
            }}
            onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
            onFocus={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={onKeyDown}
          />
        </div>
        {text && (
          <button
            type="button"
            className="ck-icon-btn"
            aria-label={t('Clear the filter')}
            onClick={() => {
              setText('');
              onChange('');
            }}
          >
            <Icon name="close" size={14} />
          </button>
        )}
        {children}
      </div>
      {issue && (
        <p className="ck-filter-error" role="alert">
          {issue.reason}
          {issue.remedy && <span className="ck-dim"> {issue.remedy}</span>}
        </p>
      )}
      {offers.length > 0 && (
        <Popover
          anchor={box}
          onClose={() => setOpen(false)}
          label={t('Completions')}
          role="listbox"
          takesFocus={false}
          className="ck-menu ck-completions"
        >
          <div id={listId}>
            {offers.map((offer, i) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys
              // biome-ignore lint/a11y/useFocusableInteractive: the field points at it by aria-activedescendant
              <div
                key={offer.label}
                id={`${listId}-${i}`}
                role="option"
                aria-selected={i === chosen}
                className="ck-menu-item"
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => take(offer)}
              >
                <span className="ck-grow ck-mono">{offer.label}</span>
                <span className="ck-faint">{offer.hint}</span>
              </div>
            ))}
          </div>
        </Popover>
      )}
    </div>
  );
}
