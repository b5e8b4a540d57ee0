import { type KeyboardEvent, type ReactElement, type ReactNode, useEffect, useId, useRef } from 'react';
import { useHost, type View } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';

/** Tabs that are links where the host has addresses; arrows, Home and End go from one to the other. */
export function Tabs<Id extends string>({
  label,
  tabs,
  selected,
  onSelect,
  children,
}: {
  label: string;
  tabs: readonly { id: Id; label: string; count: number; to: View }[];
  selected: Id;
  onSelect: (id: Id) => void;
  children: ReactNode;
}): ReactElement {
  const host = useHost();
  const list = useRef<HTMLDivElement>(null);
  const base = useId();
  // On a narrow page the list scrolls, and the part that an address names may lie outside.
  useEffect(() => {
    list.current?.querySelector(`[data-tab="${selected}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected]);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === selected);
    const places: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
    const next = tabs[(places[event.key] ?? Number.NaN) % tabs.length];
    if (event.key === ' ') list.current?.querySelector<HTMLElement>('[aria-selected=true]')?.click();
    else if (!next) return;
    event.preventDefault();
    if (!next) return;
    onSelect(next.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <>
      <div ref={list} role="tablist" aria-label={label} className="ck-tabs" tabIndex={-1} onKeyDown={onKeyDown}>
        {tabs.map(({ id, label: name, count, to }) => (
          <a
            key={id}
            id={`${base}${id}`}
            role="tab"
            data-tab={id}
            href={host.href(to) ?? '#'}
            aria-selected={id === selected}
            aria-controls={`${base}panel`}
            tabIndex={id === selected ? 0 : -1}
            onClick={(event) => {
              if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
              event.preventDefault();
              onSelect(id);
            }}
          >
            {name}
            {count > 0 && <span className="ck-tab-count">{groupThousands(count)}</span>}
          </a>
        ))}
      </div>
      <div id={`${base}panel`} role="tabpanel" aria-labelledby={`${base}${selected}`} className="ck-tab-panel" data-tab={selected}>
        {children}
      </div>
    </>
  );
}
