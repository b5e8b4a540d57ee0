/** One snapshot by itself: of a notebook that no run belongs to, or as a link names it. */
import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { Missing } from '../look/Missing.tsx';
import { ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { isMissing } from '../tracking/queries.ts';
import { nameOf } from '../tracking/run/previews.ts';
import { reasonWord } from './history/reasonWord.ts';
import { NotebookView } from './notebook/NotebookView.tsx';
import { useSnapshot } from './queries.ts';

export default function SnapshotPage({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const { data: snapshot, error, refetch } = useSnapshot(id);
  if (!snapshot && error) return isMissing(error) ? <NoSnapshot id={id} /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!snapshot) return <Skeleton rows={12} />;
  return (
    <div className="ck-page ck-nb-page">
      <OfflineBanner />
      <header className="ck-compare-head">
        <h1 title={snapshot.notebookPath ?? undefined}>{snapshot.notebookPath ? nameOf(snapshot.notebookPath) : t('Snapshot')}</h1>
        <span className="ck-dim">
          {snapshot.label || reasonWord(snapshot.reason, t)} · {snapshot.userName}
        </span>
        {snapshot.runs.map(({ id: runId, name }) => (
          <ViewLink key={runId} to={{ view: 'run', id: runId, tab: 'notebook' }} className="ck-chip">
            {name}
          </ViewLink>
        ))}
      </header>
      <NotebookView snapshot={snapshot} run={null} runExecutions={[]} switcher={null} otherId={null} />
    </div>
  );
}

/** It was deleted, or is of another workspace. */
export function NoSnapshot({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  return (
    <Missing
      title={t('There is no such snapshot')}
      said={t('No snapshot of this workspace has the id')}
      id={id}
      why={t('It was deleted, or the address was cut off.')}
      to={{ view: 'experiments' }}
      label={t('All experiments')}
    />
  );
}
