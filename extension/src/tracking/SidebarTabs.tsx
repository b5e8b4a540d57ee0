import { History, HistoryOfNone } from '@cellkeep/web/design/History';
import { type Readable, useHost, useReadable, useTranslate } from '@cellkeep/web/host';
import { RunsSidebar } from '@cellkeep/web/tracking/RunsSidebar';
import type { KeyboardEvent, ReactElement } from 'react';

export type SidebarTab = 'runs' | 'history';

export interface ChosenTab extends Readable<SidebarTab> {
  set(tab: SidebarTab): void;
}

/** The runs of the notebook in use, and its history. */
export function SidebarTabs({ chosen }: { chosen: ChosenTab }): ReactElement {
  const t = useTranslate();
  const tab = useReadable(chosen);
  const names: Record<SidebarTab, string> = { runs: t('Runs'), history: t('History') };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const next = tab === 'runs' ? 'history' : 'runs';
    chosen.set(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <div className="ck-sidebar-tabs">
      <div role="tablist" aria-label={t('Experiments')} onKeyDown={onKeyDown}>
        {(Object.keys(names) as SidebarTab[]).map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            data-tab={name}
            aria-selected={tab === name}
            tabIndex={tab === name ? 0 : -1}
            onClick={() => chosen.set(name)}
          >
            {names[name]}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-label={names[tab]}>
        {tab === 'runs' ? <RunsSidebar /> : <CurrentHistory />}
      </div>
    </div>
  );
}

function CurrentHistory(): ReactElement {
  const path = useReadable(useHost().notebook)?.path;
  if (path === undefined) return <HistoryOfNone />;
  return <History key={path} of={{ notebookPath: path }} />;
}

export function createChosenTab(): ChosenTab {
  let tab: SidebarTab = 'runs';
  const listeners = new Set<() => void>();
  return {
    get: () => tab,
    set: (next) => {
      tab = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
