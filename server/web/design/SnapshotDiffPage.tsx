/** Two snapshots beside each other, as a page or a tab; the address names both. */
import type { SnapshotSummary } from '@cellkeep/schema/design';
import { type ReactElement, useRef } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import { Empty, OfflineBanner } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { isMissing } from '../tracking/queries.ts';
import { SnapshotDiffView } from './diff/SnapshotDiffView.tsx';
import { reasonWord } from './history/reasonWord.ts';
import { useSnapshotDiff } from './queries.ts';
import { NoSnapshot } from './SnapshotPage.tsx';

export default function SnapshotDiffPage({ before, after }: { before: string; after: string }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const scroller = useRef<HTMLDivElement>(null);
  const { data: diff, error } = useSnapshotDiff(before, after);
  if (!before || !after) {
    return (
      <Empty icon="compare" title={t('Which snapshots?')}>
        <p>{t('Choose two in the history of a notebook.')}</p>
      </Empty>
    );
  }
  if (!diff && isMissing(error)) return <NoSnapshot id={`${before} … ${after}`} />;
  return (
    <div className="ck-page ck-diff-page">
      <OfflineBanner />
      <header className="ck-compare-head">
        <h1>{t('What changed')}</h1>
        {diff && (
          <span className="ck-diff-sides">
            <Side snapshot={diff.before} /> <span aria-hidden="true">→</span> <Side snapshot={diff.after} />
          </span>
        )}
        <button
          type="button"
          className="ck-icon-btn"
          aria-label={t('Turn round')}
          title={t('Turn round')}
          onClick={() => host.navigate({ view: 'snapshotDiff', before: after, after: before })}
        >
          <Icon name="swap" size={14} />
        </button>
        <span className="ck-grow" />
        {diff?.after.notebookId && (
          <ViewLink to={{ view: 'history', notebookId: diff.after.notebookId }} className="ck-btn">
            <Icon name="history" size={14} /> {t('History')}
          </ViewLink>
        )}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <div ref={scroller} className="ck-diff-body" tabIndex={0}>
        <SnapshotDiffView before={before} after={after} scroller={scroller} />
      </div>
    </div>
  );
}

function Side({ snapshot }: { snapshot: SnapshotSummary }): ReactElement {
  const t = useTranslate();
  const run = snapshot.runs[0];
  return (
    <span className="ck-diff-side">
      <ViewLink
        to={run ? { view: 'run', id: run.id, tab: 'notebook' } : { view: 'snapshot', id: snapshot.id }}
        title={snapshot.notebookPath ?? undefined}
      >
        {snapshot.label || (run ? `${run.name} · ${reasonWord(run.reason, t)}` : reasonWord(snapshot.reason, t))}
      </ViewLink>{' '}
      <span className="ck-dim">
        <Ago at={snapshot.takenAt} />
      </span>
    </span>
  );
}
