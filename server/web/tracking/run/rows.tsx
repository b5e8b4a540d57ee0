/** What tables of a run share that may be very long: a field that finds rows and a button for the rest. */
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';

/** Rows shown at first: what is below them is seldom read and always found. */
export const ROWS = 50;
/** Rows from which on a field for finding them stands above. */
export const SEARCH_FROM = 12;

export function SearchField({ value, onChange, label }: { value: string; onChange: (value: string) => void; label: string }): ReactElement {
  return (
    <label className="ck-query ck-run-search">
      <Icon name="search" size={13} />
      <input type="search" value={value} aria-label={label} placeholder={label} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

export function MoreRows({ shown, total, onMore }: { shown: number; total: number; onMore: () => void }): ReactElement | null {
  const t = useTranslate();
  if (shown >= total) return null;
  return (
    <button type="button" className="ck-btn ck-quiet ck-small ck-run-more" onClick={onMore}>
      {t('Show more: {n} of {total}', { n: groupThousands(shown), total: groupThousands(total) })}
    </button>
  );
}
