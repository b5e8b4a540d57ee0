import { type ReactElement, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import type { RunKeys } from '../queries.ts';
import { columnOf } from './columns.ts';
import { MOST_GROUPS } from './tableState.ts';

const MOST_SHOWN = 100;
const ATTRIBUTES = ['status', 'user', 'source', 'experiment'];

/** What rows are gathered by: one key within the other, in the order in which they were chosen. */
export function GroupMenu({
  groups,
  keys,
  onChange,
}: {
  groups: readonly string[];
  keys: RunKeys | undefined;
  onChange: (groups: string[]) => void;
}): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const button = useRef<HTMLButtonElement>(null);
  const all = [
    ...ATTRIBUTES.flatMap((id) => {
      const column = columnOf(id, t);
      return column?.groupBy ? [{ by: column.groupBy, name: column.label, hint: '' }] : [];
    }),
    ...(keys?.params ?? []).map((key) => ({ by: `params.${key}`, name: key, hint: t('param') })),
    ...(keys?.tags ?? []).map((key) => ({ by: `tags.${key}`, name: key, hint: t('tag') })),
  ];
  const nameOf = (by: string) => all.find((one) => one.by === by)?.name ?? by;
  const found = isOpen ? all.filter(({ by, name }) => `${by} ${name}`.toLowerCase().includes(search.trim().toLowerCase())) : [];
  const isFull = groups.length >= MOST_GROUPS;
  const toggle = (by: string) => onChange(groups.includes(by) ? groups.filter((one) => one !== by) : [...groups, by]);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={groups.length > 0 ? 'ck-btn ck-on' : 'ck-btn'}
        aria-expanded={isOpen}
        aria-haspopup="dialog"
        aria-label={groups.length > 0 ? t('Group by: {keys}', { keys: groups.map(nameOf).join(', ') }) : t('Group by')}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="layers" size={14} /> <span className="ck-wide">{t('Group')}</span>
        {groups.length > 0 && <span className="ck-faint">{groups.length}</span>}
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={t('Group by')} className="ck-chooser">
          <label className="ck-query">
            <Icon name="search" size={14} />
            <input
              type="search"
              data-first
              value={search}
              aria-label={t('Search keys to group by')}
              placeholder={t('Search {n} keys', { n: groupThousands(all.length) })}
              onChange={(event) => setSearch(event.target.value)}
            />
          </label>
          <div className="ck-chooser-list">
            {found.slice(0, MOST_SHOWN).map(({ by, name, hint }) => {
              const place = groups.indexOf(by);
              return (
                <label key={by} className="ck-chooser-row">
                  <input type="checkbox" checked={place >= 0} disabled={place < 0 && isFull} onChange={() => toggle(by)} />
                  <span className="ck-grow" title={by}>
                    {name}
                  </span>
                  <span className="ck-faint">{place >= 0 && groups.length > 1 ? place + 1 : hint}</span>
                </label>
              );
            })}
            {found.length === 0 && <p className="ck-faint">{t('No key has this in its name.')}</p>}
            {found.length > MOST_SHOWN && (
              <p className="ck-faint">{t('{n} more: search for them', { n: groupThousands(found.length - MOST_SHOWN) })}</p>
            )}
          </div>
          <footer>
            <button type="button" className="ck-btn ck-quiet ck-small" disabled={groups.length === 0} onClick={() => onChange([])}>
              {t('No groups')}
            </button>
          </footer>
        </Popover>
      )}
    </>
  );
}
