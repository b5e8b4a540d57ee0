import { type ReactElement, useMemo, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import type { RunKeys } from '../queries.ts';
import { allColumns, expandColumns, isPattern, moveColumn, withColumn, withoutColumn } from './columnSets.ts';
import { columnOf } from './columns.ts';

const MOST_SHOWN = 200; // of ten thousand keys; searching finds the rest

/** Which columns the table has: what is shown stands first in its order, everything else is found by name. */
export function ColumnChooser({
  set,
  keys,
  onChange,
  isDefault,
}: {
  /** Ids and patterns. */
  set: readonly string[];
  keys: RunKeys | undefined;
  /** Null: as the table chooses. */
  onChange: (columns: string[] | null) => void;
  isDefault: boolean;
}): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const button = useRef<HTMLButtonElement>(null);
  const all = useMemo(() => allColumns(keys), [keys]);
  const shown = useMemo(() => expandColumns(set, keys), [set, keys]);
  const isFound = (id: string) => id !== 'name' && nameOf(id, t).toLowerCase().includes(search.toLowerCase());
  const chosen = isOpen ? shown.filter(isFound) : [];
  const isShown = new Set(shown);
  const found = isOpen ? all.filter((id) => !isShown.has(id) && isFound(id)) : [];
  const move = (id: string, by: number) => {
    const target = shown[shown.indexOf(id) + by];
    if (target && target !== 'name') onChange(moveColumn(set, id, target, keys));
  };
  // A pattern rather than ten thousand names: the address stays short, and keys that come later are shown too.
  const pattern =
    search.trim() === ''
      ? 'metrics.*'
      : `metrics.*${search
          .trim()
          .replace(/^metrics\./, '')
          .replaceAll('*', '')}*`;
  // What is said is how many fit, also those that are shown already; what is offered must add more than one.
  const patternSize = isOpen ? expandColumns([pattern], keys).length - 1 : 0; // less the name
  const patternAdds = isOpen ? expandColumns([...set, pattern], keys).length - shown.length : 0;
  return (
    <>
      <button
        ref={button}
        type="button"
        className="ck-btn"
        aria-expanded={isOpen}
        aria-haspopup="dialog"
        aria-label={t('Columns: {n}', { n: shown.length })}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="columns" size={14} /> <span className="ck-wide">{t('Columns')}</span>{' '}
        <span className="ck-faint">{groupThousands(shown.length)}</span>
      </button>
      {isOpen && (
        <Popover anchor={button} align="end" onClose={() => setOpen(false)} label={t('Columns')} className="ck-chooser">
          <label className="ck-query">
            <Icon name="search" size={14} />
            <input
              type="search"
              data-first
              value={search}
              aria-label={t('Search columns')}
              placeholder={t('Search {n} columns', { n: groupThousands(all.length) })}
              onChange={(event) => setSearch(event.target.value)}
            />
          </label>
          <div className="ck-chooser-list">
            <h6>{t('Shown')}</h6>
            {set.filter(isPattern).map((id) => (
              <label key={id} className="ck-chooser-row">
                <input type="checkbox" checked onChange={() => onChange(set.filter((one) => one !== id))} />
                <span className="ck-mono">{id}</span>
              </label>
            ))}
            {chosen.slice(0, MOST_SHOWN).map((id) => (
              <div key={id} className="ck-chooser-row">
                <label>
                  <input type="checkbox" checked onChange={() => onChange(withoutColumn(set, id))} />
                  <span title={nameOf(id, t)}>{nameOf(id, t)}</span>
                </label>
                <button
                  type="button"
                  className="ck-icon-btn"
                  aria-label={t('Move {name} left', { name: nameOf(id, t) })}
                  onClick={() => move(id, -1)}
                >
                  <Icon name="left" size={14} />
                </button>
                <button
                  type="button"
                  className="ck-icon-btn"
                  aria-label={t('Move {name} right', { name: nameOf(id, t) })}
                  onClick={() => move(id, 1)}
                >
                  <Icon name="right" size={14} />
                </button>
              </div>
            ))}
            {chosen.length > MOST_SHOWN && <p className="ck-faint">{t('{n} more', { n: groupThousands(chosen.length - MOST_SHOWN) })}</p>}
            <h6>{t('Available')}</h6>
            {patternAdds > 1 && (
              <button type="button" className="ck-link ck-chooser-row" onClick={() => onChange([...set, pattern])}>
                {t('Show all {n} metrics like {pattern}', { n: groupThousands(patternSize), pattern })}
              </button>
            )}
            {found.slice(0, MOST_SHOWN).map((id) => (
              <label key={id} className="ck-chooser-row">
                <input type="checkbox" checked={false} onChange={() => onChange(withColumn(set, id))} />
                <span title={nameOf(id, t)}>{nameOf(id, t)}</span>
              </label>
            ))}
            {found.length === 0 && <p className="ck-faint">{search ? t('No column has this in its name.') : t('All are shown.')}</p>}
            {found.length > MOST_SHOWN && (
              <p className="ck-faint">{t('{n} more: search for them', { n: groupThousands(found.length - MOST_SHOWN) })}</p>
            )}
          </div>
          <footer>
            <button type="button" className="ck-btn ck-quiet ck-small" disabled={isDefault} onClick={() => onChange(null)}>
              {t('As it was')}
            </button>
          </footer>
        </Popover>
      )}
    </>
  );
}

function nameOf(id: string, t: ReturnType<typeof useTranslate>): string {
  const column = columnOf(id, t);
  if (!column) return id;
  if (column.kind === 'spark') return t('curve of {key}', { key: column.key });
  return column.key ? id : column.label;
}
