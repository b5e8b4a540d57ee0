/** The history of a notebook as a page or a tab. */
import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { OfflineBanner } from '../look/states.tsx';
import { nameOf } from '../tracking/run/previews.ts';
import { History } from './History.tsx';
import { useSnapshots } from './queries.ts';

export default function HistoryPage({ notebookId }: { notebookId: string }): ReactElement {
  const t = useTranslate();
  const path = useSnapshots({ notebookId }, 50).data?.pages[0]?.snapshots[0]?.notebookPath;
  return (
    <div className="ck-page ck-timeline-page">
      <OfflineBanner />
      <header className="ck-compare-head">
        <h1 title={path ?? undefined}>{path ? t('History of {name}', { name: nameOf(path) }) : t('History')}</h1>
      </header>
      <History of={{ notebookId }} />
    </div>
  );
}
