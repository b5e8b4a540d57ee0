/** A page that is a list of named things: its title, the search by name, and the keys that go through the names. */
import { type KeyboardEvent, type ReactElement, type ReactNode, useRef } from 'react';
import { useTranslate } from '../host.ts';
import { isTyping, type KeyHint, KeysHelp } from './Keys.tsx';
import { goToSearch, NameSearchField } from './NameSearchField.tsx';
import type { NameSearch } from './nameSearch.ts';
import { OfflineBanner } from './states.tsx';

export function ListPage({
  title,
  search,
  searchLabel,
  keys,
  actions,
  tools,
  children,
}: {
  title: string;
  search: NameSearch;
  searchLabel: string;
  /** What the arrows and Enter do here. */
  keys: KeyHint[];
  /** Beside the title. */
  actions?: ReactNode;
  /** Beside the search. */
  tools?: ReactNode;
  /** The list, a table of class `ck-list` whose names are links of class `ck-run-name`, and what stands around it. */
  children: ReactNode;
}): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    goToSearch(event);
    walk(event);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={page} className="ck-page" onKeyDown={onKeyDown}>
      <OfflineBanner />
      <header className="ck-head">
        <h1>{title}</h1>
        <span className="ck-grow" />
        {actions}
        <KeysHelp keys={[...keys, ['/', t('go to the search')], ['?', t('show these keys')]]} scope={page} />
      </header>
      <div className="ck-bar">
        <NameSearchField search={search} label={searchLabel} className="ck-name-query" />
        {tools}
      </div>
      {children}
    </div>
  );
}

/** Arrows go from name to name. */
function walk(event: KeyboardEvent): void {
  if (!['ArrowDown', 'ArrowUp', 'j', 'k'].includes(event.key) || isTyping(event.target)) return;
  const names: Element[] = [...event.currentTarget.querySelectorAll('.ck-list a.ck-run-name')];
  const at = document.activeElement ? names.indexOf(document.activeElement) : -1;
  const by = event.key === 'ArrowDown' || event.key === 'j' ? 1 : -1;
  const next = names[at < 0 ? 0 : at + by];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}
