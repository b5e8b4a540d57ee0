import type { KeyboardEvent, ReactElement, ReactNode } from 'react';
import { useTranslate } from '../host.ts';
import { Icon } from './icons.tsx';
import { isTyping } from './Keys.tsx';
import type { NameSearch } from './nameSearch.ts';

export function NameSearchField({
  search,
  label,
  className = '',
  children,
}: {
  search: NameSearch;
  label: string;
  className?: string;
  /** What else the field holds, at its end. */
  children?: ReactNode;
}): ReactElement {
  const t = useTranslate();
  return (
    <label className={`ck-query ${className}`}>
      <Icon name="search" size={14} />
      <input
        type="search"
        value={search.text}
        aria-label={label}
        placeholder={t('Search by name')}
        onChange={(event) => search.setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') search.setText('');
        }}
      />
      {children}
    </label>
  );
}

/** `/` goes to the search of the view that hears the key. */
export function goToSearch(event: KeyboardEvent): void {
  if (event.key !== '/' || isTyping(event.target)) return;
  event.preventDefault();
  event.currentTarget.querySelector<HTMLInputElement>('input[type=search]')?.focus();
}
