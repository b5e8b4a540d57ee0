import { type ReactElement, useMemo, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import type { RunKeys } from '../queries.ts';
import { columnOf, ownColumns } from './columns.ts';

const MOST_SHOWN = 200; // of ten thousand keys; searching finds the rest

/** Which columns the table has: what is shown stands first in its order, everything else is found by name. */
export function ColumnChooser({
  shown,
  keys,
  onChange,
  isDefault,
}: {
  shown: readonly string[];
  keys: RunKeys | undefined;
  /** Null: as the table chooses. */
  onChange: (columns: string[] | null) => void;
  isDefault: boolean;
}): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const button = useRef<HTMLButtonElement>(null);
  const all = useMemo(
    () => [
      ...ownColumns(),
      ...(keys?.metrics ?? []).flatMap((key) => [`metrics.${key}`, `spark.${key}`]),
      ...(keys?.params ?? []).map((key) => `params.${key}`),
      ...(keys?.tags ?? []).map((key) => `tags.${key}`),
    ],
    [keys],
  );
  const found = isOpen
    ? all.filter((id) => id !== 'name' && !shown.includes(id) && nameOf(id, t).toLowerCase().includes(search.toLowerCase()))
    : [];
  const move = (id: string, by: number) => {
    const rest = shown.filter((one) => one !== id);
    const at = Math.max(1, Math.min(rest.length, shown.indexOf(id) + by));
    onChange([...rest.slice(0, at), id, ...rest.slice(at)]);
  };
  return (
    <>
      <button ref={button} type="button" className="ck-btn" aria-expanded={isOpen} aria-haspopup="dialog" onClick={() => setOpen(!isOpen)}>
        <Icon name="columns" size={14} /> {t('Columns')} <span className="ck-faint">{shown.length}</span>
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
              placeholder={t('Search {n} columns', { n: all.length })}
              onChange={(event) => setSearch(event.target.value)}
            />
          </label>
          <div className="ck-chooser-list">
            <h6>{t('Shown')}</h6>
            {shown
              .filter((id) => id !== 'name' && nameOf(id, t).toLowerCase().includes(search.toLowerCase()))
              .map((id) => (
                <div key={id} className="ck-chooser-row">
                  <label>
                    <input type="checkbox" checked onChange={() => onChange(shown.filter((one) => one !== id))} />
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
            <h6>{t('Available')}</h6>
            {found.slice(0, MOST_SHOWN).map((id) => (
              <label key={id} className="ck-chooser-row">
                <input type="checkbox" checked={false} onChange={() => onChange([...shown, id])} />
                <span title={nameOf(id, t)}>{nameOf(id, t)}</span>
              </label>
            ))}
            {found.length === 0 && <p className="ck-faint">{search ? t('No column has this in its name.') : t('All are shown.')}</p>}
            {found.length > MOST_SHOWN && <p className="ck-faint">{t('{n} more: search for them', { n: found.length - MOST_SHOWN })}</p>}
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
